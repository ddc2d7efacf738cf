// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.Arrays;
import java.util.List;

/**
 * Something that a component's process says.
 *
 * @param text what it prints, or a request's words
 */
record Said(Kind kind, String text) {
    enum Kind {
        TEXT,
        REQUEST,
        END
    }

    static final Said END = new Said(Kind.END, "");

    /** A request's first word. */
    String verb() {
        return text.split(" ", 2)[0];
    }

    /** A request's other words. */
    List<String> arguments() {
        return Arrays.stream(text.split(" +")).skip(1).toList();
    }
}
