// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class TerminalTextTest {
    static Stream<Arguments> texts() {
        return Stream.of(
                Arguments.of("plain words stay", "login: root", "login: root"),
                Arguments.of("tabs stay", "a\tb", "a\tb"),
                Arguments.of("other writing stays", "grüße λ 界 😀", "grüße λ 界 😀"),
                Arguments.of("a title change can't act", "\u001b]0;owned\u0007", "^[]0;owned^G"),
                Arguments.of("the cursor can't be moved", "\u001b[2J\u001b[H", "^[[2J^[[H"),
                Arguments.of("the 8-bit form of ESC [ can't act", "\u009b2J", "\\u009b2J"),
                Arguments.of("a carriage return can't overwrite", "safe\revil", "safe^Mevil"),
                Arguments.of("delete is shown", "\u007f", "^?"),
                Arguments.of("the writing direction can't be turned", "a\u202eb", "a\\u202eb"));
    }

    static Stream<Arguments> lines() {
        return Stream.of(
                Arguments.of("colours are left out", "\u001b[1mhello\u001b[0m", "hello"),
                Arguments.of("a question to the terminal isn't asked", "# \u001b[6nls", "# ls"),
                Arguments.of("carriage returns of the line's ends are", "\rlogin:\r\r", "login:"),
                Arguments.of("one within is shown", "safe\revil", "safe^Mevil"),
                Arguments.of("half a sequence is shown", "\u001b[3", "^[[3"),
                Arguments.of("what is left of two nested ones can't act", "\u001b[\u001b[0m2J", "^[[2J"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lines")
    void linesAreShownWithoutWhatDressesThem(String why, String guest, String shown) {
        assertEquals(shown, TerminalText.line(guest), why);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void controlsAreShownInsteadOfActing(String why, String guest, String shown) {
        assertEquals(shown, TerminalText.neutral(guest), why);
    }
}
