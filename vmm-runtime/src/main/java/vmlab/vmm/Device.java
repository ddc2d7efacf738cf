// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** A part of a machine. It has no threads, no files, no sockets and no host time. */
public interface Device {
    /** Its name within the machine, such as {@code uart0}. */
    String name();

    /** Puts the part into the state it has after power-on. */
    void reset();
}
