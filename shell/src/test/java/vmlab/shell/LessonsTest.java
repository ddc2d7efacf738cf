// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import vmlab.tutorials.Answer;
import vmlab.tutorials.Lesson;
import vmlab.tutorials.LessonReader;
import vmlab.tutorials.Step;

/** Every lesson: proved by its own solutions and mistakes, and done at the built launcher's prompt as a learner does it. */
@Tag("built")
final class LessonsTest {
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @TempDir
    private Path folder;

    private static List<Lesson> lessons() {
        return LessonReader.all(Checkout.root().resolve("tutorials/lessons"));
    }

    @TestFactory
    Stream<DynamicTest> holds() throws IOException, InterruptedException {
        Guest.required();
        return sideBySide(lesson -> {
            Launched.Result result = Launched.with("tutorial", "verify", lesson.name())
                    .within(LIMIT)
                    .run();

            assertEquals(0, result.status(), result.toString());
            assertEquals("all lessons hold", result.out().strip());
        });
    }

    @TestFactory
    Stream<DynamicTest> isDoneAtThePromptWithOneWrongTurn() throws IOException, InterruptedException {
        PseudoTerminalTest.required();
        Guest.required();
        return sideBySide(lesson -> learn(lesson, folder.resolve("learner-of-" + lesson.name())));
    }

    private interface Work {
        void on(Lesson lesson) throws IOException, InterruptedException;
    }

    /** As many lessons at a time as there are processors, beginning with the last, which are the longest. */
    private static Stream<DynamicTest> sideBySide(Work work) {
        List<Lesson> lessons = new ArrayList<>(lessons());
        Collections.reverse(lessons);
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        List<DynamicTest> tests = new ArrayList<>();
        for (Lesson lesson : lessons) {
            Future<?> done = pool.submit(() -> {
                work.on(lesson);
                return null;
            });
            tests.add(DynamicTest.dynamicTest(lesson.name(), () -> await(done)));
        }
        pool.shutdown();
        return tests.stream();
    }

    private static void await(Future<?> done) throws Throwable {
        try {
            done.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    /** Works in a terminal with the prompt, and in an editor beside it. Each step is done by what its own text says. */
    private static void learn(Lesson lesson, Path home) throws IOException, InterruptedException {
        Files.createDirectories(home);
        Lesson.Wrong turn = lesson.wrong().get(0);
        try (PseudoTerminal terminal = PseudoTerminal.running(home.resolve("state"), "xterm", "", "", home)) {
            terminal.within(LIMIT);
            enter(terminal, "/tutorial");
            terminal.shows(lesson.name() + " (new): " + lesson.title());
            enter(terminal, "/tutorial start " + lesson.name());
            for (Step step : lesson.steps()) {
                terminal.shows(heading(lesson, step)).shows("/tutorial check").shows("looks at what you have done");
                if (step.name().equals(turn.step())) {
                    take(turn, lesson, home, terminal);
                }
                give(lesson.solution(step), home.resolve(lesson.name()), terminal);
                enter(terminal, "/tutorial check");
                terminal.shows("✓ ").shows("done: " + step.name());
            }
            terminal.shows("that was all of " + lesson.name());
            enter(terminal, "/tutorial status");
            for (Step step : lesson.steps()) {
                terminal.shows("✓ " + step.title());
            }
            terminal.shows("vmlab> ").type("\u0004");

            assertEquals(0, terminal.status());
        }
    }

    private static String heading(Lesson lesson, Step step) {
        int number = lesson.steps().indexOf(step) + 1;
        return "%s, step %d of %d: %s"
                .formatted(lesson.name(), number, lesson.steps().size(), step.title());
    }

    /** The mistake lies on top of what is right; mended, all that is right so far is written again. */
    private static void take(Lesson.Wrong turn, Lesson lesson, Path home, PseudoTerminal terminal)
            throws IOException, InterruptedException {
        Path work = home.resolve(lesson.name());
        lay(lesson.solution(lesson.step(turn.step()).orElseThrow()).files(), work);
        give(turn.answer(), work, terminal);
        enter(terminal, "/tutorial check");
        terminal.shows("not yet: " + turn.step()).shows("seen: ").shows(turn.told());
        enter(terminal, "/tutorial hint");
        terminal.shows("hint 1 of 3: ");
        for (Step step : lesson.steps()) {
            if (step.name().equals(turn.step())) {
                return;
            }
            lay(lesson.solution(step).files(), work);
        }
    }

    private static void enter(PseudoTerminal terminal, String line) throws IOException, InterruptedException {
        terminal.shows("vmlab> ").type(line + "\r");
    }

    private static void give(Answer answer, Path work, PseudoTerminal terminal)
            throws IOException, InterruptedException {
        lay(answer.files(), work);
        if (answer.isTyped()) {
            terminal.shows("vmlab> ");
            for (String line : Files.readAllLines(answer.typed())) {
                terminal.type(line + "\r");
            }
            terminal.type("'ty' + 'ped'\r").shows("typed");
        }
    }

    private static void lay(Path from, Path over) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> files = Files.walk(from)) {
            files.filter(Files::isRegularFile)
                    .forEach(file ->
                            copy(file, over.resolve(from.relativize(file).toString())));
        }
    }

    private static void copy(Path from, Path to) {
        try {
            Files.createDirectories(to.getParent());
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
