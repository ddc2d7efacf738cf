// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;

class LinuxBzImageTest {
    private static final byte[] CODE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    @TempDir
    Path directory;

    private final GuestMemory ram = Images.ram(64);

    @AfterEach
    void unmap() {
        ram.close();
    }

    private CpuState load(String commandLine, int initrdBytes, Consumer<ByteBuffer> changes) {
        Path kernel = Images.file(directory, "vmlinuz", Images.bzImage(CODE, changes));
        byte[] disk = new byte[initrdBytes];
        Arrays.fill(disk, (byte) 0x5A);
        Optional<Path> initrd =
                initrdBytes == 0 ? Optional.empty() : Optional.of(Images.file(directory, "initrd", disk));
        return BootLoaders.forImage(new BootImage(kernel, initrd, commandLine)).load(ram);
    }

    @ParameterizedTest(name = "{3}: {0}")
    @CsvSource({
        "screen_info.ext_mem_k, 0x002, 2, zero-page.rst, 64512",
        "screen_info columns, 0x007, 1, zero-page.rst, 0",
        "acpi_rsdp_addr, 0x070, 8, zero-page.rst, 0",
        "ext_ramdisk_image, 0x0C0, 4, zero-page.rst, 0",
        "alt_mem_k, 0x1E0, 4, zero-page.rst, 64512",
        "e820_entries, 0x1E8, 1, zero-page.rst, 4",
        "sentinel, 0x1EF, 1, zero-page.rst, 0",
        "setup_sects, 0x1F1, 1, boot.rst setup_sects, 1",
        "vid_mode, 0x1FA, 2, boot.rst vid_mode, 0xFFFF",
        "boot_flag, 0x1FE, 2, boot.rst boot_flag, 0xAA55",
        "header, 0x202, 4, boot.rst header, 0x53726448",
        "version, 0x206, 2, boot.rst version, 0x020F",
        "type_of_loader, 0x210, 1, boot.rst type_of_loader, 0xFF",
        "loadflags, 0x211, 1, boot.rst loadflags, 1",
        "code32_start, 0x214, 4, boot.rst code32_start, 0x1000000",
        "ramdisk_image, 0x218, 4, boot.rst ramdisk_image, 0x3FFE000",
        "ramdisk_size, 0x21C, 4, boot.rst ramdisk_size, 5000",
        "cmd_line_ptr, 0x228, 4, boot.rst cmd_line_ptr, 0x20000",
        "hardware_subarch, 0x23C, 4, boot.rst hardware_subarch, 0",
        "setup_data, 0x250, 8, boot.rst setup_data, 0",
        "init_size, 0x260, 4, boot.rst init_size, 0x100000",
    })
    void zeroPageHas(String field, int offset, int bytes, String section, long value) {
        CpuState cpu = load("quiet", 5000, Images.UNCHANGED);
        long read = 0;
        for (int i = 0; i < bytes; i++) {
            read |= (long) ram.read8(cpu.esi() + offset + i) << (8 * i);
        }
        assertEquals(value, read, field);
    }

    @ParameterizedTest(name = "zero-page.rst e820_table[{0}]")
    @CsvSource({"0, 0, 0x9FC00, 1", "1, 0x9FC00, 0x400, 2", "2, 0xF0000, 0x10000, 2", "3, 0x100000, 0x3F00000, 1"})
    void memoryMapHas(int entry, long base, long size, int type) {
        CpuState cpu = load("quiet", 0, Images.UNCHANGED);
        long at = cpu.esi() + 0x2D0 + 20L * entry;
        assertEquals(base, ram.read64(at));
        assertEquals(size, ram.read64(at + 8));
        assertEquals(type, ram.read32(at + 16));
    }

    @Test
    @DisplayName("boot.rst, 32-bit Boot Protocol: registers")
    void cpuStartsFlatUnpagedAndUninterrupted() {
        CpuState cpu = load("quiet", 0, Images.UNCHANGED);
        assertEquals(0x1000000, cpu.eip());
        assertEquals(0, cpu.ebp() | cpu.edi() | cpu.ebx());
        assertEquals(2, cpu.eflags());
        assertEquals(1, cpu.cr0() & 0x80000001);
        assertEquals(new CpuState.Segment(0x10, 0, -1, 0xC09B00), cpu.cs());
        CpuState.Segment data = new CpuState.Segment(0x18, 0, -1, 0xC09300);
        assertEquals(List.of(data, data, data), List.of(cpu.ds(), cpu.es(), cpu.ss()));
    }

    @Test
    @DisplayName("boot.rst, 32-bit Boot Protocol: a GDT must be loaded with these descriptors")
    void descriptorsInMemoryAreWhatTheCpuHasLoaded() {
        CpuState cpu = load("quiet", 0, Images.UNCHANGED);
        assertEquals(0x1F, cpu.gdtr().limit());
        assertEquals(0x00CF9B000000FFFFL, ram.read64(cpu.gdtr().base() + 0x10));
        assertEquals(0x00CF93000000FFFFL, ram.read64(cpu.gdtr().base() + 0x18));
    }

    @Test
    void commandLineIsTerminatedEvenOverAnOlderLongerOne() {
        load("console=ttyS0 quiet", 0, Images.UNCHANGED);
        load("quiet", 0, Images.UNCHANGED);
        assertArrayEquals("quiet\0".getBytes(), ram.read(0x20000, 6));
    }

