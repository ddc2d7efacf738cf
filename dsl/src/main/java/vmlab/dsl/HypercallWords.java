// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import vmlab.lab.LabVm;

/** A Groovy extension: {@code vm0.hypercall(4) { call -> … }}. */
public final class HypercallWords {
    private HypercallWords() {}

    /** Registers the handler of a token, in place of an earlier one. */
    public static void hypercall(LabVm self, Number token, Closure<?> handler) {
        self.hypercalls().register(token, new ClosureHandler(handler));
    }
}
