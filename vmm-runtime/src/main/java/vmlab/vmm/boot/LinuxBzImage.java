// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.Optional;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

/**
 * Loads a bzImage, which unpacks itself. A relocatable kernel goes to the address it prefers, so it needs no relocation;
 * any other to 1 MB, from where it moves itself.
 *
 * <p>Not modelled: zImages; protocols before 2.02; the 16-bit entry. A relocatable kernel isn't tried at another address
 * if its own is outside RAM: Linux's decompressor goes no lower than it anyway.
 *
 * <p>Spec: Linux Documentation/arch/x86/boot.rst, "Loading The Rest of The Kernel", fields pref_address and init_size;
 * "64-bit Boot Protocol": its entry lies 0x200 behind the other.
 */
final class LinuxBzImage implements BootLoader {
    private static final int ENTRY_64 = 0x200;

    private final BootFile kernel;
    private final SetupHeader header;
    private final byte[] code;
    private final LinuxEntry entry;

    LinuxBzImage(BootFile kernel, Optional<Initrd> initrd, String commandLine) {
        this.kernel = kernel;
        header = SetupHeader.of(kernel);
        code = kernel.slice(header.codeOffset(), header.codeBytes(kernel));
        entry = new LinuxEntry(initrd, commandLine);
    }

    @Override
    public CpuModel cpu() {
        return header.cpu();
    }

    @Override
    public CpuState load(GuestMemory ram) {
        long start = header.relocates() ? alignedUp(header.prefAddress()) : LowMemory.HIGH;
        long runsAt = header.relocates() || header.prefAddress() == 0 ? start : header.prefAddress();
        long end = Math.max(start + code.length, runsAt + header.initSize());
        RamSize.checkKernel(kernel.path(), end, ram);
        ram.write(start, code);
        return cpu() == CpuModel.AMD64
                ? entry.prepare64(ram, header, start, start + ENTRY_64, end)
                : entry.prepare(ram, header, start, end);
    }

    private long alignedUp(long address) {
        return (address + header.kernelAlignment() - 1) & -header.kernelAlignment();
    }
}
