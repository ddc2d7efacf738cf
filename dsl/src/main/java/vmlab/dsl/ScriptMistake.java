// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.Objects;

/** A word of the language was misused; where is told by the stack. Becomes a {@link UserMistake}. */
final class ScriptMistake extends RuntimeException {
    private final String remedy;
    private final String word;

    /**
     * A mistake.
     *
     * @param word what to point at in the script's line
     */
    ScriptMistake(String found, String remedy, String word) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
        this.word = Objects.requireNonNull(word);
    }

    String remedy() {
        return remedy;
    }

    String word() {
        return word;
    }
}
