// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
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
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    private Path folder;

    private static List<Lesson> lessons() {
        return LessonReader.all(Checkout.root().resolve("tutorials/lessons"));
    }

    @TestFactory
    Stream<DynamicTest> holds() throws IOException, InterruptedException {
        Guest.required();
        return lessons().stream()
                .map(lesson -> DynamicTest.dynamicTest(lesson.name(), () -> {
                    Launched.Result result = Launched.with("tutorial", "verify", lesson.name())
                            .within(LIMIT)
                            .run();

                    assertEquals(0, result.status(), result.toString());
                    assertEquals("all lessons hold", result.out().strip());
                }));
    }

    @TestFactory
    Stream<DynamicTest> isDoneAtThePromptWithOneWrongTurn() throws IOException, InterruptedException {
        PseudoTerminalTest.required();
        Guest.required();
        return lessons().stream()
                .map(lesson ->
                        DynamicTest.dynamicTest(lesson.name(), () -> learn(lesson, folder.resolve("of-a-learner"))));
    }

    /** Works in a terminal with the prompt, and in an editor beside it. */
    private static void learn(Lesson lesson, Path home) throws IOException, InterruptedException {
        Files.createDirectories(home);
        Lesson.Wrong turn = lesson.wrong().get(0);
        try (PseudoTerminal terminal = PseudoTerminal.running(home.resolve("state"), "xterm", "", "", home)) {
            terminal.within(LIMIT);
            enter(terminal, "/tutorial start " + lesson.name());
            terminal.shows("step 1 of " + lesson.steps().size());
            for (Step step : lesson.steps()) {
                if (step.name().equals(turn.step())) {
                    take(turn, lesson, home, terminal);
                }
                give(lesson.solution(step), home.resolve(lesson.name()), terminal);
                enter(terminal, "/tutorial check");
                terminal.shows("done: " + step.name());
            }
            terminal.shows("that was all of " + lesson.name());
            terminal.shows("vmlab> ").type("\u0004");

            assertEquals(0, terminal.status());
        }
    }

    /** The mistake lies on top of what is right; mended, all that is right so far is written again. */
    private static void take(Lesson.Wrong turn, Lesson lesson, Path home, PseudoTerminal terminal)
            throws IOException, InterruptedException {
        Path work = home.resolve(lesson.name());
        lay(lesson.solution(lesson.step(turn.step()).orElseThrow()).files(), work);
        give(turn.answer(), work, terminal);
        enter(terminal, "/tutorial check");
        terminal.shows("not yet: " + turn.step()).shows(turn.told());
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
