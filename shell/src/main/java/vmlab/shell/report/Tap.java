// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import java.io.IOException;
import java.util.List;
import vmlab.scenario.ScenarioResult;
import vmlab.scenario.ScenarioResult.Outcome;

/**
 * The results in the Test Anything Protocol.
 *
 * @spec TAP version 14: plan, test points, directives, YAML diagnostics
 */
final class Tap {
    private Tap() {}

    static void write(List<ScenarioResult> results, Appendable to) throws IOException {
        to.append("TAP version 14\n1..").append(String.valueOf(results.size())).append('\n');
        for (int i = 0; i < results.size(); i++) {
            write(i + 1, results.get(i), to);
        }
    }

    private static void write(int number, ScenarioResult result, Appendable to) throws IOException {
        boolean good = result.outcome() == Outcome.PASSED || result.outcome() == Outcome.SKIPPED;
        to.append(good ? "ok " : "not ok ").append(String.valueOf(number)).append(" - ");
        to.append(escaped(result.scenario().name()));
        if (result.outcome() == Outcome.SKIPPED) {
            to.append(" # SKIP ").append(escaped(Text.clean(result.summary())));
        }
        to.append('\n');
        if (!good) {
            to.append("  ---\n  outcome: ").append(result.outcome().name()).append("\n  message: |\n");
            for (String line : Text.clean(result.told()).lines().toList()) {
                to.append("    ").append(line).append('\n');
            }
            to.append("  ...\n");
        }
    }

    /** In a description, a number sign would begin a directive. */
    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("#", "\\#");
    }
}
