// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.Optional;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

/**
 * Loads a vmlinux, the unpacked kernel. It skips the kernel's own decompressor, a third of the boot on an emulated CPU.
 *
 * <p>Not modelled: relocation, so neither address space randomization.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, "32-bit Boot Protocol": the entry is the same as the bzImage's; and
 * "64-bit Boot Protocol": the registers are the same, the entry is the file's own.
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
    public CpuModel cpu() {
        return kernel.cpu();
    }

    @Override
    public CpuState load(GuestMemory ram) {
        RamSize.checkKernel(file.path(), kernel.end(), ram);
        kernel.copyTo(ram);
        SetupHeader header = SetupHeader.forElf(kernel);
        long start = kernel.physicalEntry();
        return cpu() == CpuModel.AMD64
                ? entry.prepare64(ram, header, start, start, kernel.end())
                : entry.prepare(ram, header, start, kernel.end());
    }
}
