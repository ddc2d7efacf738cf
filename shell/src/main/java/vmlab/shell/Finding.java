// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Objects;

/**
 * One thing the doctor looked at.
 *
 * @param remedy what to do; empty if nothing need be done
 */
record Finding(Level level, String subject, String found, String remedy) {
    /** How much it matters. */
    enum Level {
        OK,
        /** Something will be slower, plainer or missing. */
        WARN,
        /** Guests can't be run. */
        FAIL
    }

    Finding {
        Objects.requireNonNull(level);
        Objects.requireNonNull(subject);
        Objects.requireNonNull(found);
        Objects.requireNonNull(remedy);
    }

    static Finding ok(String subject, String found) {
        return new Finding(Level.OK, subject, found, "");
    }

    static Finding warn(String subject, String found, String remedy) {
        return new Finding(Level.WARN, subject, found, remedy);
    }

    static Finding fail(String subject, String found, String remedy) {
        return new Finding(Level.FAIL, subject, found, remedy);
    }
}
