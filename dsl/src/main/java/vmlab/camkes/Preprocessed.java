// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.TreeMap;
import vmlab.dsl.model.SourceLocation;

/** Text behind the C preprocessor that knows where each part of it stood before. Single-threaded while it grows. */
final class Preprocessed {
    private final StringBuilder text = new StringBuilder();
    private final TreeMap<Integer, SourceLocation> places = new TreeMap<>();

    /** Adds a token that begins at this place, or comes from a macro named there. */
    void add(String token, SourceLocation place) {
        places.put(text.length(), place);
        text.append(token);
    }

    String text() {
        return text.toString();
    }

    /** Where the character at this offset came from. */
    SourceLocation at(int offset) {
        return places.isEmpty() ? new SourceLocation("", 0, 0) : place(Math.max(0, offset));
    }

    private SourceLocation place(int offset) {
        var entry = places.floorEntry(offset);
        return entry == null ? places.firstEntry().getValue() : entry.getValue();
    }
}
