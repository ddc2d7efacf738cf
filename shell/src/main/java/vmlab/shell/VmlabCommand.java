// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine.Pace;

/** The command {@code vmlab}: the prompt, or a script from a file, the command line or standard input. */
@Command(
        name = "vmlab",
        description = {
            "A scriptable console for labs of virtual machines.",
            "",
            "Without FILE or -e it opens a prompt. FILE is a Groovy script, - is standard input; ARGS are its `args`."
        },
        customSynopsis = {
            "vmlab [OPTIONS]                    a prompt",
            "       vmlab [OPTIONS] FILE [ARGS...]     run a script",
            "       vmlab [OPTIONS] -e CODE [ARGS...]  run a line of script",
            "       vmlab [OPTIONS] COMMAND"
        },
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        footerHeading = "%nEnvironment:%n",
        footer = {
            "  VMLAB_DEBIAN_MIRROR    take the guest's packages from this Debian mirror",
            "  VMLAB_DEBIAN_PACKAGES  take them from this folder; no network is used",
            "  VMLAB_CACHE            keep what was fetched here instead of ~/.cache/vmlab",
            "  VMLAB_JAVA_OPTS        more options for the JVM",
            "  JAVA_HOME              the JDK",
            "  NO_COLOR, CI           plain output, as with TERM=dumb"
        },
        usageHelpAutoWidth = false,
        versionProvider = VmlabCommand.Version.class)
