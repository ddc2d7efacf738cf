// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code vmlab tutorial} with a lesson that needs no guest: the skeleton that a teacher begins with. */
final class TutorialCommandTest {
    private static final long LIMIT_SECONDS = 60;

    @TempDir
    private Path folder;

    private Path work;
    private volatile TestSurroundings test;

    @BeforeEach
    void aTeacherMakesALessonAndALearnerBegins() {
        work = folder.resolve("work");
        assertEquals(0, tutorial("new", "greeting"));
        assertEquals(0, tutorial("start", "greeting", "--folder", work.toString()));
    }

    private int tutorial(String... words) {
        return run(
                new TestSurroundings(
                        "",
                        Map.of(
                                "HOME", folder.toString(),
                                "XDG_STATE_HOME", folder.toString(),
                                "VMLAB_LESSONS", folder.resolve("lessons").toString())),
                words);
    }

    private int run(TestSurroundings surroundings, String... words) {
        test = surroundings;
        String[] all = new String[words.length + 1];
        all[0] = "tutorial";
        System.arraycopy(words, 0, all, 1, words.length);
        return VmlabCommand.execute(test.surroundings(), all);
    }

    @Test
    void aSkeletonHolds() {
        assertEquals(0, tutorial("verify"), () -> test.out() + test.err());

        assertEquals("all lessons hold", test.out().strip());
    }

    @Test
    void aLessonThatIsntThereIsntVerified() {
        assertEquals(2, tutorial("verify", "greetin"));
        assertTrue(test.err().contains("there is no lesson greetin\n  did you mean greeting?"), test.err());
    }

    @Test
    void aMistakeThatPassesIsTold() throws IOException {
        Files.writeString(folder.resolve("lessons/01-greeting/wrong/capital/hello.txt"), "hello");
        assertEquals(1, tutorial("verify"));
        assertTrue(test.err().contains("greeting/wrong/capital passes"), test.err());
    }

    @Test
    void aCheckThatFailsEndsWith1AndSaysWhatWasSeen() throws IOException {
        Files.writeString(work.resolve("hello.txt"), "Hello");

        assertEquals(1, tutorial("check"));

        assertTrue(test.out().contains("seen: Hello"), test.out());
        assertTrue(test.out().contains("likely: the word begins with a small letter"), test.out());
    }

    @Test
    void hintsGoDeeperAndASolutionPasses() {
        tutorial("hint");
        assertTrue(test.out().startsWith("hint 1 of 3"), test.out());
        tutorial("hint");
        assertTrue(test.out().startsWith("hint 2 of 3"), test.out());

        assertEquals(0, tutorial("solve"));
        assertEquals(0, tutorial("check"), test.out());

        assertTrue(test.out().contains("that was all of greeting"), test.out());
        tutorial("status");
        assertTrue(test.out().contains("✓ Say hello"), test.out());
        tutorial("reset");
        assertTrue(test.out().contains("step 1 of 1"), test.out());
    }

    @Test
    void watchChecksWhenAFileIsSavedAndEndsWithTheLesson() throws Exception {
        CompletableFuture<Integer> watching = CompletableFuture.supplyAsync(() -> tutorial("watch"));
        awaitOutput("there is no file hello.txt");

        Files.writeString(work.resolve("hello.txt"), "Hello\n");
        awaitOutput("seen: Hello");
        Files.writeString(work.resolve("hello.txt"), "hello\n");

        assertEquals(0, watching.get(LIMIT_SECONDS, TimeUnit.SECONDS), () -> test.out());
        assertTrue(test.out().contains("done: say-hello"), test.out());
    }

    private void awaitOutput(String text) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!test.out().contains(text)) {
            assertTrue(System.nanoTime() < deadline, () -> "not said: " + text + "\nbut: " + test.out());
            Thread.onSpinWait();
        }
    }
}
