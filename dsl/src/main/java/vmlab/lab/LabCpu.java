// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import vmlab.vmm.CpuState;

/**
 * One CPU of a VM, as a script looks at it. Threads and errors: as {@link LabVm}.
 *
 * @param number from 0, the boot CPU, on
 */
public record LabCpu(LabVm vm, int number) {
    public LabCpu {
        Objects.requireNonNull(vm);
    }

    /** Its registers, between two instructions. */
    public CpuState registers() {
        return vm.registers(number);
    }

    @Override
    public String toString() {
        return "CPU " + number + " of " + vm.name() + " (registers)";
    }
}
