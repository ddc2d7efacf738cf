// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** What a CPU sees of the interrupt controller: its INTR pin and the acknowledge cycle. */
public interface InterruptController {
    /** Whether INTR is asserted. */
    boolean pending();

    /** The acknowledge cycle: takes the interrupt into service and returns its vector, 0 to 255. */
    int acknowledge();
}
