// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

/** Linux kernels for amd64, of both formats. */
class LongModeTest {
    private static final long ENTRY_MASK = 0x000FFFFFFFFFF000L;

    @TempDir
    Path directory;

    private final GuestMemory ram = Images.ram(32);

    @AfterEach
    void unmap() {
        ram.close();
    }

    private BootLoader elf(byte[] vmlinux) {
        return BootLoaders.forImage(Images.image(Images.file(directory, "vmlinux", vmlinux)));
    }

    private BootLoader bzImage() {
        byte[] code = new byte[0x400];
        code[0x200] = (byte) 0xF4;
        byte[] image = Images.bzImage(code, header -> header.putShort(0x236, (short) 1));
        return BootLoaders.forImage(Images.image(Images.file(directory, "vmlinuz", image)));
    }

    @Test
    void theKernelSaysWhatCpuItIsFor() {
        assertEquals(CpuModel.AMD64, elf(Images.vmlinux64()).cpu());
        assertEquals(CpuModel.I386, elf(Images.vmlinux()).cpu());
        assertEquals(CpuModel.AMD64, bzImage().cpu());
        assertEquals(CpuModel.I386, BootLoaders.cpuOf(Images.file(directory, "v32", Images.vmlinux())));
    }

    @Test
    @DisplayName("boot.rst, 64-bit Boot Protocol: a vmlinux starts at its own entry, RSI is the zero page")
    void elfStartsAtItsEntry() {
        CpuState cpu = elf(Images.vmlinux64()).load(ram);

        assertEquals(0x1000000, cpu.general().rip());
        assertEquals(0x7000, cpu.general().register(CpuState.General.RSI));
        assertArrayEquals(new byte[] {(byte) 0xF4, 1, 2, 3, 0}, ram.read(0x1000000, 5));
        assertEquals(0x01000000, ram.read32(0x7000 + 0x214), "code32_start");
        assertEquals(0x7FFFFFFF, ram.read32(0x7000 + 0x22C), "initrd_addr_max");
        assertEquals(1, ram.read16(0x7000 + 0x236), "XLF_KERNEL_64");
    }

    @Test
    void virtualEntryBecomesPhysical() {
        byte[] vmlinux =
                Images.elf64(0xFFFFFFFF81000123L, Images.UNCHANGED, 0xFFFFFFFF81000000L, 0x1000000, new byte[0x200]);

        assertEquals(0x1000123, elf(vmlinux).load(ram).general().rip());
    }

    @Test
    @DisplayName("boot.rst, 64-bit Boot Protocol: the entry is 0x200 behind the start of the protected-mode code")
    void bzImageStartsBehindItsEntryFor32Bits() {
        CpuState cpu = bzImage().load(ram);

        assertEquals(0x1000200, cpu.general().rip());
        assertEquals(0xF4, ram.read8(0x1000200));
        assertEquals(0x01000000, ram.read32(0x7000 + 0x214), "code32_start");
    }

    @Test
    @DisplayName("boot.rst, 64-bit Boot Protocol; SDM 3A, 10.8.5: CS, DS, ES and SS, CR0, CR4, EFER, IF")
    void cpuStartsIn64BitModeUninterrupted() {
        CpuState cpu = elf(Images.vmlinux64()).load(ram);

        assertEquals(new CpuState.Segment(0x10, 0, -1, 0xA09B00), cpu.cs());
        CpuState.Segment data = new CpuState.Segment(0x18, 0, -1, 0xC09300);
        assertEquals(List.of(data, data, data), List.of(cpu.ds(), cpu.es(), cpu.ss()));
        assertEquals(0x80000001L, cpu.control().cr0() & 0x80000001L, "PG and PE");
        assertEquals(1 << 5, cpu.control().cr4(), "PAE");
        assertEquals(0x500, cpu.control().efer(), "LME and LMA");
        assertEquals(2, cpu.general().rflags());
        assertEquals(0x1F, cpu.gdtr().limit());
        assertEquals(0x00AF9B000000FFFFL, ram.read64(cpu.gdtr().base() + 0x10));
        assertEquals(0x00CF93000000FFFFL, ram.read64(cpu.gdtr().base() + 0x18));
    }

    @ParameterizedTest(name = "SDM 3A, 4.5: linear {0} is physical {1}")
    @CsvSource({
        "0, 0",
        "0x7000, 0x7000",
        "0x20000, 0x20000",
        "0x1000200, 0x1000200",
        "0x1FFFFF, 0x1FFFFF",
        "0x200000, 0x200000",
        "0x3FFFFFFF, 0x3FFFFFFF",
        "0x40000000, 0x40000000",
        "0xBFFFFFFF, 0xBFFFFFFF",
        "0xFFFFFFFF, 0xFFFFFFFF",
        "0x100000000, -1",
        "0x8000000000, -1",
    })
    void theFirst4GigabytesAreMappedToThemselves(long linear, long physical) {
        CpuState cpu = elf(Images.vmlinux64()).load(ram);

        assertEquals(physical, walk(cpu.control().cr3(), linear));
    }

    /** By pages of 2 MB; -1 where nothing is mapped. */
    private long walk(long table, long linear) {
        for (int shift = 39; shift >= 21; shift -= 9) {
            long entry = ram.read64(table + 8 * (linear >> shift & 0x1FF));
            if ((entry & 3) != 3) {
                return -1;
            }
            boolean large = (entry & 1 << 7) != 0;
            assertEquals(shift == 21, large, "a large page only at the last level");
            table = entry & ENTRY_MASK;
        }
        return table + (linear & 0x1FFFFF);
    }

    @Test
    void tablesEndBelowWhatElseIsInLowMemory() {
        ram.write64(LowMemory.COMMAND_LINE - 8, 0x1122334455667788L);
        elf(Images.vmlinux64()).load(ram);

        assertEquals(0x1122334455667788L, ram.read64(LowMemory.COMMAND_LINE - 8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0x04 | 1 | vmlinux is no kernel for this machine: it is for 64-bit x86 in an ELF file of class 1
            0x1C | 1 | vmlinux is no kernel for this machine: it starts at 0x101000000, where it loads nothing
            0x5F | 1 | vmlinux is no kernel for this machine: it has a segment at 0x100000001000000, where no memory can be
            0x6F | 1 | vmlinux is no kernel for this machine: it has a segment at 0x1000000, where no memory can be
            """)
    void otherElfFileIsExplained(int offset, int value, String why) {
        byte[] vmlinux = Images.vmlinux64();
        vmlinux[offset] = (byte) value;

        assertEquals(
                why + "; " + BootFile.NAME_A_KERNEL,
                Images.mistakeOf(directory, () -> elf(vmlinux).load(ram)));
    }

    @Test
    void truncatedElfIsExplained() {
        byte[] whole = Images.vmlinux64();

        assertEquals(
                "vmlinux is cut off or damaged: its headers speak of 0x7c bytes, it has 0x7b; fetch, copy or build it again",
                Images.mistakeOf(directory, () -> elf(Arrays.copyOf(whole, whole.length - 1))));
    }
}
