// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built launcher as a person meets it: on a terminal. */
@Tag("built")
final class PseudoTerminalTest {
    private static final String LAB = "lab { vm(0) { kernel_image = debian.kernel; initrd_image = rootfs { } } }";

    @TempDir
    private Path state;

    @BeforeEach
    void aTerminalCanBeMade() {
        required();
    }

    /** Skips the test where no terminal can be made, saying why. */
    static void required() {
        if (!Files.isExecutable(PseudoTerminal.SCRIPT)) {
            Guest.missing(
                    "terminal", "there is no " + PseudoTerminal.SCRIPT + " (Debian: bsdutils) to make terminals with");
        }
    }

    @Test
    void thePromptAnswersAndCtrlDLeaves() throws IOException, InterruptedException {
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "xterm", "")) {
            terminal.shows("vmlab> ");
            terminal.type("6 * 7\r").shows("\n42");
            terminal.shows("vmlab> ");

            terminal.type("\u0004");

            assertEquals(0, terminal.status());
        }
    }

    @Test
    void ctrlCStopsALoopAndNotTheSession() throws IOException, InterruptedException {
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "xterm", "")) {
            terminal.shows("vmlab> ");
            terminal.type("println 'be' + 'gun'; while (true) { }\r").shows("begun");

            terminal.type("\u0003").shows("interrupted");

            terminal.shows("vmlab> ");
            terminal.type("6 * 7\r").shows("\n42");
        }
    }

    @Test
    void aDumbTerminalGetsNoControlSequences() throws IOException, InterruptedException {
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "dumb", "")) {
            terminal.shows("vmlab> ");
            terminal.type("println 'be' + 'gun'; while (true) { }\n").shows("begun");
            terminal.type("\u0003").shows("interrupted");
            terminal.shows("vmlab> ");
            terminal.type("\u0004");

            assertEquals(0, terminal.status());
            assertFalse(terminal.all().contains("\u001b"), terminal.all());
        }
    }

    @Test
    void aScriptIsEndedByCtrlCWith130() throws IOException, InterruptedException {
        try (PseudoTerminal terminal =
                PseudoTerminal.running(state, "xterm", "-e 'println \"be\" + \"gun\"; while (true) { }'")) {
            terminal.shows("begun");

            terminal.type("\u0003");

            assertEquals(130, terminal.status());
        }
    }

    @Test
    void ctrlCDuringTheBootReturnsToThePrompt() throws IOException, InterruptedException {
        Guest.required();
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "xterm", "")) {
            terminal.shows("vmlab> ");
            terminal.type(LAB + "; vm0.start(); println 'be' + 'gun'; vm0.console.expect('never')\r")
                    .shows("begun");

            terminal.type("\u0003").shows("interrupted");

            terminal.shows("vmlab> ");
            terminal.type("'vm0 is ' + vm0.state()\r").shows("\nvm0 is RUNNING");
        }
    }

    @Test
    void aWindowIsPulledAtWhileLinesComeAndSomebodyTypes() throws IOException, InterruptedException {
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "xterm", "")) {
            terminal.shows("vmlab> ");
            terminal.type("lab { component('Chatter') { run { 3000.times { println \"line $it\" } } };"
                    + " composition { component Chatter, 'chatter' } }; 'ready'\r");
            terminal.shows("line 0");

            terminal.type("'abcdefgh").resize(40, 12);
            terminal.type("ijklmnop").resize(120, 40);
            terminal.type("qrstuvwxyz'.size()\r").shows("\n26");

            terminal.type("/quit\r");
            assertEquals(0, terminal.status());
        }
    }

    @Test
    void ctrlCDuringTheBuildOfAnImageEndsTheBuild() throws IOException, InterruptedException {
        Guest.required();
        Path begun = state.resolve("begun");
        Path program = Files.createDirectories(state.resolve("endless"));
        Files.writeString(program.resolve("Makefile"), "all:\n\techo $$$$ > %s; exec sleep 1000\n".formatted(begun));
        try (PseudoTerminal terminal = PseudoTerminal.running(state, "xterm", "")) {
            terminal.shows("vmlab> ");
            terminal.type(
                            "lab { vm(0) { kernel_image = debian.kernel; initrd_image = rootfs { pkg '%s' } } }; 'ready'\r"
                                    .formatted(program))
                    .shows("\nready");
            terminal.type(
                            "Thread.startDaemon { while (!new File('%s').size()) { sleep 50 }; println 'it has be' + 'gun' }; vm0.start()\r"
                                    .formatted(begun))
                    .shows("it has begun");

            terminal.type("\u0003").shows("interrupted");

            terminal.shows("vmlab> ");
            terminal.type("eventually(20.seconds) { assert !ProcessHandle.of(%s).present }; 'it has en' + 'ded'\r"
                            .formatted(Files.readString(begun).strip()))
                    .shows("it has ended");
        }
    }
}
