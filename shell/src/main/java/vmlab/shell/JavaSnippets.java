// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import groovy.lang.GroovyClassLoader;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.SourceVersion;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.VarSnippet;
import jdk.jshell.execution.LocalExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;
import org.jline.reader.Candidate;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.UserMistake;

/**
 * Java at the prompt: the JDK's JShell, run in this very process, so that its snippets and Groovy's inputs have the same
 * live objects under the same names. What one language assigns the other sees at its next input.
 *
 * <p>Not modelled: JShell's own commands. A variable whose class isn't public has the type of its nearest public ancestor.
 * Threads: one at a time, but {@link #interrupt()}, which may come on any.
 */
final class JavaSnippets implements Language, AutoCloseable {
    /** A word of Groovy's that is no variable there, and mustn't become one. */
    private static final String LAB = "lab";

    private static final List<String> BEGINNING = List.of(
            "import java.io.*;",
            "import java.math.*;",
            "import java.nio.file.*;",
            "import java.time.*;",
            "import java.util.*;",
            "import java.util.function.*;",
            "import java.util.stream.*;",
            "import vmlab.lab.*;",
            "import vmlab.vmm.*;",
            "Lab " + LAB + " = vmlab.shell.LiveObjects.lab();",
            "void println(Object value) { ((java.io.PrintWriter) vmlab.shell.LiveObjects.of(\"out\")).println(value); }");

    private final ScriptRunner runner;
    private final InProcess engine = new InProcess();
    private final JShell shell;
    /** What Groovy's variables were when they were declared here. */
    private final Map<String, Object> declared = new HashMap<>();

    private volatile boolean stopped;

    /** Keeps what a snippet threw as it was: JShell passes on its name and text only. */
    private static final class InProcess extends LocalExecutionControl implements ExecutionControlProvider {
        private Throwable thrown;

        @Override
        public String name() {
            return "in-process";
        }

        @Override
        public ExecutionControl generate(ExecutionEnv environment, Map<String, String> parameters) {
            return this;
        }

        @Override
        protected String throwConvertedInvocationException(Throwable cause) throws RunException, InternalException {
            thrown = cause;
            return super.throwConvertedInvocationException(cause);
        }
    }

    JavaSnippets(ScriptRunner runner) {
        this.runner = Objects.requireNonNull(runner);
        LiveObjects.are(runner.binding(), runner.lab());
        shell = JShell.builder().executionEngine(engine, Map.of()).build();
        shell.addToClasspath(System.getProperty("java.class.path"));
        BEGINNING.forEach(this::define);
    }

    @Override
    public String prompt() {
        return "jshell> ";
    }

    @Override
    public boolean isIncomplete(String input) {
        Completeness completeness = analysis().analyzeCompletion(input).completeness();
        return completeness == Completeness.DEFINITELY_INCOMPLETE || completeness == Completeness.CONSIDERED_INCOMPLETE;
    }

    private SourceCodeAnalysis analysis() {
        return shell.sourceCodeAnalysis();
    }

    @Override
    public String evaluate(String input) throws Exception {
        stopped = false;
        takeVariables();
        List<String> shown = new ArrayList<>();
        try {
            String rest = input;
            while (!rest.isBlank()) {
                CompletionInfo info = analysis().analyzeCompletion(rest);
                String source = info.completeness() == Completeness.EMPTY ? "" : sourceOf(info, rest);
                rest = source.isEmpty() ? "" : info.remaining();
                shown.addAll(show(eval(source)));
            }
        } finally {
            keepVariables();
        }
        return shown.stream().map(Session::shown).collect(Collectors.joining("\n"));
    }

    /** An input that is wrong is one snippet, whose mistakes the compiler tells. */
    private static String sourceOf(CompletionInfo info, String rest) {
        return info.source() == null ? rest : info.source();
    }

    private List<SnippetEvent> eval(String source) throws Exception {
        engine.thrown = null;
        List<SnippetEvent> events = source.isEmpty() ? List.of() : shell.eval(source);
        if (stopped) {
            throw new UserMistake(UserMistake.Kind.INTERRUPTED, "interrupted", null);
        }
        if (engine.thrown != null) {
            throw mistake(engine.thrown);
        }
        for (SnippetEvent event : events) {
            if (event.status() == Snippet.Status.REJECTED) {
                throw refused(event.snippet());
            }
        }
        return events;
    }

    /** What isn't vmlab's own way to refuse something is the snippet's doing. */
    private static Exception mistake(Throwable thrown) {
        boolean ours = thrown instanceof RuntimeException
                && thrown.getClass().getName().startsWith("vmlab.");
        return ours
                ? (RuntimeException) thrown
                : new UserMistake(UserMistake.Kind.SCRIPT, thrown + place(thrown), thrown);
    }

