// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.Optional;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

/**
 * Loads a vmlinux, the unpacked kernel. It skips the kernel's own decompressor, a third of the boot on an emulated CPU.
 *
 * <p>Not modelled: relocation, so neither address space randomization.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol": the entry is the same as the bzImage's.
 */
final class LinuxElf implements BootLoader {
    private final BootFile file;
    private final ElfImage kernel;
    private final LinuxEntry entry;

    LinuxElf(BootFile file, Optional<Initrd> initrd, String commandLine) {
        this.file = file;
        kernel = new ElfImage(file);
        entry = new LinuxEntry(initrd, commandLine);
    }

    @Override
    public CpuState load(GuestMemory ram) {
        RamSize.checkKernel(file.path(), kernel.end(), ram);
        kernel.copyTo(ram);
        return entry.prepare(ram, SetupHeader.forElf(kernel), kernel.physicalEntry(), kernel.end());
    }
}
