// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * Something whose whole guest-visible state is one value, so that a snapshot is a list of such values plus memory.
 *
 * @param <S> the state
 */
public interface Stateful<S extends Record> {
    S state();

    /**
     * Takes over a state, including what follows from it: interrupt lines and alarms are set again.
     *
     * @throws IllegalArgumentException if the state can't be one of this device's
     */
    void restore(S state);
}
