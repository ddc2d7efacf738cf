// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.List;
import java.util.Objects;
import vmlab.dsl.model.Problem;

/**
 * A script that couldn't go on, told to its author: where, the line, what was found, what would do. Shown without a
 * stack trace; {@link #getMessage()} is the whole text, several lines.
 */
public final class UserMistake extends RuntimeException {
    /** What the shell makes exit codes of. */
    public enum Kind {
        /** A mistake in the script. */
        SCRIPT,
        /** A failed {@code assert}. */
        ASSERTION,
        /** A wait whose limit passed. */
        TIMED_OUT,
        /** The guest's kernel panicked. */
        PANIC,
        /** The guest ended while it was waited for. */
        ENDED,
        /** Ctrl-C. */
        INTERRUPTED,
        /** The host lacks something: a file, a package, memory. */
        HOST,
        /** The back end can't be used here. */
        BACKEND
    }

    private final Kind kind;
    private final List<Problem> problems;

    /**
     * @param text the whole of it
     * @param cause null if it is none's consequence
     */
    public UserMistake(Kind kind, String text, Throwable cause) {
        this(kind, List.of(), text, cause);
    }

    UserMistake(Kind kind, List<Problem> problems, String text, Throwable cause) {
        super(text, cause);
        this.kind = Objects.requireNonNull(kind);
        this.problems = List.copyOf(problems);
    }

    public Kind kind() {
        return kind;
    }

    /** What was found where; more than one for an assembly with several problems. */
    public List<Problem> problems() {
        return problems;
    }
}
