// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;

/** What a component does when a method of a procedure that it provides is called. Two that are equal do the same. */
@FunctionalInterface
public interface Method {
    /**
     * On the caller's thread.
     *
     * @return the answer; null if there is none
     */
    Object call(Behaviour.Ports ports, List<Object> arguments);
}
