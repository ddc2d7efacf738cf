// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import vmlab.lab.Lab;
import vmlab.scenario.Scenario;
import vmlab.scenario.ScenarioResult;
import vmlab.scenario.ScenarioResult.Outcome;
import vmlab.scenario.Suite;
import vmlab.shell.report.Reports;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine.Pace;

/** {@code vmlab test}: scripts as scenarios, side by side, with reports. */
@Command(
        name = "test",
        description = {
            "Run scripts as scenarios, each in a lab of its own, and say which passed.",
            "A folder stands for all Groovy files in it. What is known of a failure is kept; vmlab replay opens it."
        })
final class TestCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Spec
    private CommandSpec spec;

    @Mixin
    private LabOptions labOptions;

    @Parameters(paramLabel = "DIR|FILE", arity = "1..*", description = "Groovy files, and folders of them.")
    private List<Path> paths = new ArrayList<>();

    @Option(names = "--filter", paramLabel = "REGEX", description = "Only scenarios in whose name this is found.")
    private String filter;

    @Option(names = "--shard", paramLabel = "I/N", defaultValue = "1/1", description = "Only the I-th of N parts.")
    private String shard;

    @Option(names = "--jobs", paramLabel = "N", description = "How many run side by side; as many as there are cores.")
    private int jobs = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long a scenario may take, on the wall: ${DEFAULT-VALUE}.")
    private long timeoutSeconds;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "1",
            description = "Run each so many times, each time with the next seed.")
    private int repeat;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "What `seed` and `random` of the scenarios depend on: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--list", description = "Print the scenarios' names, and run none.")
    private boolean list;

    @Option(names = "--junit", paramLabel = "FILE", description = "Write JUnit's XML.")
    private Path junit;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page.")
    private Path html;

    @Option(names = "--trace", paramLabel = "FILE", description = "Write the timelines as Perfetto reads them.")
    private Path trace;

    @Option(names = "--tap", description = "Print the results in the Test Anything Protocol.")
    private boolean tap;

    @Option(
            names = "--bundles",
            paramLabel = "FOLDER",
            description = "Keep what is known of failures here; else in the user's state folder.")
    private Path bundles;

    /** Whether something couldn't be written. Scenarios end on several threads. */
    private volatile boolean obstructed;

    TestCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        List<Scenario> scenarios = Suite.find(paths, selection());
        if (list) {
            scenarios.forEach(scenario -> surroundings.out().println(scenario.name()));
            return ExitCode.OK.status();
        }
        Supplier<Lab> labs = () -> Labs.open(
                labOptions.backend(), labOptions.softCpu(), pace(), labOptions.boots(surroundings), surroundings);
        List<ScenarioResult> results =
                new Suite(scenarios, jobs, Duration.ofSeconds(timeoutSeconds)).run(labs, this::tell);
        report(results);
        ExitCode code = exitCode(results);
        return (code == ExitCode.OK && obstructed ? ExitCode.USAGE : code).status();
    }

    private Pace pace() {
        return labOptions.paceOr(Pace.VIRTUAL);
    }

    private Suite.Selection selection() {
        String[] part = shard.split("/", -1);
        try {
            return new Suite.Selection(
                    Optional.ofNullable(filter).map(Pattern::compile),
                    Integer.parseInt(part[0]),
                    part.length == 2 ? Integer.parseInt(part[1]) : 0,
                    repeat,
                    seed);
        } catch (PatternSyntaxException e) {
            throw new ParameterException(spec.commandLine(), "--filter: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--shard is I/N, as in 1/3, and --repeat at least 1: " + e.getMessage());
        }
    }

    /** As each ends: a line, and for a failure what its author is told. */
    private void tell(ScenarioResult result) {
        if (tap) {
            return;
        }
        surroundings
                .out()
                .printf(
                        Locale.ROOT,
                        "%-9s %s (%.2f s)%s%n",
                        result.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        result.scenario().name(),
                        result.took().toMillis() / 1e3,
                        result.outcome() == Outcome.SKIPPED ? ": " + TerminalText.neutral(result.summary()) : "");
        if (isBad(result)) {
            result.told().lines().forEach(line -> surroundings.out().println("  " + TerminalText.neutral(line)));
            if (keep(result)) {
                surroundings.out().println("  to look at it there: vmlab replay " + bundleFolder(result));
            }
        }
    }

    private boolean keep(ScenarioResult result) {
        return done(() -> Reports.bundle(result, bundleFolder(result), options()));
    }

    /** Does what comes after a scenario; a host that doesn't allow it is told, and the rest goes on. */
    private boolean done(Runnable work) {
        try {
            work.run();
            return true;
        } catch (HostMistake e) {
            obstructed = true;
            surroundings.err().println(FailureReport.of(e).text());
            return false;
        }
    }

    private static boolean isBad(ScenarioResult result) {
        return result.outcome() != Outcome.PASSED && result.outcome() != Outcome.SKIPPED;
    }

    private Path bundleFolder(ScenarioResult result) {
        Path all = bundles != null
                ? bundles
                : UserFolders.state(surroundings.environment()).resolve("failures");
        return all.resolve(result.scenario().name().replaceAll("[^\\w.-]", "_") + "-seed"
                + result.scenario().seed());
    }

    private Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("vmlab", VmlabCommand.Version.ofBuild());
        options.put("java", Runtime.version().toString());
        options.put("backend", labOptions.backend().name().toLowerCase(Locale.ROOT));
        options.put("pace", pace() == Pace.VIRTUAL ? "virtual" : "real");
        return options;
    }

    private void report(List<ScenarioResult> results) throws IOException {
        if (junit != null) {
            done(() -> Reports.junit(results, junit));
        }
        if (html != null) {
            done(() -> Reports.html(results, html));
        }
        if (trace != null) {
            done(() -> Reports.trace(results, trace));
        }
        if (tap) {
            Reports.tap(results, surroundings.out());
            results.stream().filter(TestCommand::isBad).forEach(this::keep);
            return;
        }
        Map<Outcome, Long> counts =
                results.stream().collect(Collectors.groupingBy(ScenarioResult::outcome, Collectors.counting()));
        String summary = counts.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getValue() + " "
                        + entry.getKey().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .collect(Collectors.joining(", "));
        surroundings.out().println(results.isEmpty() ? "no scenario" : summary);
    }

    private static ExitCode exitCode(List<ScenarioResult> results) {
        Map<Outcome, Long> counts =
                results.stream().collect(Collectors.groupingBy(ScenarioResult::outcome, Collectors.counting()));
        if (counts.containsKey(Outcome.FAILED)) {
            return ExitCode.SCENARIO_FAILED;
        }
        if (counts.containsKey(Outcome.MISTAKEN)) {
            return ExitCode.USAGE;
        }
        if (counts.containsKey(Outcome.TIMED_OUT)) {
            return ExitCode.TIMED_OUT;
        }
        return counts.containsKey(Outcome.PASSED) || results.isEmpty() ? ExitCode.OK : ExitCode.ALL_SKIPPED;
    }
}
