// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import vmlab.vmm.CpuModel;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/**
 * An executable ELF file for i386 or amd64, loaded by physical addresses.
 *
 * <p>Not modelled: sections, relocation, shared objects. Errors: anything else than such a file is a {@link HostMistake}.
 *
 * <p>Spec: System V ABI, "Object Files" and "Program Loading".
 */
final class ElfImage {
    private static final byte[] MAGIC = {0x7F, 'E', 'L', 'F'};
    private static final int EI_CLASS = 4;
    private static final int EI_DATA = 5;
    private static final int E_TYPE = 0x10;
    private static final int E_MACHINE = 0x12;
    private static final int E_ENTRY = 0x18;
    private static final int ELFDATA2LSB = 1;
    private static final int ET_EXEC = 2;
    private static final int PT_LOAD = 1;
    private static final int PT_INTERP = 3;

    private static final Map<Integer, String> MACHINES = Map.of(
            8,
            "MIPS",
            20,
            "PowerPC",
            21,
            "64-bit PowerPC",
            22,
            "S/390",
            40,
            "32-bit ARM",
            183,
            "64-bit ARM",
            243,
            "RISC-V");
    private static final Map<Integer, String> TYPES =
            Map.of(1, "an object file or kernel module", 3, "a shared object", 4, "a core dump");

    private record Segment(long fileOffset, long virtual, long physical, long fileBytes, long memoryBytes) {
        boolean containsVirtual(long address) {
            return address >= virtual && address < virtual + memoryBytes;
        }

        boolean containsPhysical(long address) {
            return address >= physical && address < end();
        }

        long end() {
            return physical + memoryBytes;
        }
    }

    /** Physical addresses have 52 bits at most: more is damage, and would overflow sums. */
    private static final long PHYSICAL_END = 1L << 52;

    /** Where the two classes of ELF files have what is needed, and how wide. */
    private enum Layout {
        ELF32(CpuModel.I386, 3, 0x1C, 0x2A, 4, 8, 12, 16, 20) {
            @Override
            long address(BootFile file, long at) {
                return file.u32(at);
            }
        },
        ELF64(CpuModel.AMD64, 62, 0x20, 0x36, 8, 16, 24, 32, 40) {
            @Override
            long address(BootFile file, long at) {
                return file.u64(at);
            }
        };

        private final CpuModel cpu;
        private final int machine;
        private final int phoff;
        private final int phentsize;
        private final int offset;
        private final int vaddr;
        private final int paddr;
        private final int filesz;
        private final int memsz;

        Layout(
                CpuModel cpu,
                int machine,
                int phoff,
                int phentsize,
                int offset,
                int vaddr,
                int paddr,
                int filesz,
                int memsz) {
            this.cpu = cpu;
            this.machine = machine;
            this.phoff = phoff;
            this.phentsize = phentsize;
            this.offset = offset;
            this.vaddr = vaddr;
            this.paddr = paddr;
            this.filesz = filesz;
            this.memsz = memsz;
        }

        abstract long address(BootFile file, long at);

        /** EI_CLASS. */
        int elfClass() {
            return ordinal() + 1;
        }

        int phnum() {
            return phentsize + 2;
        }

        Segment segment(BootFile file, long at) {
            return new Segment(
                    address(file, at + offset),
                    address(file, at + vaddr),
                    address(file, at + paddr),
                    address(file, at + filesz),
                    address(file, at + memsz));
        }
    }

    private final BootFile file;
    private final Layout layout;
    private final List<Segment> segments = new ArrayList<>();

    static boolean isElf(BootFile file) {
        return file.has(0, MAGIC);
    }

    /** Throws the {@link HostMistake} that explains why the file can't be booted, if it can't. */
    static void check(BootFile file) {
        new ElfImage(file).physicalEntry();
    }

    /** Reads the headers and checks them all. */
    ElfImage(BootFile file) {
        this.file = file;
        layout = checkedLayout();
        checkType();
        readSegments();
        if (segments.isEmpty()) {
            throw notBootable("has nothing to load");
        }
        if (lowest() < LowMemory.HIGH) {
            throw new HostMistake(
                    "%s wants to be loaded at %#x, below 1 MB, where the boot tables are"
                            .formatted(file.path(), lowest()),
                    "link it to 1 MB or above");
        }
    }

    private Layout checkedLayout() {
        int machine = file.u16(E_MACHINE);
        if (file.u8(EI_DATA) != ELFDATA2LSB) {
            throw notBootable("is for a big-endian machine");
        }
        Layout found = Arrays.stream(Layout.values())
                .filter(each -> each.machine == machine)
                .findFirst()
                .orElseThrow(
                        () -> notBootable("is for " + MACHINES.getOrDefault(machine, "machine number " + machine)));
        if (file.u8(EI_CLASS) != found.elfClass()) {
            throw notBootable("is for " + found.cpu.text() + " in an ELF file of class " + file.u8(EI_CLASS));
        }
        return found;
    }

    private void checkType() {
        int type = file.u16(E_TYPE);
        if (type != ET_EXEC) {
            throw notBootable("is " + TYPES.getOrDefault(type, "of ELF type " + type));
        }
    }

    private void readSegments() {
        int headers = file.u16(layout.phnum());
        for (int i = 0; i < headers; i++) {
            long at = layout.address(file, layout.phoff) + (long) i * file.u16(layout.phentsize);
            long type = file.u32(at);
            if (type == PT_INTERP) {
                throw notBootable("is a program for Linux");
            }
            Segment segment = layout.segment(file, at);
            if (type == PT_LOAD && segment.memoryBytes != 0) {
                checkSegment(segment);
                segments.add(segment);
            }
        }
    }

    private void checkSegment(Segment segment) {
        file.length(segment.fileOffset, segment.fileBytes);
        if (segment.fileBytes > segment.memoryBytes) {
            throw notBootable("has a segment with more bytes in the file than in memory");
        }
        if (Long.compareUnsigned(segment.physical, PHYSICAL_END) > 0 || segment.memoryBytes > PHYSICAL_END) {
            throw notBootable("has a segment at %#x, where no memory can be".formatted(segment.physical));
        }
    }

    private HostMistake notBootable(String why) {
        return new HostMistake(
                "%s is no kernel for this machine: it %s".formatted(file.path(), why), BootFile.NAME_A_KERNEL);
    }

    CpuModel cpu() {
        return layout.cpu;
    }

    /** The lowest physical address. */
    long lowest() {
        return segments.stream().mapToLong(Segment::physical).min().orElseThrow();
    }

    /** The first physical address behind all segments. */
    long end() {
        return segments.stream().mapToLong(Segment::end).max().orElseThrow();
    }

    /** Where to start. Linux gives a physical address there already, most other kernels a virtual one. */
    long physicalEntry() {
        long entry = layout.address(file, E_ENTRY);
        long physical = segments.stream()
                .filter(segment -> segment.containsVirtual(entry))
                .findFirst()
                .map(segment -> entry - segment.virtual + segment.physical)
                .orElse(entry);
        if (segments.stream().noneMatch(segment -> segment.containsPhysical(physical))) {
            throw notBootable("starts at %#x, where it loads nothing".formatted(physical));
        }
        return physical;
    }

    /** Copies the segments and zeroes what they have in memory only. The RAM must reach to {@link #end()}. */
    void copyTo(GuestMemory ram) {
        for (Segment segment : segments) {
            file.copy(segment.fileOffset, segment.fileBytes, ram, segment.physical);
            Zeros.write(ram, segment.physical + segment.fileBytes, segment.end());
        }
    }
}
