// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person sees of the prompt, on terminals of all kinds. */
final class ScreenTest {
    private static final String LAB = "lab { vm(0) { kernel_image = debian.kernel } }; vm0.start(); ";
    private static final String CHATTER = "lab { component('Chatter') { run { %d.times { println \"line $it\" } } };"
            + " composition { component Chatter, 'chatter' } }; 'ready'";

    @TempDir
    private Path state;

    private ConsoleFixture console(int columns, int rows) throws IOException {
        return ConsoleFixture.seen(state, columns, rows, Map.of());
    }

    @ParameterizedTest
    @CsvSource({"20, 5", "80, 24", "300, 100"})
    void anInputIsSeenWholeOnEverySize(int columns, int rows) throws IOException {
        try (ConsoleFixture console = console(columns, rows)) {
            console.type("'abcdefghijklmnopqrstuvwxyz'.size()");
            console.picture(
                    "the input, wrapped",
                    screen -> screen.replace("\n", "").contains("vmlab> 'abcdefghijklmnopqrstuvwxyz'.size()"));

            console.type("\r");

            console.picture(
                    "the value, and the prompt below", screen -> screen.strip().endsWith("\n26\nvmlab>"));
        }
    }

    @Test
    void noTypedCharacterIsLostOrTornWhileTenThousandLinesComeAboveAndTheWindowIsPulledAt() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.line(CHATTER.formatted(10_000));
            console.type("'");
            String typed = "abcdefghijklmnopqrstuvwxyz";
            int[][] sizes = {{40, 10}, {120, 30}, {20, 5}, {80, 24}};
            for (int i = 0; i < typed.length(); i++) {
                console.type(typed.substring(i, i + 1));
                if (i % 6 == 5) {
                    console.resize(sizes[i / 6][0], sizes[i / 6][1]);
                }
            }
            console.picture(
                    "the last line, and below it what was typed",
                    screen -> screen.contains("line 9999\n") && screen.strip().endsWith("vmlab> '" + typed));

            console.type("'.size()\r");

            console.picture("its value", screen -> screen.strip().endsWith("\n26\nvmlab>"));
        }
    }

    @Test
    void wideCharactersAreTypedEditedAndCompleted() throws IOException {
        try (ConsoleFixture console = console(40, 10)) {
            // Left as a terminal sends it before it has been told to, and then.
            console.type("größe = '界b😀'\u001b[D\u001bOD\bλ\u0005\r").shows("\n界λ😀");

            console.type("grö\t.codePointCount(0, 4)\r").shows("größe.codePointCount(0, 4)");

            console.shows("\n3");
        }
    }

    @Test
    void withoutColoursNothingIsColoured() throws IOException {
        try (ConsoleFixture console = ConsoleFixture.seen(state, 80, 24, Map.of("NO_COLOR", "1"))) {
            console.type("def x = 'text'; 42\r").shows("\n42");
            console.type("/\t");
            console.picture("the commands", screen -> screen.contains("/tutorial"));

            assertFalse(colours(console.all()), console.all());
        }
    }

    @Test
    void otherwiseItIs() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.type("def x = 'text'; 42\r").shows("\n42");

            assertTrue(colours(console.all()), console.all());
        }
    }

    /** Whether a sequence selects a colour (ECMA-48, 8.3.117). */
    private static boolean colours(String printed) {
        return Pattern.compile("\u001b\\[([0-9;]*;)?([349][0-9]|10[0-9])[0-9;]*m")
                .matcher(printed)
                .find();
    }

    @Test
    void whatAGuestPrintsInTheBackgroundIsText() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.line(LAB + "vm0.console.expect('> ')").shows("vm0| hello");
            guestEchoes(console, "\u001b]0;owned\u0007\u001b[?1049h\u001bc\u0000\u0001\u007f\u000e");

            console.picture(
                    "the rubbish, spelled",
                    screen -> screen.contains("vm0| > you typed ^[]0;owned^G^[c^@^A^?^N")
                            || screen.contains("vm0| you typed ^[]0;owned^G^[c^@^A^?^N"));
            console.type("6 * 7\r");

            console.picture("the prompt goes on", screen -> screen.contains("\n42\n"));
            assertFalse(console.all().contains("\u001b]0"), "no title");
            assertFalse(console.all().contains("\u001b[?1049h"), "no other screen");
        }
    }

    @Test
    void anAttachedGuestLeavesTheTerminalAsItWas() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.line(LAB + "vm0.console.expect('> ')").shows("vm0| hello");
            console.line("/console vm0").shows("Ctrl-] leaves");
            guestEchoes(console, "\u001b]0;owned\u0007\u001b[?1049h\u001b[?25l\u001b[2;3rend");
            console.shows("end");

            console.type("\u0003\u001d").shows("back at the prompt");

            console.type("6 * 7\r").shows("\n42");
            assertFalse(console.all().contains("\u001b]0"), "no title");
            assertTrue(console.all().contains("\u001b[?25h\u001b[?1049l\u001b7\u001b[r\u001b8"), console.all());
        }
    }

    /** A line that the guest repeats. */
    private static void guestEchoes(ConsoleFixture console, String line) {
        console.lab().vm("vm0").orElseThrow().console().send(line + "\r");
    }

    @Test
    void ctrlCIsTheGuestsWhileItsConsoleIsAttached() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.line(LAB + "vm0.console.expect('> ')").shows("vm0| hello");
            console.line("/console vm0").shows("Ctrl-] leaves");

            console.type("a\u0003b\r").shows("you typed a\u0003b");

            console.type("\u001d").shows("back at the prompt");
        }
    }

    @Test
    void ctrlCDropsAnInputOfSeveralLines() throws IOException {
        try (ConsoleFixture console = console(80, 24)) {
            console.type("def f() {\r").shows("...> ");
            console.type("  1").shows("  1");

            console.ctrlC();

            console.picture("the first prompt", screen -> screen.strip().endsWith("\nvmlab>"));
            console.type("6 * 7\r").shows("\n42");
        }
    }

    @Test
    void aHistoryThatCannotBeKeptIsToldInALine() throws IOException {
        Path file = Files.writeString(state.resolve("file"), "");
        Map<String, String> inAFile = Map.of("XDG_STATE_HOME", file.toString());
        try (ConsoleFixture console = ConsoleFixture.seen(state, 120, 24, inAFile)) {
            console.picture(
                    "why, once",
                    screen -> screen.contains("\ninputs of this session aren't kept: can't create the folder "
                            + file.resolve("vmlab") + "\nvmlab>"));
            console.type("6 * 7\r").shows("\n42");
        }
    }

    @Test
    void aHistoryThatIsAFolderIsToldToo() throws IOException {
        Files.createDirectories(state.resolve("vmlab/history"));
        try (ConsoleFixture console = console(120, 24)) {
            console.picture(
                    "why, once",
                    screen -> screen.contains("aren't kept: " + state.resolve("vmlab/history") + " isn't a file\n")
                            && screen.strip().endsWith("\nvmlab>"));
            console.type("6 * 7\r").shows("\n42");
        }
    }
}