final class VmlabCommand implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";

    /** In the order of the help. */
    private static Map<String, Class<?>> subcommands() {
        Map<String, Class<?>> all = new LinkedHashMap<>();
        List<Class<?>> inOrder = List.of(
                BootCommand.class,
                TestCommand.class,
                ReplayCommand.class,
                TutorialCommand.class,
                GuestCommand.class,
                ImportCommand.class,
                DoctorCommand.class,
                DocsCommand.class,
                ManCommand.class,
                CompletionCommand.class);
        for (Class<?> type : inOrder) {
            all.put(type.getAnnotation(Command.class).name(), type);
        }
        return all;
    }

    /** The build's version and the Java it runs on. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"vmlab %s, Java %s".formatted(ofBuild(), Runtime.version())};
        }

        static String ofBuild() {
            return Objects.requireNonNullElse(
                    VmlabCommand.class.getPackage().getImplementationVersion(), "(not packaged)");
        }
    }

    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final LabOptions labOptions = new LabOptions();

    @Option(names = "-e", paramLabel = "CODE", description = "Run CODE.")
    private String code;

    @Option(names = "-i", description = "Open the prompt when the script is done, with its VMs and variables.")
    private boolean thenPrompt;

    @Parameters(paramLabel = "FILE", arity = "0..*", hidden = true)
    private List<String> words = new ArrayList<>();

    VmlabCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    /** Runs the command line; returns the exit status. */
    static int execute(Surroundings surroundings, String... args) {
        return args.length == 0
                ? prompt(surroundings)
                : commandLine(surroundings, described(List.of(args))).execute(args);
    }

    /** Without picocli, which takes a third of the time until one can type only to find that there is nothing to parse. */
    private static int prompt(Surroundings surroundings) {
        try {
            return new VmlabCommand(surroundings).call();
        } catch (IOException | RuntimeException thrown) {
            return fail(surroundings, thrown);
        }
    }

    /** To describe a command takes picocli long: only those that are named are, or all if help is asked for. */
    private static Map<String, Class<?>> described(List<String> args) {
        if (args.stream().anyMatch(arg -> arg.matches("-\\w*h\\w*|--h.*"))) {
            return subcommands();
        }
        Map<String, Class<?>> named = subcommands();
        named.keySet().retainAll(args);
        return named;
    }

    /** The command line with all that makes its answers: streams, exit codes, failure reports. */
    static CommandLine commandLine(Surroundings surroundings) {
        return commandLine(surroundings, subcommands());
    }

    private static CommandLine commandLine(Surroundings surroundings, Map<String, Class<?>> subcommands) {
        // picocli would start Groovy to see whether an annotation's value is a closure: half a second, for nothing.
        System.setProperty("picocli.disable.closures", "true");
        CommandLine commandLine = new CommandLine(new VmlabCommand(surroundings), new Factory(surroundings));
        // First: what is set below is set for them, too.
        subcommands.forEach(commandLine::addSubcommand);
        commandLine
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(surroundings.out(), true))
                .setErr(new PrintWriter(surroundings.err(), true))
                .setColorScheme(CommandLine.Help.defaultColorScheme(
                        surroundings.coloursOut() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
                .setParameterExceptionHandler((mistake, parsed) -> refuse(surroundings, mistake))
                .setExecutionExceptionHandler((thrown, command, parsed) -> fail(surroundings, thrown));
        addCommonOptions(commandLine);
        // The words behind a script's name are the script's.
        commandLine.setStopAtPositional(true);
        commandLine.getSubcommands().values().forEach(command -> command.setStopAtPositional(false));
        return commandLine;
    }

    private static void addCommonOptions(CommandLine commandLine) {
        CommandSpec root = commandLine.getCommandSpec();
        root.usageMessage().exitCodeList(exitCodes());
        addHelp(commandLine);
    }

    private static void addHelp(CommandLine commandLine) {
        commandLine.getCommandSpec().mixinStandardHelpOptions(true);
        commandLine.getSubcommands().values().forEach(VmlabCommand::addHelp);
    }

    private static Map<String, String> exitCodes() {
        Map<String, String> table = new LinkedHashMap<>();
        for (ExitCode exitCode : ExitCode.values()) {
            table.put(" " + exitCode.status(), exitCode.meaning());
        }
        return table;
    }

    private static int fail(Surroundings surroundings, Throwable thrown) {
        FailureReport report = FailureReport.of(thrown);
        surroundings.err().println(report.text());
        return report.exitCode().status();
    }

    private static int refuse(Surroundings surroundings, ParameterException mistake) {
        surroundings.err().println("vmlab: " + mistake.getMessage());
        UnmatchedArgumentException.printSuggestions(mistake, new PrintWriter(surroundings.err(), true));
        surroundings
                .err()
                .println("  " + mistake.getCommandLine().getCommandSpec().qualifiedName()
                        + " --help shows what can be given");
        return ExitCode.USAGE.status();
    }

    /** Each command gets what surrounds it. */
    private record Factory(Surroundings surroundings) implements CommandLine.IFactory {
        private static final Map<Class<?>, Function<Surroundings, Object>> COMMANDS = Map.ofEntries(
                Map.entry(BootCommand.class, BootCommand::new),
                Map.entry(TestCommand.class, TestCommand::new),
                Map.entry(ReplayCommand.class, ReplayCommand::new),
                Map.entry(TutorialCommand.class, TutorialCommand::new),
                Map.entry(GuestCommand.class, GuestCommand::new),
                Map.entry(GuestBuildCommand.class, GuestBuildCommand::new),
                Map.entry(NestedKvmCommand.class, NestedKvmCommand::new),
                Map.entry(ImportCommand.class, ImportCommand::new),
                Map.entry(DoctorCommand.class, DoctorCommand::new),
                Map.entry(DocsCommand.class, DocsCommand::new),
                Map.entry(ManCommand.class, ManCommand::new),
                Map.entry(CompletionCommand.class, CompletionCommand::new));

        @Override
        public <K> K create(Class<K> type) throws Exception {
            return COMMANDS.containsKey(type)
                    ? type.cast(COMMANDS.get(type).apply(surroundings))
                    : CommandLine.defaultFactory().create(type);
        }
    }

    @Option(
            names = "-v",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show on standard error what goes into the log; -vv shows debug messages, too.")
    private void verbosity(boolean[] times) {
        LogSetup.verbosity(times.length);
    }

    @Override
    public Integer call() throws IOException {
        boolean script = code != null || !words.isEmpty();
        if (code == null && script && !words.get(0).equals(STANDARD_INPUT)) {
            requireScript(words.get(0));
        }
        Pace pace = labOptions.paceOr(script ? Pace.VIRTUAL : Pace.REAL_TIME);
        ScriptOutput output = new ScriptOutput(new PrintWriter(surroundings.out(), true));
        try (Lab lab = Labs.open(
                labOptions.backend(), labOptions.softCpu(), pace, labOptions.boots(surroundings), surroundings)) {
            PrintWriter out = new PrintWriter(output, true);
            if (!script) {
                return Prompt.run(GroovyStart.begin(lab, out), output, surroundings);
            }
            ScriptRunner runner = new ScriptRunner(lab, out);
            int status = runScript(runner);
            if (!thenPrompt) {
                return status;
            }
            if (!labOptions.paceIsSet()) {
                lab.pace(Pace.REAL_TIME);
            }
            return Prompt.run(runner, output, surroundings);
        } finally {
            output.flush();
        }
    }

    private int runScript(ScriptRunner runner) throws IOException {
        if (!thenPrompt) {
            try {
                run(runner);
            } finally {
                runner.cleanUp();
            }
            return ExitCode.OK.status();
        }
        try {
            run(runner);
        } catch (RuntimeException thrown) {
            // The prompt opens all the same: to look at what went wrong is what -i is for.
            fail(surroundings, thrown);
        }
        return ExitCode.OK.status();
    }

    private void run(ScriptRunner runner) throws IOException {
        if (code != null) {
            runner.run("-e", code, words);
            return;
        }
        List<String> args = words.subList(1, words.size());
        if (words.get(0).equals(STANDARD_INPUT)) {
            String text = new String(surroundings.in().readAllBytes(), StandardCharsets.UTF_8);
            runner.run("standard input", text, args);
        } else {
            runner.run(Path.of(words.get(0)), args);
        }
    }

    /** A word that is neither a file nor looks like one was meant as a command. */
    private void requireScript(String name) {
        if (Files.isRegularFile(Path.of(name))) {
            return;
        }
        if (!name.contains("/") && !name.contains(".")) {
            CommandLine vmlab = commandLine(surroundings);
            List<String> similar = new UnmatchedArgumentException(vmlab, List.of(name)).getSuggestions();
            throw new ParameterException(
                    spec.commandLine(),
                    "there is neither a file nor a command " + name
                            + (similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?"));
        }
        throw new HostMistake("there is no script " + name, "give the path of a Groovy file; vmlab --help shows more");
    }
}
