// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import groovy.lang.Closure;
import groovy.lang.GroovyClassLoader;
import groovy.lang.GroovyCodeSource;
import groovy.lang.Script;
import groovy.transform.ThreadInterrupt;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.customizers.ASTTransformationCustomizer;
import org.codehaus.groovy.control.customizers.ImportCustomizer;
import org.codehaus.groovy.runtime.InvokerHelper;
import vmlab.camkes.LoadOptions;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.HostMistake;

/**
 * Runs scripts and prompt lines in one lab, over one binding. Its variables are the VMs
 * ({@code vm0}), components and connections, what scripts and
 * prompt have assigned, {@code args}, {@code out} (where they print) and {@code _}, the last value of the prompt.
 *
 * <p>Threads: one at a time. Interrupting it ends a wait, and any loop of the script, with a mistake of the kind
 * {@code INTERRUPTED}; the thread's interrupt status is clear then. Errors: {@link UserMistake} for what the user, the
 * guest or the host did; anything else that is thrown is a bug of vmlab with its full trace.
 */
public final class ScriptRunner {
    /** The variables that are there before anybody has made one. */
    public static final Set<String> FIRST_NAMES = Set.of("out", "seed", "random");

    private static final String PROMPT = "prompt";

    private final LabScript.Context context;
    private final Binding binding = new Binding();
    private final GroovyClassLoader loader;
    private final PromptCompiler prompt;
    private final MistakeReports reports;
    private int compiled;

    /** Runs scripts that print to {@code out}. */
    public ScriptRunner(Lab lab, PrintWriter out) {
        context = new LabScript.Context(lab, new ScriptSources(), new ArrayDeque<>());
        binding.setVariable("out", Objects.requireNonNull(out));
        ClassLoader parent = ScriptRunner.class.getClassLoader();
        loader = new GroovyClassLoader(parent, configuration());
        prompt = new PromptCompiler(loader, configuration());
        reports = new MistakeReports(context.sources(), binding);
        InstanceNames names = new InstanceNames(lab, binding);
        names.refresh();
        lab.onChange(names::refresh);
        lab.author(new HandlerAuthor(context.sources(), reports, out));
        seed(0);
    }

    /** What chance depends on: scripts see it as {@code seed} and {@code random}. */
    public void seed(long seed) {
        binding.setVariable("seed", seed);
        binding.setVariable("random", new Random(seed));
    }

    /**
     * Does what scripts have said in {@code cleanup { }}, the newest first. Each is done, whatever happens to the others;
     * the first mistake is thrown then.
     */
    public void cleanUp() {
        RuntimeException first = null;
        while (!context.cleanups().isEmpty()) {
            Closure<?> cleanup = context.cleanups().pop();
            try {
                reports.reporting("cleanup", () -> cleanup.call());
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static CompilerConfiguration configuration() {
        CompilerConfiguration configuration = new CompilerConfiguration();
        configuration.setScriptBaseClass(LabScript.class.getName());
        configuration.setSourceEncoding(StandardCharsets.UTF_8.name());
        configuration.addCompilationCustomizers(
                new ASTTransformationCustomizer(ThreadInterrupt.class),
                new ImportCustomizer().addStarImports("vmlab.lab").addImports("java.time.Duration"));
        return configuration;
    }

    /** Runs a file. */
    public Object run(Path file, List<String> args) {
        String name = file.toString();
        return run(name, reports.reporting(name, () -> text(file)), args);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new HostMistake(file + " isn't a text in UTF-8", "scripts are Groovy in UTF-8", e);
        } catch (IOException e) {
            throw new HostMistake("there is no script " + file + " that can be read", "check its name", e);
        }
    }

    /**
     * Runs a script that isn't in a file.
     *
     * @param name how messages call it: {@code -e}, {@code standard input}
     */
    public Object run(String name, String text, List<String> args) {
        ScriptSources.Source source = new ScriptSources.Source(name, text);
        context.sources().add(source);
        return reports.reporting(name, () -> {
            binding.setVariable("args", List.copyOf(args));
            Class<?> type = loader.parseClass(codeSource(source), false);
            if (!Script.class.isAssignableFrom(type)) {
                throw new ScriptMistake(
                        "there is only the class " + type.getSimpleName(), "add what shall be done", "");
            }
            return script(type).run();
        });
    }

    /** Runs a file as if it were typed at the prompt: what it declares stays there, also if it fails. */
    public Object rehearse(Path file) {
        String name = file.toString();
        return evaluate(new ScriptSources.Source(name, reports.reporting(name, () -> text(file))));
    }

    /** Loads a {@code .camkes} file, as {@code lab.load} in a script does. */
    public List<LabVm> load(Path file, LoadOptions options) {
        return reports.reporting(file.toString(), () -> lab().load(file, options));
    }

    /** Does one input of the prompt: several lines perhaps. Variables, methods, classes and imports stay for the next. */
    public Object evaluate(String input) {
        return evaluate(new ScriptSources.Source(PROMPT, input));
    }

    private Object evaluate(ScriptSources.Source source) {
        context.sources().add(source);
        return reports.reporting(source.name(), () -> {
            Class<?> type = prompt.compile(codeSource(source));
            if (!Script.class.isAssignableFrom(type)) {
                return type;
            }
            Script script = script(type);
            prompt.keepMethods(script, binding);
            Object value = script.run();
            if (value != null) {
                binding.setVariable("_", value);
            }
            return value;
        });
    }

    /** Groovy names a script's class by its file; so that none hides a VM or another script, they are numbered. */
    private GroovyCodeSource codeSource(ScriptSources.Source source) {
        String file = "Script" + ++compiled + ".groovy";
        context.sources().addCompiled(file, source);
        return new GroovyCodeSource(source.text(), file, "/vmlab/script");
    }

    private Script script(Class<?> type) throws ReflectiveOperationException {
        Script script = InvokerHelper.newScript(type.asSubclass(Script.class), binding);
        if (script instanceof LabScript labScript) {
            labScript.enter(context);
        }
        return script;
    }

    /** Whether the input ends where more must come: an open brace, string or comment. */
    public boolean isIncomplete(String input) {
        return Completeness.isIncomplete(input);
    }

    /** Variables of scripts and prompt, for completion. */
    public Binding binding() {
        return binding;
    }

    /** The names of the variables there are. */
    public Set<String> names() {
        Map<?, ?> variables = binding.getVariables();
        return variables.keySet().stream().map(Object::toString).collect(Collectors.toCollection(TreeSet::new));
    }

    public Lab lab() {
        return context.lab();
    }
}
