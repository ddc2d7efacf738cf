// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Objects;

/**
 * What {@link Console#expect} found.
 *
 * @param text what matched
 * @param before what had come since the last match, up to this one
 * @param groups the pattern's groups 1, 2, …; empty text for a group that took no part
 */
public record ConsoleMatch(String text, String before, List<String> groups) {
    public ConsoleMatch {
        Objects.requireNonNull(text);
        Objects.requireNonNull(before);
        groups = List.copyOf(groups);
    }

    @Override
    public String toString() {
        return text;
    }
}
