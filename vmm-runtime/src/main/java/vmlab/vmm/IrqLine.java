// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** An interrupt wire from a device. Setting the level it already has changes nothing. */
@FunctionalInterface
public interface IrqLine {
    void set(boolean level);

    /** Raises and lowers the line, for edge-triggered inputs. */
    default void pulse() {
        set(true);
        set(false);
    }
}
