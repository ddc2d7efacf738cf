// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * Looks virtual addresses up in a guest's page tables, as a debugger does: rights don't matter, no accessed or dirty bit is
 * set, and what a TLB still has is not known.
 *
 * <p>Not modelled: segments, physical addresses above the RAM. Threads: of who may read the memory.
 *
 * <p>Spec: Intel SDM 3A, 4.3 (32-bit), 4.4 (PAE), 4.5 (4 and 5 levels).
 */
public final class PageWalk {
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PSE = 1 << 4;
    private static final long CR4_PAE = 1 << 5;
    private static final long CR4_LA57 = 1 << 12;

    private static final long PRESENT = 1;
    private static final long LARGE = 1 << 7;
    private static final long FRAME = 0xFFFFFFFFFF000L;

    /** The lowest bit of the index into each level's table; a large page ends the walk above 12. */
    private static final int[] LEVELS_32 = {22, 12};

    private static final int[] LEVELS_PAE = {30, 21, 12};
    private static final int[] LEVELS_64 = {39, 30, 21, 12};
    private static final int[] LEVELS_57 = {48, 39, 30, 21, 12};

    private final GuestMemory memory;
    private final long cr3;
    private final boolean paging;
    private final boolean longMode;
    private final boolean largePages;
    private final int[] levels;
    private final int entryBytes;

    /**
     * Walks of a CPU with these registers.
     *
     * @param longMode EFER.LMA
     */
    public PageWalk(GuestMemory memory, long cr0, long cr3, long cr4, boolean longMode) {
        this.memory = Objects.requireNonNull(memory);
        this.cr3 = cr3;
        this.longMode = longMode;
        paging = (cr0 & CR0_PG) != 0;
        boolean pae = longMode || (cr4 & CR4_PAE) != 0;
        largePages = pae || (cr4 & CR4_PSE) != 0;
        entryBytes = pae ? 8 : 4;
        levels = longMode ? (cr4 & CR4_LA57) != 0 ? LEVELS_57 : LEVELS_64 : pae ? LEVELS_PAE : LEVELS_32;
    }

    /** The physical address; empty if no page is there. */
    public OptionalLong physical(long virtual) {
        long linear = longMode ? virtual : virtual & 0xFFFFFFFFL;
        if (!paging) {
            return OptionalLong.of(linear);
        }
        return isCanonical(linear) ? walk(linear) : OptionalLong.empty();
    }

    private boolean isCanonical(long linear) {
        int unused = 64 - (levels[0] + 9);
        return !longMode || linear << unused >> unused == linear;
    }

    private OptionalLong walk(long linear) {
        // PAE's first table has four entries and needn't begin at a page.
        long table = cr3 & (levels == LEVELS_PAE ? 0xFFFFFFE0L : FRAME);
        for (int shift : levels) {
            int indexBits = levels == LEVELS_PAE && shift == 30 ? 2 : entryBytes == 4 ? 10 : 9;
            long address = table + (linear >>> shift & (1L << indexBits) - 1) * entryBytes;
            if (!memory.contains(address, entryBytes)) {
                return OptionalLong.empty();
            }
            long entry = entryBytes == 4 ? memory.read32(address) & 0xFFFFFFFFL : memory.read64(address);
            if ((entry & PRESENT) == 0) {
                return OptionalLong.empty();
            }
            if (shift == 12 || isLarge(entry, shift)) {
                long offset = (1L << shift) - 1;
                return OptionalLong.of(entry & FRAME & ~offset | linear & offset);
            }
            table = entry & FRAME;
        }
        throw new AssertionError("the last level ends the walk");
    }

    private boolean isLarge(long entry, int shift) {
        boolean possible = entryBytes == 4 ? largePages : shift == 21 || shift == 30 && longMode;
        return possible && (entry & LARGE) != 0;
    }
}
