// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/**
 * Loads a Multiboot kernel. The initrd is its one module, on the first page behind the kernel.
 *
 * <p>Not modelled: video modes, symbols, drives, APM, more than one module. Errors: a kernel that demands what isn't there
 * is refused, as the specification wants.
 *
 * <p>Spec: Multiboot Specification 0.6.96, sections 3.1 to 3.3.
 */
final class Multiboot implements BootLoader {
    static final int BOOTLOADER_MAGIC = 0x2BADB002;

    /** Offsets in the boot information, section 3.3. */
    static final int FLAGS = 0;

    static final int MEM_LOWER = 4;
    static final int MEM_UPPER = 8;
    static final int CMDLINE = 16;
    static final int MODS_COUNT = 20;
    static final int MODS_ADDR = 24;
    static final int MMAP_LENGTH = 44;
    static final int MMAP_ADDR = 48;
    static final int BOOT_LOADER_NAME = 64;

    private static final int HAS_MEM = 1;
    private static final int HAS_CMDLINE = 1 << 2;
    private static final int HAS_MODS = 1 << 3;
    private static final int HAS_MMAP = 1 << 6;
    private static final int HAS_BOOT_LOADER_NAME = 1 << 9;

    /** Offsets of what the information points to, from its own start. */
    private static final int MODULE = 0x80;

    private static final int NAME = 0xA0;
    private static final int MEMORY_MAP = 0x100;
    private static final int ALL_BYTES = 0x200;

    /** An entry's size field doesn't count itself. */
    private static final int MAP_ENTRY_BYTES = 20;

    /** What to copy where: from the ELF headers or from the Multiboot header. */
    private interface Program {
        long end();

        long entry();

        void copyTo(GuestMemory ram);
    }

    private final BootFile file;
    private final Program program;
    private final Optional<Initrd> module;
    private final String commandLine;

    Multiboot(BootFile file, MultibootHeader header, Optional<Initrd> module, String commandLine) {
        if (header.unmetDemands() != 0) {
            throw new HostMistake(
                    "the Multiboot kernel %s demands what vmlab hasn't: flags %#x (bit 2: a video mode)"
                            .formatted(file.path(), header.unmetDemands()),
                    "build it without these flags");
        }
        this.file = file;
        this.module = module;
        this.commandLine = commandLine;
        program = header.hasAddresses() ? AddressedProgram.of(file, header.offset()) : ElfProgram.of(file);
    }

    @Override
    public CpuModel cpu() {
        return CpuModel.I386;
    }

    private record ElfProgram(ElfImage image) implements Program {
        static ElfProgram of(BootFile file) {
            ElfImage image = new ElfImage(file);
            if (image.cpu() != CpuModel.I386) {
                throw new HostMistake(
                        "the Multiboot kernel %s is an ELF file for %s, but Multiboot starts kernels in 32-bit mode"
                                .formatted(file.path(), image.cpu().text()),
                        "make it an ELF file for i386 (objcopy -O elf32-i386) that enters 64-bit mode itself");
            }
            return new ElfProgram(image);
        }

        @Override
        public long end() {
            return image.end();
        }

        @Override
        public long entry() {
            return image.physicalEntry();
        }

        @Override
        public void copyTo(GuestMemory ram) {
            image.copyTo(ram);
        }
    }

    /** Loaded by the address fields of the header, section 3.1.3. */
    private record AddressedProgram(long start, byte[] contents, long end, long entry) implements Program {
        static AddressedProgram of(BootFile file, int header) {
            long headerAddress = file.u32(header + 12);
            long start = file.u32(header + 16);
            long loadEnd = file.u32(header + 20);
            long from = header - (headerAddress - start);
            long length = loadEnd == 0 ? file.size() - from : loadEnd - start;
            if (start > headerAddress || from < 0 || length <= 0 || start < LowMemory.HIGH) {
                throw impossible(file, "header at %#x, load from %#x to %#x".formatted(headerAddress, start, loadEnd));
            }
            long end = Math.max(start + length, file.u32(header + 24));
            long entry = file.u32(header + 28);
            if (entry < start || entry >= start + length) {
                throw impossible(file, "it starts at %#x, outside of what is loaded".formatted(entry));
            }
            return new AddressedProgram(start, file.slice(from, length), end, entry);
        }

        private static HostMistake impossible(BootFile file, String how) {
            return new HostMistake(
                    "the Multiboot header of %s is impossible: %s".formatted(file.path(), how),
                    "link the kernel to 1 MB or above, and let its header say so");
        }

        @Override
        public void copyTo(GuestMemory ram) {
            ram.write(start, contents);
            Zeros.write(ram, start + contents.length, end);
        }
    }

    @Override
    public CpuState load(GuestMemory ram) {
        RamSize.checkKernel(file.path(), program.end(), ram);
        program.copyTo(ram);
        Optional<Initrd.Placed> placed = module.map(disk -> disk.placeLow(ram, program.end()));
        LowMemory.writeCommandLine(ram, commandLine, Long.MAX_VALUE);
        ram.write(LowMemory.BOOT_INFORMATION, information(ram, placed));
        return LowMemory.enter(ram, program.entry())
                .with(BOOTLOADER_MAGIC, (int) LowMemory.BOOT_INFORMATION, 0, LowMemory.STACK_TOP);
    }

    private static byte[] information(GuestMemory ram, Optional<Initrd.Placed> module) {
        ByteBuffer info = ByteBuffer.allocate(ALL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        info.putInt(FLAGS, HAS_MEM | HAS_CMDLINE | HAS_MODS | HAS_MMAP | HAS_BOOT_LOADER_NAME);
        info.putInt(MEM_LOWER, (int) (LowMemory.USABLE_END >> 10));
        info.putInt(MEM_UPPER, (int) LowMemory.kilobytesAboveOneMegabyte(ram));
        info.putInt(CMDLINE, (int) LowMemory.COMMAND_LINE);
        info.putInt(MODS_COUNT, module.isPresent() ? 1 : 0);
        info.putInt(MODS_ADDR, address(MODULE));
        module.ifPresent(placed -> info.putInt(MODULE, (int) placed.address())
                .putInt(MODULE + 4, (int) (placed.address() + placed.sizeBytes()))
                .putInt(MODULE + 8, address(NAME)));
        info.putInt(BOOT_LOADER_NAME, address(NAME));
        info.put(NAME, "vmlab".getBytes(StandardCharsets.US_ASCII));
        putMemoryMap(info, LowMemory.map(ram));
        return info.array();
    }

    private static void putMemoryMap(ByteBuffer info, List<LowMemory.Region> map) {
        info.position(MEMORY_MAP);
        map.forEach(region -> info.putInt(MAP_ENTRY_BYTES)
                .putLong(region.base())
                .putLong(region.sizeBytes())
                .putInt(region.type()));
        info.putInt(MMAP_LENGTH, info.position() - MEMORY_MAP);
        info.putInt(MMAP_ADDR, address(MEMORY_MAP));
    }

    private static int address(int offset) {
        return (int) LowMemory.BOOT_INFORMATION + offset;
    }
}
