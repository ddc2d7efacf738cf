// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

class LinuxElfTest {
    @TempDir
    Path directory;

    private final GuestMemory ram = Images.ram(32);

    @AfterEach
    void unmap() {
        ram.close();
    }

    private CpuState load(byte[] elf) {
        return BootLoaders.forImage(Images.image(Images.file(directory, "vmlinux", elf)))
                .load(ram);
    }

    @Test
    @DisplayName("System V ABI, Program Loading: file bytes at p_paddr, zeros up to p_memsz")
    void segmentIsLoadedPhysicallyAndItsRestZeroed() {
        ram.write32(0x1001FFC, -1);
        ram.write32(0x1002000, -1);
        CpuState cpu = load(Images.vmlinux());
        assertEquals(0x1000000, cpu.eip());
        assertArrayEquals(new byte[] {(byte) 0xF4, 1, 2, 3, 0}, ram.read(0x1000000, 5));
        assertEquals(0, ram.read32(0x1001FFC));
        assertEquals(-1, ram.read32(0x1002000));
    }

    @Test
    void virtualEntryBecomesPhysical() {
        Images.Segment segment = new Images.Segment(0xC1000000, 0x1000000, new byte[0x200], 0x200);
        assertEquals(
                0x1000123,
                load(Images.elf(0xC1000123, Images.UNCHANGED, segment)).eip());
    }

    @ParameterizedTest(name = "boot.rst: {0}")
    @CsvSource({
        "boot_flag, 0x1FE, 0xAA55",
        "low half of HdrS, 0x202, 0x6448",
        "version, 0x206, 0x020F",
        "type_of_loader and loadflags, 0x210, 0x01FF",
        "high half of code32_start, 0x216, 0x0100",
        "high half of cmd_line_ptr, 0x22A, 2",
        "cmdline_size, 0x238, 2047",
        "high half of pref_address, 0x25A, 0x0100",
        "init_size, 0x260, 0x2000",
    })
    void setupHeaderIsMadeUp(String field, int offset, int value) {
        CpuState cpu = load(Images.vmlinux());
        assertEquals(0x7000, cpu.esi());
        assertEquals(value, ram.read16(cpu.esi() + offset), field);
    }

    @Test
    void kernelLargerThanRamSaysHowMuchWouldDo() {
        Images.Segment segment = new Images.Segment(0xC1000000, 0x1000000, new byte[4], 0x1000001);
        assertEquals(
                "the kernel vmlinux needs at least 33 MB of RAM, the guest has 32 MB; set guest_ram_mb to at least 33",
                Images.mistakeOf(directory, () -> load(Images.elf(0x1000000, Images.UNCHANGED, segment))));
    }

    @Test
    void kernelAboveAnyRamIsExplained() {
        Images.Segment segment = new Images.Segment(0xC1000000, 0xC1000000, new byte[4], 4);
        assertEquals(
                "the kernel vmlinux needs memory up to 0xc1000003, where no guest has RAM;"
                        + " build it to be loaded at 16 MB, as kernels usually are",
                Images.mistakeOf(directory, () -> load(Images.elf(0xC1000000, Images.UNCHANGED, segment))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0x10 | 1    | is an object file or kernel module
            0x10 | 3    | is a shared object
            0x12 | 62   | is for 64-bit x86 in an ELF file of class 1
            0x12 | 40   | is for 32-bit ARM
            0x12 | 183  | is for 64-bit ARM
            0x12 | 4711 | is for machine number 4711
            0x04 | 0x102| is for 32-bit x86 in an ELF file of class 2
            0x04 | 0x201| is for a big-endian machine
            0x2C | 0    | has nothing to load
            0x18 | 0x77 | starts at 0x1000077, where it loads nothing
            0x34 | 3    | is a program for Linux
            """)
    void otherElfFileIsExplained(int offset, int value, String why) {
        Images.Segment segment = new Images.Segment(0xC1000000, 0x1000000, new byte[4], 0x4);
        byte[] elf = Images.elf(0x1000000, image -> image.putShort(offset, (short) value), segment);
        assertEquals(
                "vmlinux is no kernel for this machine: it " + why + "; " + BootFile.NAME_A_KERNEL,
                Images.mistakeOf(directory, () -> load(elf)));
    }

    @Test
    void segmentLargerInTheFileThanInMemoryIsRefused() {
        Images.Segment segment = new Images.Segment(0xC1000000, 0x1000000, new byte[4], 3);
        assertEquals(
                "vmlinux is no kernel for this machine: it has a segment with more bytes in the file than in memory; "
                        + BootFile.NAME_A_KERNEL,
                Images.mistakeOf(directory, () -> load(Images.elf(0x1000000, Images.UNCHANGED, segment))));
    }

    @Test
    void elfLinkedBelowOneMegabyteIsRefused() {
        Images.Segment segment = new Images.Segment(0x10000, 0x10000, new byte[4], 4);
        assertEquals(
                "vmlinux wants to be loaded at 0x10000, below 1 MB, where the boot tables are;"
                        + " link it to 1 MB or above",
                Images.mistakeOf(directory, () -> load(Images.elf(0x10000, Images.UNCHANGED, segment))));
    }

    @Test
    void truncatedElfIsExplained() {
        byte[] whole = Images.vmlinux();
        assertEquals(
                "vmlinux is cut off or damaged: its headers speak of 0x58 bytes, it has 0x57;"
                        + " fetch, copy or build it again",
                Images.mistakeOf(directory, () -> load(Arrays.copyOf(whole, whole.length - 1))));
    }
}
