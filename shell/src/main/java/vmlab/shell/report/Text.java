// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import java.util.regex.Pattern;

/** Text as reports can hold it. */
final class Text {
    /** Escape sequences of terminals: ECMA-48, 5.4 and 5.5. */
    private static final Pattern SEQUENCES = Pattern.compile("\u001B\\[[0-?]*[ -/]*[@-~]|\u001B[@-Z\\\\-_]");

    /** What XML 1.0, section 2.2, has no character for, besides carriage returns. */
    private static final Pattern NO_CHARACTERS =
            Pattern.compile("[^\\t\\n\\x20-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}]");

    private Text() {}

    /** Text without what is for a terminal, and without what XML and JSON can't hold. */
    static String clean(String text) {
        return NO_CHARACTERS.matcher(SEQUENCES.matcher(text).replaceAll("")).replaceAll("");
    }
}
