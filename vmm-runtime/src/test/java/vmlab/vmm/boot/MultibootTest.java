// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
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

class MultibootTest {
    private static final int MAGIC = 0x1BADB002;
    private static final int HEADER_AT = 64;

    @TempDir
    Path directory;

    private final GuestMemory ram = Images.ram(8);

    @AfterEach
    void unmap() {
        ram.close();
    }

    /** A header at file offset 64, loaded to 1 MB from the file's byte 32 on, with 8 KB of bss behind. */
    private static byte[] kernel(int flags, Consumer<ByteBuffer> changes) {
        ByteBuffer file = ByteBuffer.allocate(0x1000).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.fill(file.array(), (byte) 0x77);
        file.position(HEADER_AT);
        file.putInt(MAGIC).putInt(flags).putInt(-(MAGIC + flags));
        file.putInt(0x100020).putInt(0x100000).putInt(0x100800).putInt(0x102800).putInt(0x100040);
        changes.accept(file);
        return file.array();
    }

    private CpuState load(byte[] kernel, int moduleBytes) {
        Optional<Path> module = moduleBytes == 0
                ? Optional.empty()
                : Optional.of(Images.file(directory, "module", new byte[moduleBytes]));
        return BootLoaders.forImage(new BootImage(Images.file(directory, "kernel", kernel), module, "a b"))
                .load(ram);
    }

