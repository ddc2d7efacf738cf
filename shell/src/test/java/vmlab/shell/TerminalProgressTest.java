// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import vmlab.lab.Progress;

final class TerminalProgressTest {
    private static final long SECOND = 1_000_000_000;

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private long now;

    private Progress progress(boolean overwrite) {
        return new TerminalProgress(new PrintStream(shown, true, StandardCharsets.UTF_8), overwrite, () -> now);
    }

    private String shown() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    @Test
    void onATerminalOneLineIsWrittenOver() {
        try (Progress.Task task = progress(true).begin("fetching", 52_000_000)) {
            now += 2 * SECOND;
            task.done(26_000_000);
            now += SECOND;
            task.done(52_000_000);
        }

        assertEquals(
                "\r\u001b[Kfetching [........................] 0 % of 52.0 MB"
                        + "\r\u001b[Kfetching [############............] 50 % of 52.0 MB, 13.0 MB/s"
                        + "\r\u001b[Kfetching [########################] 100 % of 52.0 MB, 17.3 MB/s"
                        + "\r\u001b[Kfetching: 52.0 MB in 3.0 s\n",
                shown());
    }

    @Test
    void elsewhereThereAreTwoPlainLines() {
        try (Progress.Task task = progress(false).begin("fetching", 52_000_000)) {
            now += 2 * SECOND;
            task.done(52_000_000);
        }

        assertEquals("fetching (52.0 MB)\nfetching: 52.0 MB in 2.0 s\n", shown());
    }

    @Test
    void workThatEndsEarlySaysHowFarItCame() {
        try (Progress.Task task = progress(false).begin("fetching", 52_000_000)) {
            task.done(1_000_000);
        }

        assertEquals("fetching (52.0 MB)\nfetching: stopped at 1.0 MB in 0.0 s\n", shown());
    }

    @Test
    void redrawsAreRareEnoughNotToCost() {
        try (Progress.Task task = progress(true).begin("fetching", 1000)) {
            for (int i = 0; i < 1000; i++) {
                now += 1_000_000;
                task.done(i);
            }
        }

        long redraws = shown().chars().filter(c -> c == '\r').count();
        assertEquals(12, redraws, "the first, one each tenth of a second, the last");
    }
}
