// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import vmlab.dsl.model.SourceLocation;

/** A C file without its comments, everything else in its place. */
record CText(Path file, String text) {
    static CText of(Path file) {
        return new CText(file, withoutComments(ProjectFolder.text(file)));
    }

    /** Blanks instead of comments, so that places stay. */
    private static String withoutComments(String text) {
        StringBuilder result = new StringBuilder(text);
        int at = 0;
        while (at < text.length()) {
            int end = end(text, at);
            if (end > at) {
                blank(result, at, end);
            }
            at = Math.max(end, at + 1);
        }
        return result.toString();
    }

    /** The end of the comment that begins here; the same place if none does. */
    private static int end(String text, int at) {
        if (text.startsWith("//", at)) {
            int line = text.indexOf('\n', at);
            return line < 0 ? text.length() : line;
        }
        if (text.startsWith("/*", at)) {
            int close = text.indexOf("*/", at + 2);
            return close < 0 ? text.length() : close + 2;
        }
        return at;
    }

    private static void blank(StringBuilder text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '\n') {
                text.setCharAt(i, ' ');
            }
        }
    }

    /** The place of a character. */
    SourceLocation at(int index) {
        int line = (int) text.substring(0, index).chars().filter(c -> c == '\n').count() + 1;
        return new SourceLocation(file.toString(), line, index - text.lastIndexOf('\n', index - 1));
    }

    /** Behind the brace that closes the one at this index; the text's end if none does. */
    int behindClosing(int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return i + 1;
            }
        }
        return text.length();
    }
}
