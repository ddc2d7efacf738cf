// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /edit} and {@code tutorial edit} on a terminal. */
@Tag("built")
final class EditorTest {
    private static final String CTRL_O = "\u000f";
    private static final String CTRL_X = "\u0018";

    @TempDir
    private Path folder;

    @BeforeEach
    void aTerminalCanBeMade() {
        PseudoTerminalTest.required();
    }

    @Test
    void withoutAnEditorThereIsNano() throws IOException, InterruptedException {
        Path file = folder.resolve("deep/note.txt");
        try (PseudoTerminal terminal = PseudoTerminal.running(folder, "xterm", "env -u EDITOR -u VISUAL", "", folder)) {
            terminal.shows("vmlab> ").type("/edit deep/note.txt\r").shows("note.txt");
            terminal.type("hello").shows("hello");
            terminal.type(CTRL_O).shows("Write").type("\r").type(CTRL_X).shows("back from");
            terminal.shows("vmlab> ").type("6 * 7\r").shows("\n42");
        }
        assertEquals("hello", Files.readString(file).strip());
    }

    @Test
    void theEditorOfTheEnvironmentIsAskedForFilesOfTheOpenLesson() throws IOException, InterruptedException {
        Path editor = Files.writeString(folder.resolve("editor"), "echo re''ady; read line; echo \"$line\" > \"$2\"\n");
        try (PseudoTerminal terminal =
                PseudoTerminal.running(folder, "xterm", "env VISUAL='sh " + editor + " -e'", "", folder)) {
            terminal.shows("vmlab> ").type("/tutorial start hello\r").shows("step 1 of");
            terminal.shows("vmlab> ").type("/edit lab.groovy\r").shows("ready");
            terminal.type("// all mine\r").shows("back from");
            terminal.shows("vmlab> ").type("6 * 7\r").shows("\n42");
        }
        assertEquals(
                "// all mine",
                Files.readString(folder.resolve("hello/lab.groovy")).strip());
    }
}
