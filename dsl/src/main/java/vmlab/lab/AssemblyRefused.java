// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import vmlab.dsl.model.Problem;

/** An assembly that can't be built, with everything that is wrong with it. */
public final class AssemblyRefused extends RuntimeException {
    private final List<Problem> problems;

    AssemblyRefused(List<Problem> problems) {
        super(problems.size() + " problems, the first: " + problems.get(0).found());
        this.problems = List.copyOf(problems);
    }

    /** At least one, in the order of the script. */
    public List<Problem> problems() {
        return problems;
    }
}
