// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;

/** What a learner reads: commands as they are typed there, and what a check is at. */
final class ClassroomTest {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final String TEXT = "Try `./vmlab -i hello/lab.groovy`, then `./vmlab tutorial check`.";

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** A terminal that can be written over, of which only the errors are kept. */
    private Surroundings onTerminal() {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Surroundings(
                new ByteArrayInputStream(new byte[0]), stream, stream, Map.of("TERM", "xterm"), true, true, true);
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void commandsAreThoseOfThePlace() {
        Path here = Path.of("hello").toAbsolutePath();
        Classroom prompt = new Classroom("/tutorial ", "/edit ", 0, false);
        Classroom shell = new Classroom("./vmlab tutorial ", "./vmlab tutorial edit ", 0, false);

        assertEquals("Try vmlab -i hello/lab.groovy, then /tutorial check.", prompt.shown(TEXT, "hello", here));
        assertEquals("Try vmlab -i hello/lab.groovy, then ./vmlab tutorial check.", shell.shown(TEXT, "hello", here));
        assertEquals(
                "Try vmlab -i /else/where/lab.groovy, then /tutorial check.",
                prompt.shown(TEXT, "hello", Path.of("/else/where")));
    }

    @Test
    void theTextIsNeitherTooWideNorTooNarrow() {
        assertEquals(80, new Classroom("", "", 0, false).width());
        assertEquals(100, new Classroom("", "", 300, false).width());
        assertEquals(20, new Classroom("", "", 5, false).width());
    }

    @Test
    void aCheckShowsHowFarItsGuestsAreAndLeavesNoTrace() {
        try (Lab lab = EchoGuest.lab();
                CheckProgress progress = new CheckProgress(onTerminal())) {
            progress.watching(lab);
            new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()))
                    .run("test", "lab { vm(0) { kernel_image = debian.kernel } }; vm0.start()", List.of());
            long deadline = System.nanoTime() + LIMIT_NANOS;
            while (!shown().contains("checking: vm0 has run for ")) {
                assertTrue(System.nanoTime() < deadline, () -> "nothing is shown but: " + shown());
                Thread.onSpinWait();
            }
        }
        assertTrue(shown().endsWith("\r\u001b[K"), shown());
    }
}
