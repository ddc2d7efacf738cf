// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Whether a component whose run is over is started again: in the words of systemd and of container engines.
 *
 * @param limit how often at most
 */
public record Restart(Rule rule, int limit) {
    /** When. */
    public enum Rule {
        NO("no"),
        /** When its run has thrown. */
        ON_FAILURE("on-failure"),
        /** Also when its run has come to its end. */
        ALWAYS("always");

        private final String word;

        Rule(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        public static Optional<Rule> of(String word) {
            return Arrays.stream(values()).filter(r -> r.word.equals(word)).findFirst();
        }

        public static List<String> words() {
            return Arrays.stream(values()).map(Rule::word).toList();
        }
    }

    /** How often if nothing is said. */
    public static final int DEFAULT_LIMIT = 5;

    public static final Restart NEVER = new Restart(Rule.NO, 0);

    public Restart {
        Objects.requireNonNull(rule);
        if (limit < 0) {
            throw new IllegalArgumentException("no limit: " + limit);
        }
    }

    /** Whether a run that ended so is followed by another. */
    public boolean follows(boolean failed, int restarts) {
        return restarts < limit && (rule == Rule.ALWAYS || rule == Rule.ON_FAILURE && failed);
    }
}
