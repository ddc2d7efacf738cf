// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * The registers a 32-bit CPU starts with and is inspected by. Not here: x87, SSE, debug and model-specific registers.
 *
 * @param eflags bit 1 is always set
 */
public record CpuState(
        int eax,
        int ecx,
        int edx,
        int ebx,
        int esp,
        int ebp,
        int esi,
        int edi,
        int eip,
        int eflags,
        Segment es,
        Segment cs,
        Segment ss,
        Segment ds,
        Segment fs,
        Segment gs,
        Segment ldtr,
        Segment tr,
        Table gdtr,
        Table idtr,
        int cr0,
        int cr2,
        int cr3,
        int cr4) {

    /**
     * A segment register with its hidden part.
     *
     * @param limit last valid offset, in bytes
     * @param attributes bits 8 to 23 of the descriptor's second word, in place: type 8-11, S 12, DPL 13-14, P 15, AVL
     *     20, D/B 22, G 23 (bits 16-19, part of the limit there, are 0)
     */
    public record Segment(int selector, int base, int limit, int attributes) {
        /** A null segment: any access through it faults. */
        public static final Segment NULL = new Segment(0, 0, 0, 0);

        /** As after reset or a load in real mode: 64 KB of readable, writable data or code. */
        public static Segment real(int selector) {
            return new Segment(selector, selector << 4, 0xFFFF, 0x9300);
        }
    }

    /** GDTR or IDTR. */
    public record Table(int base, int limit) {}

    /** After RESET: real mode at F000:FFF0 (Intel SDM 3A, table 10-1). */
    public static CpuState reset() {
        Segment data = Segment.real(0);
        return new CpuState(
                0,
                0,
                0x600,
                0,
                0,
                0,
                0,
                0,
                0xFFF0,
                2,
                data,
                new Segment(0xF000, 0xFFFF0000, 0xFFFF, 0x9B00),
                data,
                data,
                data,
                data,
                new Segment(0, 0, 0xFFFF, 0x8200),
                new Segment(0, 0, 0xFFFF, 0x8B00),
                new Table(0, 0xFFFF),
                new Table(0, 0xFFFF),
                0x60000010,
                0,
                0,
                0);
    }

    /**
     * Protected mode without paging, flat 4 GB segments with the given selectors, interrupts off: how boot protocols
     * enter a 32-bit kernel.
     */
    public static CpuState flat(int eip, int codeSelector, int dataSelector, Table gdtr) {
        Segment data = new Segment(dataSelector, 0, -1, 0xC09300);
        return new CpuState(
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                eip,
                2,
                data,
                new Segment(codeSelector, 0, -1, 0xC09B00),
                data,
                data,
                data,
                data,
                new Segment(0, 0, 0xFFFF, 0x8200),
                new Segment(0, 0, 0xFFFF, 0x8B00),
                gdtr,
                new Table(0, 0xFFFF),
                0x11,
                0,
                0,
                0);
    }

    /** The same with other values in the registers that boot protocols use. */
    public CpuState with(int newEax, int newEbx, int newEsi, int newEsp) {
        return new CpuState(
                newEax, ecx, edx, newEbx, newEsp, ebp, newEsi, edi, eip, eflags, es, cs, ss, ds, fs, gs, ldtr, tr, gdtr,
                idtr, cr0, cr2, cr3, cr4);
    }
}