    /** The lines of snippets that it came through. */
    private static String place(Throwable thrown) {
        return Stream.of(thrown.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("REPL."))
                .filter(frame -> !frame.getMethodName().equals("do_it$"))
                .map(frame -> "\n  at " + frame.getMethodName() + ", line " + frame.getLineNumber())
                .collect(Collectors.joining());
    }

    private UserMistake refused(Snippet snippet) {
        String source = snippet.source();
        String told = shell.diagnostics(snippet)
                .filter(Diag::isError)
                .map(diagnostic -> told(diagnostic, source))
                .collect(Collectors.joining("\n"));
        return new UserMistake(UserMistake.Kind.SCRIPT, told.isEmpty() ? "Java can't do that: " + source : told, null);
    }

    private static String told(Diag diagnostic, String source) {
        int at = (int) Math.max(0, Math.min(diagnostic.getStartPosition(), source.length()));
        int start = source.lastIndexOf('\n', at - 1) + 1;
        int end = source.indexOf('\n', at) < 0 ? source.length() : source.indexOf('\n', at);
        long line = source.substring(0, at).lines().count() + (at == start ? 1 : 0);
        return "jshell:%d:%d: %s\n  %s\n  %s^"
                .formatted(
                        Math.max(1, line),
                        at - start + 1,
                        diagnostic.getMessage(Locale.ROOT),
                        source.substring(start, end),
                        " ".repeat(at - start));
    }

    private List<String> show(List<SnippetEvent> events) {
        List<String> lines = new ArrayList<>();
        for (SnippetEvent event : events) {
            Snippet snippet = event.snippet();
            boolean own = event.causeSnippet() == null;
            if (own && snippet instanceof VarSnippet variable && event.value() != null) {
                lines.add(variable.name() + " ==> " + event.value());
            } else if (own && snippet instanceof ExpressionSnippet expression && event.value() != null) {
                lines.add(expression.name() + " ==> " + event.value());
            }
            if (snippet instanceof DeclarationSnippet declaration) {
                shell.unresolvedDependencies(declaration).forEach(name -> lines.add("needs " + name + " first"));
            }
        }
        return lines;
    }

    /** Declares those of Groovy's variables here that are new or another object now. */
    private void takeVariables() {
        Map<?, ?> variables = runner.binding().getVariables();
        for (String name : variables.keySet().stream().map(Object::toString).toList()) {
            Object value = runner.binding().getVariable(name);
            boolean fits = SourceVersion.isIdentifier(name) && !SourceVersion.isKeyword(name) && value != null;
            if (fits && (!declared.containsKey(name) || declared.get(name) != value)) {
                String type = typeName(value.getClass());
                define("%s %s = (%s) vmlab.shell.LiveObjects.of(\"%s\");".formatted(type, name, type, name));
                declared.put(name, value);
            }
        }
    }

    /** The nearest class a snippet may name. */
    private static String typeName(Class<?> type) {
        Class<?> named = type;
        while (!isNameable(named)) {
            named = named.getSuperclass();
        }
        if (named != Object.class) {
            return named.getCanonicalName();
        }
        return Stream.of(type.getInterfaces())
                .filter(JavaSnippets::isNameable)
                .findFirst()
                .map(Class::getCanonicalName)
                .orElse("Object");
    }

    private static boolean isNameable(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && type.getCanonicalName() != null
                && type.getModule().isExported(type.getPackageName())
                // Not those that Groovy has compiled from inputs: snippets can't see them.
                && !(type.getClassLoader() instanceof GroovyClassLoader);
    }

    private void define(String source) {
        shell.eval(source);
    }

    /** Gives what snippets have in variables to Groovy. */
    private void keepVariables() {
        Set<String> names = shell.variables()
                .filter(variable -> shell.status(variable) == Snippet.Status.VALID)
                .map(VarSnippet::name)
                .filter(name -> !name.equals(LAB))
                .collect(Collectors.toCollection(HashSet::new));
        if (names.isEmpty()) {
            return;
        }
        define(names.stream()
                .map(name -> "vmlab.shell.LiveObjects.keep(\"" + name + "\", " + name + ");")
                .collect(Collectors.joining(" ", "{ ", " }")));
        names.forEach(name -> declared.put(name, LiveObjects.of(name)));
    }

    @Override
    public void complete(String input, int cursor, List<Candidate> candidates) {
        takeVariables();
        int[] anchor = new int[1];
        analysis().completionSuggestions(input, cursor, anchor).stream()
                .map(SourceCodeAnalysis.Suggestion::continuation)
                .distinct()
                .map(text -> new Candidate(text, text, null, null, null, null, false))
                .forEach(candidates::add);
    }

    @Override
    public void interrupt() {
        stopped = true;
        shell.stop();
    }

    @Override
    public void close() {
        shell.close();
    }
}
