// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.Optional;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

/**
 * The part of starting Linux that doesn't depend on the kernel's file format: initrd, command line, zero page, registers.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol".
 */
record LinuxEntry(Optional<Initrd> initrd, String commandLine) {
    /**
     * Completes a loaded 32-bit kernel.
     *
     * @param entry where the kernel starts
     * @param kernelEnd the end of the memory the kernel needs for itself
     */
    CpuState prepare(GuestMemory ram, SetupHeader header, long entry, long kernelEnd) {
        placeParameters(ram, header, entry, kernelEnd);
        return LowMemory.enter(ram, entry).with(0, 0, (int) LowMemory.BOOT_INFORMATION, LowMemory.STACK_TOP);
    }

    /**
     * Completes a loaded 64-bit kernel.
     *
     * @param start where the kernel was loaded
     */
    CpuState prepare64(GuestMemory ram, SetupHeader header, long start, long entry, long kernelEnd) {
        placeParameters(ram, header, start, kernelEnd);
        return LongMode.enter(ram, entry).with(0, 0, (int) LowMemory.BOOT_INFORMATION, LowMemory.STACK_TOP);
    }

    private void placeParameters(GuestMemory ram, SetupHeader header, long start, long kernelEnd) {
        Initrd.Placed placed = initrd.map(disk -> disk.placeHigh(ram, kernelEnd, header.initrdAddrMax() + 1))
                .orElse(Initrd.Placed.NONE);
        LowMemory.writeCommandLine(ram, commandLine, header.cmdlineSize());
        ram.write(LowMemory.BOOT_INFORMATION, ZeroPage.of(ram, header.answered(start, placed)));
    }
}
