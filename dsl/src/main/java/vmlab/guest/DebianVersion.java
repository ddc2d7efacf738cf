// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.math.BigInteger;

/**
 * A Debian package's version, ordered as dpkg orders it.
 *
 * @spec Debian Policy 4.6, section 5.6.12: Version
 */
record DebianVersion(String text) implements Comparable<DebianVersion> {
    @Override
    public int compareTo(DebianVersion other) {
        int epochs = epoch().compareTo(other.epoch());
        if (epochs != 0) {
            return epochs;
        }
        int upstreams = compareParts(upstream(), other.upstream());
        return upstreams != 0 ? upstreams : compareParts(revision(), other.revision());
    }

    private BigInteger epoch() {
        int colon = text.indexOf(':');
        return colon > 0 && text.substring(0, colon).chars().allMatch(Character::isDigit)
                ? new BigInteger(text.substring(0, colon))
                : BigInteger.ZERO;
    }

    private String upstream() {
        String rest = text.substring(text.indexOf(':') + 1);
        int dash = rest.lastIndexOf('-');
        return dash < 0 ? rest : rest.substring(0, dash);
    }

    private String revision() {
        int dash = text.lastIndexOf('-');
        return dash < 0 ? "" : text.substring(dash + 1);
    }

    private static int compareParts(String left, String right) {
        int i = 0;
        int j = 0;
        while (i < left.length() || j < right.length()) {
            int leftEnd = runEnd(left, i, false);
            int rightEnd = runEnd(right, j, false);
            int order = compareText(left.substring(i, leftEnd), right.substring(j, rightEnd));
            if (order != 0) {
                return order;
            }
            i = runEnd(left, leftEnd, true);
            j = runEnd(right, rightEnd, true);
            order = number(left.substring(leftEnd, i)).compareTo(number(right.substring(rightEnd, j)));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int runEnd(String text, int from, boolean digits) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end)) == digits) {
            end++;
        }
        return end;
    }

    private static int compareText(String left, String right) {
        for (int k = 0; k < Math.max(left.length(), right.length()); k++) {
            int order = Integer.compare(weight(left, k), weight(right, k));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /** A tilde sorts before the end, the end before letters, letters before everything else. */
    private static int weight(String text, int index) {
        if (index >= text.length()) {
            return 0;
        }
        char c = text.charAt(index);
        if (c == '~') {
            return -1;
        }
        return Character.isLetter(c) ? c : c + 256;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static BigInteger number(String digits) {
        return digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits);
    }
}