    @Test
    @DisplayName("boot.rst, initrd_addr_max: the initrd ends below it, at the highest page that fits")
    void initrdGoesAsHighAsTheKernelTakesIt() {
        CpuState cpu = load("quiet", 5000, image -> image.putInt(0x22C, 0x2FFFFFF));
        int start = ram.read32(cpu.esi() + 0x218);
        assertEquals(0x2FFE000, start);
        assertEquals(0x5A, ram.read8(start + 4999));
        assertEquals(0, ram.read8(start + 5000));
    }

    @Test
    void initrdOfSeveralMegabytesArrivesWhole() {
        CpuState cpu = load("quiet", (3 << 20) + 1, Images.UNCHANGED);
        long start = ram.read32(cpu.esi() + 0x218);
        byte[] expected = new byte[(3 << 20) + 1];
        Arrays.fill(expected, (byte) 0x5A);
        assertArrayEquals(expected, ram.read(start, expected.length));
    }

    @Test
    @DisplayName("boot.rst, kernel_alignment: a preferred address is rounded up to it")
    void relocatableKernelGoesWhereItPrefers() {
        CpuState cpu = load("quiet", 0, image -> image.putLong(0x258, 0x1234000).putInt(0x230, 0x200000));
        assertEquals(0x1400000, cpu.eip());
        assertArrayEquals(CODE, ram.read(0x1400000, 16));
    }

    @Test
    @DisplayName("boot.rst, Loading The Rest of The Kernel: bzImages are loaded at 1 MB")
    void fixedKernelGoesToOneMegabyte() {
        CpuState cpu = load("quiet", 0, image -> image.put(0x234, (byte) 0));
        assertEquals(0x100000, cpu.eip());
        assertEquals(0x100000, ram.read32(cpu.esi() + 0x214));
        assertArrayEquals(CODE, ram.read(0x100000, 16));
    }

    @Test
    @DisplayName("boot.rst, initrd_addr_max and cmdline_size: protocol 2.02 has neither")
    void oldKernelGetsItsInitrdBelow896Megabytes() {
        try (GuestMemory large = Images.ram(1024)) {
            Path kernel = Images.file(
                    directory, "vmlinuz", Images.bzImage(CODE, image -> image.putShort(0x206, (short) 0x0202)));
            Path initrd = Images.file(directory, "initrd", new byte[4096]);
            CpuState cpu = BootLoaders.forImage(new BootImage(kernel, Optional.of(initrd), "quiet"))
                    .load(large);
            assertEquals(0x37FFF000, large.read32(cpu.esi() + 0x218));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0x206 | 2 | 0x0201   | vmlinuz speaks the Linux boot protocol 2.01, which is too old; use a kernel of this century
            0x211 | 1 | 0        | vmlinuz is a zImage, made to be loaded below 1 MB; build a bzImage instead
            0x201 | 1 | 0xFF     | vmlinuz is damaged: its setup header ends at 0x301; fetch, copy or build it again
            0x230 | 4 | 0x300000 | vmlinuz is damaged: it wants to run at 0x1000000, aligned to 0x300000; fetch, copy or build it again
            0x1F4 | 4 | 2        | vmlinuz is cut off or damaged: its headers speak of 0x420 bytes, it has 0x410; fetch, copy or build it again
            0x260 | 4 | 0x4000000| the kernel vmlinuz needs at least 80 MB of RAM, the guest has 64 MB; set guest_ram_mb to at least 80
            """)
    void wrongFieldIsExplained(int offset, int bytes, int value, String explanation) {
        Consumer<ByteBuffer> change = image -> image.put(
                offset,
                Arrays.copyOf(
                        new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)},
                        bytes));
        assertEquals(explanation, Images.mistakeOf(directory, () -> load("quiet", 0, change)));
    }

    @Test
    void commandLineMayBeAsLongAsTheKernelTakes() {
        CpuState cpu = load("x".repeat(20), 0, image -> image.putInt(0x238, 20));
        assertEquals('x', ram.read8(ram.read32(cpu.esi() + 0x228) + 19));
        assertEquals(
                "the kernel command line has 21 bytes, this kernel takes 20; shorten it by 1",
                Images.mistakeOf(directory, () -> load("x".repeat(21), 0, image -> image.putInt(0x238, 20))));
    }

    @Test
    void commandLineWithZeroByteIsRefused() {
        assertEquals(
                "the kernel command line has a zero byte at position 5, where the kernel would end it; remove it",
                Images.mistakeOf(directory, () -> load("quiet\0init=/x", 0, Images.UNCHANGED)));
    }

    @Test
    void initrdTooLargeForTheRamSaysHowMuchWouldDo() {
        int bytes = 48 << 20;
        assertEquals(
                "the initrd initrd of 48 MB has no room above the kernel, which ends at 17 MB, in 64 MB of RAM;"
                        + " set guest_ram_mb to at least 65",
                Images.mistakeOf(directory, () -> load("quiet", bytes, Images.UNCHANGED)));
        try (GuestMemory enough = Images.ram(65)) {
            BootLoaders.forImage(new BootImage(
                            directory.resolve("vmlinuz"), Optional.of(directory.resolve("initrd")), "quiet"))
                    .load(enough);
            assertEquals(0x5A, enough.read8((65 << 20) - 1));
        }
    }

    @Test
    void initrdTooLargeForTheKernelIsNoMatterOfRam() {
        assertEquals(
                "the initrd initrd of 16 MB is too large: the kernel takes it between 17 MB and 32 MB only;"
                        + " make a smaller initrd",
                Images.mistakeOf(
                        directory, () -> load("quiet", 16 << 20, image -> image.putInt(0x22C, (32 << 20) - 1))));
    }
}
