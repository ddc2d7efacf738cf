// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks for a pattern in text that is still growing, and finds it with the very character that completes it.
 *
 * <p>Searching everything anew for every character would take quadratic time. So a place where the pattern can't begin,
 * whatever comes next ({@link Matcher#hitEnd} is false), is tried only once. {@code ^} is where the search starts,
 * {@code $} the end of what has come. Threads: the machine's.
 */
final class PatternSearch {
    /** Only patterns that begin with "anything" have so many places open; the oldest are given up. */
    private static final int MOST_OPEN = 4096;

    private final ConsoleLog log;
    private final long from;
    private final Matcher matcher;
    private final List<Integer> open = new ArrayList<>();
    private int tried;

    /** Searches from the position {@code from} on. */
    PatternSearch(Pattern pattern, ConsoleLog log, long from) {
        this.log = log;
        this.from = from;
        matcher = pattern.matcher(new Text()).useAnchoringBounds(false).useTransparentBounds(true);
    }

    private final class Text implements CharSequence {
        @Override
        public int length() {
            return (int) (log.end() - from);
        }

        @Override
        public char charAt(int index) {
            return log.charAt(from + index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return log.between(from + start, from + end);
        }

        @Override
        public String toString() {
            return log.between(from, log.end());
        }
    }

    /** Looks at what has come since the last call; true if the pattern is there. */
    boolean found() {
        matcher.reset();
        int length = (int) (log.end() - from);
        for (int i = 0; i < open.size(); ) {
            if (matchesAt(open.get(i), length)) {
                return true;
            }
            if (matcher.hitEnd()) {
                i++;
            } else {
                open.remove(i);
            }
        }
        for (; tried < length; tried++) {
            if (matchesAt(tried, length)) {
                return true;
            }
            if (matcher.hitEnd()) {
                keepOpen(tried);
            }
        }
        return false;
    }

    private boolean matchesAt(int start, int length) {
        return matcher.region(start, length).lookingAt();
    }

    private void keepOpen(int start) {
        if (open.size() == MOST_OPEN) {
            open.remove(0);
        }
        open.add(start);
    }

    /** What was found. */
    ConsoleMatch match() {
        List<String> groups = new ArrayList<>();
        for (int i = 1; i <= matcher.groupCount(); i++) {
            groups.add(matcher.group(i) == null ? "" : matcher.group(i));
        }
        return new ConsoleMatch(matcher.group(), log.between(from, from + matcher.start()), groups);
    }

    /** The position behind what was found. */
    long matchEnd() {
        return from + matcher.end();
    }
}
