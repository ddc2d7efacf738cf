// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("ECMA-48, 5.4 and 5.6")
final class TerminalGuardTest {
    private static final String UNDRESSED = "\u001b[m\u001b[4l\u001b>\u001b(B\u000f";

    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    private final TerminalGuard guard = new TerminalGuard(terminal);

    private String passed(String text) throws IOException {
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            guard.write(octet);
        }
        return terminal.toString(StandardCharsets.UTF_8);
    }

    private String restored() throws IOException {
        terminal.reset();
        guard.close();
        return terminal.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain text | grüße λ 界 😀 | grüße λ 界 😀",
                "colours and moves | <[1;31mred<[m<[2J<[H<[6n | <[1;31mred<[m<[2J<[H<[6n",
                "a title | a<]0;owned\u0007b | ab",
                "the clipboard | a<]52;c;cm0=<\\b | ab",
                "a question for settings | a<P$qm<\\b | ab",
                "the other strings | a<_x<\\b<^y<\\c<Xz<\\d | abcd",
                "strings of one character | a\u009d0;owned\u0007b\u0090q\u009cc | abc",
                "a sequence within a string ends it | a<]0;x<[1mb | a<[1mb",
                "a cancelled string | a<]0;x\u0018b | ab"
            })
    void stringsDontGetThrough(String what, String printed, String shown) throws IOException {
        assertEquals(shown.replace('<', '\u001b'), passed(printed.replace('<', '\u001b')), what);
    }

    @Test
    void aStringWithoutAnEndHidesItsLineOnly() throws IOException {
        assertEquals("a\r\nb", passed("a\u001b]0;open\r\nb"));
    }

    @Test
    void whatWasNotDressedNeedsNoUndoing() throws IOException {
        passed("plain\r\n");

        assertEquals("", restored());
    }

    @Test
    void modesAreUndoneWhenTheConsoleIsLeft() throws IOException {
        passed("\u001b[?1049h\u001b[?25l\u001b[?1000;1006h\u001b[?1000l");

        assertEquals("\u001b[?25h\u001b[?1006l\u001b[?1049l" + UNDRESSED, restored());
    }

    @Test
    void theScrollingRegionIsUndone() throws IOException {
        passed("\u001b[2;5r");

        assertEquals("\u001b7\u001b[r\u001b8" + UNDRESSED, restored());
    }

    @Test
    void lineDrawingIsUndone() throws IOException {
        passed("\u000eqqq");

        assertEquals(UNDRESSED, restored());
    }

    @Test
    void halfASequenceIsCancelled() throws IOException {
        passed("\u001b[?10");

        assertTrue(restored().startsWith("\u0018"));
    }

    @Test
    void rubbishNeverLeavesAStringBehind() throws IOException {
        Random random = new Random(7);
        byte[] rubbish = new byte[100_000];
        random.nextBytes(rubbish);
        guard.write(rubbish);

        String shown = terminal.toString(StandardCharsets.ISO_8859_1);
        assertTrue(shown.length() > 10_000, "most of it is shown");
        assertEquals(-1, shown.indexOf("\u001b]"), "seed 7");
        assertEquals(-1, shown.indexOf("\u001bP"), "seed 7");
    }
}
