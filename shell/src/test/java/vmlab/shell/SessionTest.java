// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionTest {
    @ParameterizedTest
    @ValueSource(strings = {"/vms", ":vms", "  /console vm0", "/nosuch"})
    void commandsBeginWithAMarkAndAWord(String input) {
        assertTrue(Session.isCommand(input));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/abc/", "/a.c/.matcher('abc')", "vm0", "1 / 2", "x ? 1 : 2"})
    void groovyIsNoCommand(String input) {
        assertFalse(Session.isCommand(input));
    }

    @Test
    void valuesAreShownAsGroovyWritesThem() {
        assertEquals("[1, two]", Session.shown(List.of(1, "two")));
        assertEquals("[a:1]", Session.shown(Map.of("a", 1)));
        assertEquals("", Session.shown(null));
    }

    @Test
    void aGuestsOutputAsAValueCannotActOnTheTerminal() {
        assertEquals("a\n^[[2Jb", Session.shown("a\n\u001b[2Jb"));
    }
}
