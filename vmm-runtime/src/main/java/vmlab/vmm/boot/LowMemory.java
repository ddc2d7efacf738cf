// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/**
 * What the loaders put below 1 MB, and the map of all memory. Kernels are loaded above and have copied what they need
 * from here before they use this memory for something else.
 */
final class LowMemory {
    /** Linux wants these two selectors (boot protocol, "32-bit Boot Protocol"); Multiboot leaves them open. */
    static final int CODE_SELECTOR = 0x10;

    static final int DATA_SELECTOR = 0x18;

    static final long GDT = 0x1000;
    /** Grows down to the GDT. No protocol promises a stack, but a small test kernel is glad of one. */
    static final int STACK_TOP = 0x7000;

    /** Linux's boot_params or Multiboot's information. */
    static final long BOOT_INFORMATION = 0x7000;

    static final long COMMAND_LINE = 0x20000;

    /** Where the BIOS would have its extended data area. */
    static final long USABLE_END = 0x9FC00;

    /** The first address above the legacy area. */
    static final long HIGH = 0x100000;

    private static final long VGA = 0xA0000;
    private static final long BIOS = 0xF0000;
    private static final int LONGEST_COMMAND_LINE = (int) (USABLE_END - COMMAND_LINE - 1);

    /** Flat 4 GB segments, present, DPL 0, accessed (Intel SDM 3A, section 3.4.5). */
    private static final long CODE_32 = 0x00CF9B000000FFFFL;

    private static final long DATA = 0x00CF93000000FFFFL;

    /** A piece of the memory map, with the type of INT 15h, AX=E820h, which both protocols use. */
    record Region(long base, long end, int type) {
        static final int USABLE = 1;
        static final int RESERVED = 2;

        long sizeBytes() {
            return end - base;
        }
    }

    private LowMemory() {}

    static List<Region> map(GuestMemory ram) {
        return List.of(
                new Region(0, USABLE_END, Region.USABLE),
                new Region(USABLE_END, VGA, Region.RESERVED),
                new Region(BIOS, HIGH, Region.RESERVED),
                new Region(HIGH, ram.sizeBytes(), Region.USABLE));
    }

    /** Kilobytes above 1 MB, the measure of old firmware calls. */
    static long kilobytesAboveOneMegabyte(GuestMemory ram) {
        return (ram.sizeBytes() - HIGH) >> 10;
    }

    /** Stores the segment descriptors and returns the state of a CPU that has loaded them. */
    static CpuState enter(GuestMemory ram, long entry) {
        return CpuState.flat((int) entry, CODE_SELECTOR, DATA_SELECTOR, storeDescriptors(ram, CODE_32));
    }

    /** Stores the segment descriptors, with this one for code. */
    static CpuState.Table storeDescriptors(GuestMemory ram, long code) {
        long[] descriptors = {0, 0, code, DATA};
        for (int i = 0; i < descriptors.length; i++) {
            ram.write64(GDT + 8L * i, descriptors[i]);
        }
        return new CpuState.Table((int) GDT, 8 * descriptors.length - 1);
    }

    /** Stores the command line with its terminating zero. */
    static void writeCommandLine(GuestMemory ram, String commandLine, long kernelTakes) {
        byte[] text = commandLine.getBytes(StandardCharsets.UTF_8);
        long most = Math.min(kernelTakes, LONGEST_COMMAND_LINE);
        if (text.length > most) {
            throw new HostMistake(
                    "the kernel command line has %d bytes, this kernel takes %d".formatted(text.length, most),
                    "shorten it by %d".formatted(text.length - most));
        }
        if (commandLine.indexOf('\0') >= 0) {
            throw new HostMistake(
                    "the kernel command line has a zero byte at position %d, where the kernel would end it"
                            .formatted(commandLine.indexOf('\0')),
                    "remove it");
        }
        ram.write(COMMAND_LINE, Arrays.copyOf(text, text.length + 1));
    }
}
