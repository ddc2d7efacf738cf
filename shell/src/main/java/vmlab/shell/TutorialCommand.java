// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import vmlab.lab.Backend;
import vmlab.lab.BootCache;
import vmlab.lab.Lab;
import vmlab.tutorials.LessonSkeleton;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.SoftCpu;

/** {@code vmlab tutorial}: lessons, step by step. At the prompt {@code /tutorial} does the same. */
@Command(
        name = "tutorial",
        description = {"Learn by doing: lessons in steps, each checked by what the VMM sees. Alone, it lists them."})
final class TutorialCommand implements Callable<Integer> {
    private static final long LOOK_MILLIS = 300;

    private final Surroundings surroundings;

    @Mixin
    private LabOptions labOptions;

    TutorialCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    private interface Opener {
        Lab open(Backend backend, SoftCpu softCpu, Pace pace, BootCache boots, Surroundings surroundings);
    }

    private Tutor tutor() {
        return tutor(Labs::unannounced);
    }

    private Tutor tutor(Opener labs) {
        Pace pace = labOptions.paceOr(Pace.VIRTUAL);
        return new Tutor(
                surroundings,
                () -> labs.open(
                        labOptions.backend(), labOptions.softCpu(), pace, labOptions.boots(surroundings), surroundings),
                Optional.empty(),
                Classroom.ofCommandLine(surroundings));
    }

    private int say(String text) {
        surroundings.out().println(text);
        return ExitCode.OK.status();
    }

    @Override
    public Integer call() {
        return list();
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List the lessons and how far each is.")
    int list() {
        return say(tutor().list());
    }

    @Command(name = "start", mixinStandardHelpOptions = true, description = "Begin a lesson, or go on with it.")
    int start(
            @Parameters(paramLabel = "NAME", description = "The lesson.") String name,
            @Option(names = "--folder", paramLabel = "FOLDER", description = "Work there; else in a new folder here.")
                    Path folder) {
        return say(tutor().start(name, Optional.ofNullable(folder)));
    }

    @Command(name = "next", mixinStandardHelpOptions = true, description = "Show the step at hand.")
    int next() {
        return say(tutor().next());
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Check the step at hand; if it is done, go to the next.")
    int check() {
        Tutor.Checked checked = tutor().check();
        say(checked.text());
        return (checked.passed() ? ExitCode.OK : ExitCode.SCENARIO_FAILED).status();
    }

    @Command(
            name = "edit",
            mixinStandardHelpOptions = true,
            description = "Edit a file of the open lesson, with the editor in VISUAL or EDITOR, or a small one.")
    int edit(@Parameters(paramLabel = "FILE", description = "Its path in the lesson's folder.") Path file)
            throws IOException {
        if (!surroundings.terminalIn()) {
            throw new HostMistake("tutorial edit needs a terminal", "write the file with an editor of yours");
        }
        try (Terminal terminal = Terminals.system(surroundings)) {
            new Editor(surroundings.environment()).edit(tutor().place(file), terminal);
        }
        return ExitCode.OK.status();
    }

    @Command(
            name = "hint",
            mixinStandardHelpOptions = true,
            description = "Help with the step at hand; again, more of it.")
    int hint() {
        return say(tutor().hint());
    }

    @Command(
            name = "solve",
            mixinStandardHelpOptions = true,
            description = "Put the files of a solution into the lesson's folder.")
    int solve() {
        return say(tutor().solve());
    }

    @Command(name = "reset", mixinStandardHelpOptions = true, description = "Begin the lesson anew.")
    int reset() {
        return say(tutor().reset());
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Show which steps are done.")
    int status() {
        return say(tutor().status());
    }

    @Command(
            name = "watch",
            mixinStandardHelpOptions = true,
            description = "Check whenever a file of the lesson is saved, until it is done.")
    int watch() throws InterruptedException {
        Tutor tutor = tutor();
        Path folder = tutor.folder();
        say("watching " + folder + "; Ctrl-C ends it");
        long seen = 0;
        while (true) {
            long newest = newest(folder);
            if (newest != seen) {
                seen = newest;
                Tutor.Checked checked = tutor.check();
                say(checked.text() + "\n");
                if (checked.over()) {
                    return ExitCode.OK.status();
                }
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
    }

    /** When the newest file of a folder was changed, and how many there are, in one number. */
    private static long newest(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.mapToLong(file -> file.toFile().lastModified()).sum();
        } catch (IOException e) {
            throw new HostMistake(folder + " can't be read: " + e.getMessage(), "check its permissions", e);
        }
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Try lessons: each step's solution must pass, each known mistake must fail with its message.")
    int verify(
            @Parameters(paramLabel = "NAME", arity = "0..*", description = "Lessons; all if none.")
                    List<String> names) {
        List<String> problems = tutor(Labs::quiet).verify(names == null ? List.of() : names);
        problems.forEach(surroundings.err()::println);
        say(problems.isEmpty() ? "all lessons hold" : "problems: " + problems.size());
        return (problems.isEmpty() ? ExitCode.OK : ExitCode.SCENARIO_FAILED).status();
    }

    @Command(name = "new", mixinStandardHelpOptions = true, description = "Make the skeleton of a lesson.")
    int create(@Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        return say("made " + LessonSkeleton.make(Tutor.lessonsFolder(surroundings), name));
    }
}
