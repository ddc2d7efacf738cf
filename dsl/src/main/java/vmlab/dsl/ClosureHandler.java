// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import vmlab.lab.CallHandler;
import vmlab.lab.GuestCall;

/** A closure as the handler of a hypercall; it may do without the call. */
final class ClosureHandler implements CallHandler {
    private final Closure<?> closure;
    private final boolean takesCall;

    ClosureHandler(Closure<?> closure) {
        if (closure.getMaximumNumberOfParameters() > 1) {
            throw new ScriptMistake(
                    "a handler has one parameter, this block has " + closure.getMaximumNumberOfParameters(),
                    "{ call -> … }",
                    "");
        }
        this.closure = closure;
        takesCall = closure.getMaximumNumberOfParameters() == 1;
    }

    @Override
    public Object call(GuestCall call) {
        return takesCall ? closure.call(call) : closure.call();
    }
}
