// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/** Knows one kernel and how it wants to be started. */
public interface BootLoader {
    /** The CPU that the kernel is made for. */
    CpuModel cpu();

    /**
     * Copies kernel, initrd and tables into RAM, whatever was there before. It may be called again: for a reset, or for
     * another machine.
     *
     * @return the CPU's registers at the kernel's entry
     * @throws HostMistake if the RAM is too small, the command line too long, or a file has changed meanwhile
     */
    CpuState load(GuestMemory ram);
}
