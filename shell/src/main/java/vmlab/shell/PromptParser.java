// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/**
 * Tells the line reader when an input is complete, which Groovy's own parser decides, and which word Tab completes: the
 * name at the cursor, or all behind a command's name.
 */
final class PromptParser implements Parser {
    private final Predicate<String> incomplete;

    PromptParser(Predicate<String> incomplete) {
        this.incomplete = Objects.requireNonNull(incomplete);
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        if (context == ParseContext.ACCEPT_LINE && incomplete.test(line)) {
            throw new EOFError(-1, -1, "the input goes on");
        }
        return new AtCursor(line, cursor, wordStart(line, cursor));
    }

    private static int wordStart(String line, int cursor) {
        boolean command =
                line.stripLeading().startsWith("/") || line.stripLeading().startsWith(":");
        int start = cursor;
        while (start > 0 && (command ? line.charAt(start - 1) != ' ' : isNamePart(line.charAt(start - 1)))) {
            start--;
        }
        return start;
    }

    private static boolean isNamePart(char c) {
        return Character.isJavaIdentifierPart(c);
    }

    /** The line with the word at the cursor; the word's escaping is none. */
    private record AtCursor(String line, int cursor, int wordStart) implements CompletingParsedLine {
        @Override
        public String word() {
            return line.substring(wordStart, cursor);
        }

        @Override
        public int wordCursor() {
            return cursor - wordStart;
        }

        @Override
        public int wordIndex() {
            return wordStart == 0 ? 0 : 1;
        }

        /** What stands before the word, and the word. */
        @Override
        public List<String> words() {
            return wordStart == 0 ? List.of(word()) : List.of(line.substring(0, wordStart), word());
        }

        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor();
        }

        @Override
        public int rawWordLength() {
            return word().length();
        }
    }
}
