// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;

/** Says everything that is wrong with an assembly, in the order of the script. */
public final class AssemblyChecker {
    private AssemblyChecker() {}

    /** All problems; empty if the assembly can be built. */
    public static List<Problem> check(Assembly assembly) {
        return List.of();
    }
}