    @Test
    @DisplayName("Multiboot 3.1.3: load_addr to load_end_addr from the file, zeros to bss_end_addr")
    void addressFieldsSayWhatGoesWhere() {
        ram.write(0x100800, new byte[] {9, 9});
        ram.write8(0x102800, 9);
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 0);
        assertEquals(0x100040, cpu.eip());
        assertEquals(MAGIC, ram.read32(0x100020));
        assertEquals(0x77, ram.read8(0x1007FF));
        assertEquals(0, ram.read16(0x100800));
        assertEquals(9, ram.read8(0x102800));
    }

    @Test
    @DisplayName("Multiboot 3.1.3: with load_end_addr 0 the whole file is loaded")
    void noLoadEndMeansTheWholeFile() {
        load(kernel(1 << 16, file -> file.putInt(HEADER_AT + 20, 0).putInt(HEADER_AT + 24, 0)), 0);
        assertEquals(0x77, ram.read8(0x100000 + 0x1000 - 32 - 1));
        assertEquals(0, ram.read8(0x100000 + 0x1000 - 32));
    }

    @Test
    @DisplayName("Multiboot 3.2: machine state")
    void cpuStartsFlatWithMagicInEax() {
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 0);
        assertEquals(0x2BADB002, cpu.eax());
        assertEquals(0x7000, cpu.ebx());
        assertEquals(1, cpu.cr0() & 0x80000001);
        assertEquals(0, cpu.eflags() & 0x20200);
        assertEquals(-1, cpu.cs().limit());
        assertEquals(-1, cpu.ss().limit());
    }

    @ParameterizedTest(name = "Multiboot 3.3: {0}")
    @CsvSource({"flags, 0, 0x24D", "mem_lower, 4, 639", "mem_upper, 8, 7168", "mods_count, 20, 1", "mmap_length, 44, 96"
    })
    void informationHas(String field, int offset, int value) {
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 100);
        assertEquals(value, ram.read32(cpu.ebx() + offset), field);
    }

    @Test
    void withoutInitrdThereIsNoModule() {
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 0);
        assertEquals(0, ram.read32(cpu.ebx() + 20));
    }

    @Test
    @DisplayName("Multiboot 3.3: cmdline and boot_loader_name are zero-terminated strings")
    void stringsArePointedTo() {
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 0);
        assertArrayEquals("a b\0".getBytes(), ram.read(ram.read32(cpu.ebx() + 16), 4));
        assertArrayEquals("vmlab\0".getBytes(), ram.read(ram.read32(cpu.ebx() + 64), 6));
    }

    @Test
    @DisplayName("Multiboot 3.3: mods; page-aligned as 3.1.2 bit 0 demands, behind the bss")
    void initrdIsTheModuleOnTheFirstFreePage() {
        CpuState cpu = load(kernel((1 << 16) | 3, Images.UNCHANGED), 100);
        int module = ram.read32(cpu.ebx() + 24);
        assertEquals(0x103000, ram.read32(module));
        assertEquals(0x103064, ram.read32(module + 4));
    }

    @ParameterizedTest(name = "Multiboot 3.3: mmap entry {0}")
    @CsvSource({"0, 0, 0x9FC00, 1", "1, 0x9FC00, 0x400, 2", "2, 0xF0000, 0x10000, 2", "3, 0x100000, 0x700000, 1"})
    void memoryMapHas(int entry, long base, long size, int type) {
        CpuState cpu = load(kernel(1 << 16, Images.UNCHANGED), 0);
        int at = ram.read32(cpu.ebx() + 48) + 24 * entry;
        assertEquals(20, ram.read32(at));
        assertEquals(base, ram.read64(at + 4));
        assertEquals(size, ram.read64(at + 12));
        assertEquals(type, ram.read32(at + 20));
    }

    @Test
    @DisplayName("Multiboot 3.1.2 bit 16 clear: the ELF headers say what goes where")
    void elfKernelIsLoadedByItsSegments() {
        ByteBuffer text = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        text.putInt(MAGIC).putInt(0).putInt(-MAGIC).putInt(0xF4);
        CpuState cpu = load(
                Images.elf(0x20000C, Images.UNCHANGED, new Images.Segment(0x200000, 0x200000, text.array(), 64)), 0);
        assertEquals(0x2BADB002, cpu.eax());
        assertEquals(0x20000C, cpu.eip());
        assertEquals(0xF4, ram.read8(cpu.eip()));
    }

    @Test
    @DisplayName("Multiboot 3.1: the header lies completely within the first 8192 bytes")
    void headerIsFoundUpToItsLastPossiblePlace() {
        ByteBuffer file = ByteBuffer.allocate(0x3000).order(ByteOrder.LITTLE_ENDIAN);
        file.position(8192 - 12);
        file.putInt(MAGIC).putInt(0).putInt(-MAGIC);
        BootFile found = BootFile.of(directory, file.array());
        assertEquals(Optional.of(new MultibootHeader(8180, 0)), MultibootHeader.find(found));
        file.putInt(8180, 0).putInt(8184, MAGIC).putInt(8188, 0).putInt(8192, -MAGIC);
        assertEquals(Optional.empty(), MultibootHeader.find(BootFile.of(directory, file.array())));
    }

    @Test
    void wrongChecksumIsNoHeader() {
        byte[] kernel = kernel(1 << 16, file -> file.putInt(HEADER_AT + 8, 0));
        assertEquals(Optional.empty(), MultibootHeader.find(BootFile.of(directory, kernel)));
    }

    @Test
    @DisplayName("Multiboot 3.1.2: a demand in bits 0 to 15 that can't be met is refused")
    void videoModeIsRefused() {
        assertEquals(
                "the Multiboot kernel kernel demands what vmlab hasn't: flags 0x4 (bit 2: a video mode);"
                        + " build it without these flags",
                Images.mistakeOf(directory, () -> load(kernel(0x10004, Images.UNCHANGED), 0)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            16 | 0x200000 | the Multiboot header of kernel is impossible: header at 0x100020, load from 0x200000 to 0x100800; link the kernel to 1 MB or above, and let its header say so
            12 | 0x300000 | the Multiboot header of kernel is impossible: header at 0x300000, load from 0x100000 to 0x100800; link the kernel to 1 MB or above, and let its header say so
            20 | 0x102000 | kernel is cut off or damaged: its headers speak of 0x2020 bytes, it has 0x1000; fetch, copy or build it again
            24 | 0xA00000 | the kernel kernel needs at least 10 MB of RAM, the guest has 8 MB; set guest_ram_mb to at least 10
            28 | 0x200000 | the Multiboot header of kernel is impossible: it starts at 0x200000, outside of what is loaded; link the kernel to 1 MB or above, and let its header say so
            """)
    void wrongAddressIsExplained(int field, int value, String explanation) {
        byte[] kernel = kernel(1 << 16, file -> file.putInt(HEADER_AT + field, value));
        assertEquals(explanation, Images.mistakeOf(directory, () -> load(kernel, 0)));
    }

    @Test
    void moduleTooLargeForTheRamSaysHowMuchWouldDo() {
        assertEquals(
                "the initrd module of 7 MB has no room above the kernel, which ends at 2 MB, in 8 MB of RAM;"
                        + " set guest_ram_mb to at least 9",
                Images.mistakeOf(directory, () -> load(kernel(1 << 16, Images.UNCHANGED), 7 << 20)));
    }
}
