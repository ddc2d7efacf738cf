// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;

/**
 * A place in a script.
 *
 * @param file the script's name as the user gave it; {@code prompt} for what was typed
 * @param line from 1 on; 0 if the place is the script as a whole
 * @param column from 1 on; 0 if only the line is known
 */
public record SourceLocation(String file, int line, int column) {
    public SourceLocation {
        Objects.requireNonNull(file);
        if (line < 0 || column < 0) {
            throw new IllegalArgumentException("no such place: " + file + ":" + line + ":" + column);
        }
    }

    /** As compilers write it: {@code file:line:column}, without the parts that aren't known. */
    @Override
    public String toString() {
        return line == 0 ? file : column == 0 ? file + ":" + line : file + ":" + line + ":" + column;
    }
}
