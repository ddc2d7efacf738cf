// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.GuestMemory;

/**
 * How Linux wants to be entered in 64-bit mode: descriptors and page tables below 1 MB, and a CPU that has loaded them. All of
 * the first 4 GB are where they are, by pages of 2 MB; a kernel soon makes tables of its own.
 *
 * @spec Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"; SDM 3A, 4.5 (4-level paging), 10.8.5 (entering IA-32e
 *     mode)
 */
final class LongMode {
    /** Behind Linux's zero page: one table of level 4, one of level 3, four directories. */
    static final long PAGE_TABLES = 0x8000;

    private static final long DIRECTORY_POINTERS = PAGE_TABLES + GuestMemory.PAGE_BYTES;
    private static final long DIRECTORIES = DIRECTORY_POINTERS + GuestMemory.PAGE_BYTES;
    private static final int GIGABYTES = 4;
    private static final int ENTRIES = 512;
    private static final int LARGE_PAGE_SHIFT = 21;
    private static final int PRESENT_WRITABLE = 3;
    private static final int LARGE_PAGE = 1 << 7;

    /** A flat 64-bit code segment, present, DPL 0, accessed (SDM 3A, 5.2.1). */
    private static final long CODE_DESCRIPTOR = 0x00AF9B000000FFFFL;

    /** PG, ET and PE. */
    private static final long CR0 = 0x80000011L;

    private static final long CR4_PAE = 1 << 5;

    private LongMode() {}

    /** Stores descriptors and page tables and returns the state of a CPU that has loaded them. */
    static CpuState enter(GuestMemory ram, long entry) {
        ram.write64(PAGE_TABLES, DIRECTORY_POINTERS | PRESENT_WRITABLE);
        for (int i = 0; i < GIGABYTES; i++) {
            ram.write64(
                    DIRECTORY_POINTERS + 8L * i, DIRECTORIES + (long) i * GuestMemory.PAGE_BYTES | PRESENT_WRITABLE);
        }
        for (int i = 0; i < GIGABYTES * ENTRIES; i++) {
            ram.write64(DIRECTORIES + 8L * i, (long) i << LARGE_PAGE_SHIFT | LARGE_PAGE | PRESENT_WRITABLE);
        }
        Segment code = new Segment(LowMemory.CODE_SELECTOR, 0, -1, 0xA09B00);
        Segment data = new Segment(LowMemory.DATA_SELECTOR, 0, -1, 0xC09300);
        CpuState.Table gdtr = LowMemory.storeDescriptors(ram, CODE_DESCRIPTOR);
        return CpuState.of(
                General.of32((int) entry, 2),
                Segments.of(code, data, gdtr, new CpuState.Table(0, 0xFFFF)),
                new Control(CR0, 0, PAGE_TABLES, CR4_PAE, Control.EFER_LME | Control.EFER_LMA));
    }
}
