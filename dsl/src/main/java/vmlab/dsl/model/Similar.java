// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds what somebody may have meant. */
public final class Similar {
    private static final int SUGGESTED = 3;

    /** Shorter words are part of too much. */
    private static final int SHORTEST_PART = 3;

    private Similar() {}

    /** The names most like {@code word}, the likest first; empty if none is. */
    public static List<String> to(String word, Collection<String> names) {
        String wanted = word.toLowerCase(Locale.ROOT);
        return names.stream()
                .distinct()
                .filter(name -> !name.equals(word) && isLike(wanted, name.toLowerCase(Locale.ROOT)))
                .sorted(Comparator.comparingInt((String name) -> distance(wanted, name.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(SUGGESTED)
                .toList();
    }

    /** {@code did you mean a, b or c?}, or else what is given. */
    public static String didYouMean(String word, Collection<String> names, String otherwise) {
        List<String> similar = to(word, names);
        if (similar.isEmpty()) {
            return otherwise;
        }
        String last = similar.get(similar.size() - 1);
        String first = String.join(", ", similar.subList(0, similar.size() - 1));
        return "did you mean " + (first.isEmpty() ? last : first + " or " + last) + "?";
    }

    private static boolean isLike(String wanted, String name) {
        int shorter = Math.min(wanted.length(), name.length());
        int longer = Math.max(wanted.length(), name.length());
        boolean begun = wanted.length() >= SHORTEST_PART && name.contains(wanted);
        boolean overdone = shorter * 2 > longer && shorter >= SHORTEST_PART && wanted.contains(name);
        int distance = distance(wanted, name);
        return begun || overdone || distance <= Math.max(1, shorter / 4) && distance < longer;
    }

    /** Letters to insert, drop, replace or swap with their neighbour (optimal string alignment). */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
