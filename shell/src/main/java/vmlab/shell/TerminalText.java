// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.regex.Pattern;

/** Text of a guest made safe for the user's terminal. */
final class TerminalText {
    /** ECMA-48, 5.4. */
    private static final Pattern CONTROL_SEQUENCE = Pattern.compile("\u001B\\[[0-?]*[ -/]*[@-~]");

    private TerminalText() {}

    /**
     * One line of a console without its line end: sequences that move, colour or ask the terminal are left out, the rest is
     * {@link #neutral}.
     */
    static String line(String text) {
        return neutral(CONTROL_SEQUENCE.matcher(text).replaceAll("").replaceAll("^\\r+|\\r+$", ""));
    }

    /**
     * Shows control characters as {@code ^[} and the like instead of letting them act, so that a guest can't move the
     * cursor, change the title or have the terminal answer. Tabs stay; C1 controls (ECMA-48, 8-bit forms of ESC
     * sequences) and the Unicode marks that turn writing direction become visible as well.
     */
    static String neutral(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            append(safe, text.charAt(i));
        }
        return safe.toString();
    }

    private static void append(StringBuilder safe, char c) {
        if (c == '\t' || c >= 0x20 && c < 0x7F) {
            safe.append(c);
        } else if (c < 0x20 || c == 0x7F) {
            safe.append('^').append((char) (c ^ 0x40));
        } else if (c < 0xA0 || c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069) {
            safe.append("\\u%04x".formatted((int) c));
        } else {
            safe.append(c);
        }
    }
}
