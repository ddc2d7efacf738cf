// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.util.List;
import java.util.Objects;

/**
 * What a check has found.
 *
 * @param evidence what the VMM saw, a line each
 * @param seen what was found in place of what was expected; empty if the step is done
 * @param likely the mistake it looks like; empty if none that is known
 */
public record StepResult(
        String step, boolean passed, List<String> evidence, String seen, String expected, String likely) {
    public StepResult {
        Objects.requireNonNull(step);
        evidence = List.copyOf(evidence);
        Objects.requireNonNull(seen);
        Objects.requireNonNull(expected);
        Objects.requireNonNull(likely);
    }

    static StepResult passed(String step, List<String> evidence) {
        return new StepResult(step, true, evidence, "", "", "");
    }

    /** What a learner reads. */
    public String text() {
        StringBuilder text = new StringBuilder();
        evidence.forEach(line -> text.append("  ✓ ").append(line).append('\n'));
        if (passed) {
            return text.append("done: ").append(step).toString();
        }
        text.append("not yet: ")
                .append(step)
                .append("\n  seen: ")
                .append(seen.strip().replace("\n", "\n    "));
        if (!expected.isEmpty()) {
            text.append("\n  expected: ").append(expected);
        }
        if (!likely.isEmpty()) {
            text.append("\n  likely: ").append(likely);
        }
        return text.toString();
    }
}
