// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/**
 * Pairs the brackets of a Groovy text, looking past strings and comments. Groovy's own parser points at an opening brace
 * as "unexpected" when its partner is missing, and can't say whether a text isn't over yet.
 *
 * <p>Whether a slash divides or begins a string is told by what stands before it, as the parser does it.
 */
final class Brackets {
    /** A bracket at an index of the text. */
    record Bracket(char kind, int index) {}

    private static final String OPENING = "([{";
    private static final String CLOSING = ")]}";
    private static final List<String> QUOTES = List.of("'''", "\"\"\"", "$/", "'", "\"");
    private static final String BEFORE_SLASHY = "=([{,;:!~&|?+-*%<>\n";
    private static final List<String> WORDS_BEFORE_SLASHY =
            List.of("return", "in", "assert", "case", "println", "print");

    private final String text;
    private final ArrayDeque<Bracket> stack = new ArrayDeque<>();
    private Bracket stray;
    private boolean endsInText;

    private Brackets(String text) {
        this.text = text;
    }

    static Brackets of(String text) {
        Brackets brackets = new Brackets(text);
        int i = 0;
        while (i < text.length() && brackets.stray == null) {
            i = brackets.step(i);
        }
        return brackets;
    }

    /** The block that begins at the first brace from an index on, up to its closing brace; empty if there is none. */
    static String block(String text, int from) {
        int start = text.indexOf('{', from);
        if (start < 0) {
            return "";
        }
        Brackets brackets = new Brackets(text);
        int i = start;
        do {
            i = brackets.step(i);
        } while (i < text.length() && !brackets.stack.isEmpty() && brackets.stray == null);
        return text.substring(start, i);
    }

    /** The innermost bracket that is never closed. */
    Optional<Bracket> open() {
        return Optional.ofNullable(stack.peek());
    }

    /** The first closing bracket without a partner. */
    Optional<Bracket> stray() {
        return Optional.ofNullable(stray);
    }

    /** Whether the end is inside a comment or a string that may have several lines. */
    boolean endsInText() {
        return endsInText;
    }

    private int step(int i) {
        if (text.startsWith("//", i) || text.startsWith("#!", i) && i == 0) {
            int end = text.indexOf('\n', i);
            return end < 0 ? text.length() : end;
        }
        if (text.startsWith("/*", i)) {
            return behind(text.indexOf("*/", i + 2), 2);
        }
        for (String quote : QUOTES) {
            if (text.startsWith(quote, i) && !(quote.equals("$/") && !mayBeginSlashy(i))) {
                return string(i, quote);
            }
        }
        char c = text.charAt(i);
        if (c == '/' && mayBeginSlashy(i)) {
            return string(i, "/");
        }
        if (OPENING.indexOf(c) >= 0) {
            stack.push(new Bracket(c, i));
        } else if (CLOSING.indexOf(c) >= 0) {
            close(c, i);
        }
        return i + 1;
    }

    private void close(char c, int i) {
        if (stack.isEmpty() || OPENING.indexOf(stack.peek().kind) != CLOSING.indexOf(c)) {
            stray = new Bracket(c, i);
        } else {
            stack.pop();
        }
    }

    private int behind(int found, int length) {
        endsInText |= found < 0;
        return found < 0 ? text.length() : found + length;
    }

    private boolean mayBeginSlashy(int i) {
        String before = text.substring(0, i);
        String line = before.replaceAll("[ \\t]+$", "");
        if (line.isEmpty() || BEFORE_SLASHY.indexOf(line.charAt(line.length() - 1)) >= 0) {
            return true;
        }
        return WORDS_BEFORE_SLASHY.stream().anyMatch(word -> line.matches("(?s)(.*\\W)?" + word));
    }

    /** Skips a string; {@code ${ }} in it is looked into, as it may hold strings of its own. */
    private int string(int start, String quote) {
        String closing = quote.equals("$/") ? "/$" : quote;
        boolean oneLine = quote.equals("'") || quote.equals("\"");
        boolean expressions = !quote.startsWith("'");
        int i = start + quote.length();
        while (i < text.length()) {
            if (text.startsWith(closing, i)) {
                return i + closing.length();
            }
            if (oneLine && text.charAt(i) == '\n') {
                return i;
            }
            if (expressions && text.startsWith("${", i)) {
                i = expression(i + 1);
            } else {
                i += text.charAt(i) == '\\' && !quote.equals("$/") ? 2 : 1;
            }
        }
        endsInText |= !oneLine;
        return text.length();
    }

    private int expression(int brace) {
        int depth = stack.size();
        int i = step(brace);
        while (i < text.length() && stack.size() > depth && stray == null) {
            i = step(i);
        }
        return i;
    }
}
