// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** What a device may ask of the machine it sits in; takes effect after the instruction being executed. */
public interface MachineControl {
    /** The guest asks for a reset. */
    void reset(String reason);

    /** The guest ends the machine with a status of its own. */
    void exit(int status, String reason);

    /** The VMM won't let the guest go on. */
    void kill(String reason);
}
