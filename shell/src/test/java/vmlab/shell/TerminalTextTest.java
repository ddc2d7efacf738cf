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

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void controlsAreShownInsteadOfActing(String why, String guest, String shown) {
        assertEquals(shown, TerminalText.neutral(guest), why);
    }
}
