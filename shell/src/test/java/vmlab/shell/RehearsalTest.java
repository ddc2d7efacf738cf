// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rehearsal that fails is seen by nobody but later starts, which are slow. */
final class RehearsalTest {
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void doesWhatPeopleDoFirst() throws IOException {
        Rehearsal.run(folder, new PrintStream(shown, true, StandardCharsets.UTF_8));

        String text = shown.toString(StandardCharsets.UTF_8).replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "");
        assertTrue(text.contains("vm0: powered off"), "the script: " + text);
        assertTrue(text.contains("42"), "the prompt: " + text);
        assertTrue(text.contains("no VMs yet"), "up to its last key: " + text);
        assertEquals(-1, text.indexOf("xception"), text);
    }
}
