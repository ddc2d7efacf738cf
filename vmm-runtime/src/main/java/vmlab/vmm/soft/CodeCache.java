// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Decoded blocks by physical address and mode, and which bytes of which pages they came from.
 *
 * <p>Keys are physical, so a change of page tables loses no code. A page's code is tracked in lines of 64 bytes: a store
 * beside the code of its page drops nothing.
 */
final class CodeCache {
    private static final int LINE_SHIFT = 6;
    private static final int HASH_BITS = 16;

    /** More blocks than a boot decodes; beyond it the cache starts anew, so that memory stays bounded. */
    private static final int MOST_BLOCKS = 200_000;

    private static final class CodePage {
        /** Bit n: some block has bytes in line n. */
        long lines;

        final List<Block> blocks = new ArrayList<>(4);
    }

    private final CodePage[] pages;
    private final Block[] buckets = new Block[1 << HASH_BITS];
    private int blocksHeld;

    CodeCache(long ramBytes) {
        pages = new CodePage[(int) (ramBytes >>> 12)];
    }

    Block find(int physical, int mode) {
        for (Block b = buckets[bucket(physical, mode)]; b != null; b = b.hashNext) {
            if (b.physical == physical && b.mode == mode) {
                return b;
            }
        }
        return null;
    }

    /** Adds a block; returns whether a page holds code now that held none, so that its stores must be watched. */
    boolean add(Block block) {
        if (blocksHeld >= MOST_BLOCKS) {
            clear();
        }
        blocksHeld++;
        int bucket = bucket(block.physical, block.mode);
        block.hashNext = buckets[bucket];
        buckets[bucket] = block;
        int first = block.physical & 0xFFF;
        int last = first + block.sizeBytes - 1;
        boolean fresh = register(block, block.physical >>> 12, first, Math.min(last, 0xFFF));
        if (block.isSplit()) {
            fresh |= register(block, block.secondPage, 0, last - 0x1000);
        }
        return fresh;
    }

    private boolean register(Block block, int pageNumber, int firstByte, int lastByte) {
        if (pageNumber >= pages.length) {
            // An instruction that ends where there is no RAM.
            return false;
        }
        CodePage page = pages[pageNumber];
        boolean fresh = page == null;
        if (fresh) {
            page = new CodePage();
            pages[pageNumber] = page;
        }
        page.lines |= lines(firstByte, lastByte);
        page.blocks.add(block);
        return fresh;
    }

    boolean hasCode(int pageNumber) {
        // Shared memory lies above the RAM, and never holds code.
        return pageNumber < pages.length && pages[pageNumber] != null;
    }

    /** Whether a store of these bytes, all in one page, hits code. */
    boolean isCode(int physical, int bytes) {
        int pageNumber = physical >>> 12;
        CodePage page = pageNumber < pages.length ? pages[pageNumber] : null;
        int first = physical & 0xFFF;
        return page != null && (page.lines & lines(first, first + bytes - 1)) != 0;
    }

    /** Drops the blocks of a page. */
    void invalidate(int pageNumber) {
        CodePage page = pages[pageNumber];
        if (page == null) {
            return;
        }
        pages[pageNumber] = null;
        for (Block block : page.blocks) {
            if (block.valid) {
                block.invalidate();
                unhash(block);
                blocksHeld--;
                forgetElsewhere(block, pageNumber);
            }
        }
    }

    /** Takes a block across two pages out of the other one's list, which would grow without end. */
    private void forgetElsewhere(Block block, int pageNumber) {
        if (block.isSplit()) {
            int first = block.physical >>> 12;
            int other = first == pageNumber ? block.secondPage : first;
            if (other < pages.length && pages[other] != null) {
                pages[other].blocks.remove(block);
            }
        }
    }

    /** Drops the blocks of all pages that have bytes at this offset in their page. */
    void invalidateAtOffset(int offset) {
        for (int page = 0; page < pages.length; page++) {
            if (pages[page] != null) {
                invalidateAtOffset(page, offset);
            }
        }
    }

    /** The page's lines stay: they may say too much, which costs a store some time and no more. */
    private void invalidateAtOffset(int pageNumber, int offset) {
        Iterator<Block> blocks = pages[pageNumber].blocks.iterator();
        while (blocks.hasNext()) {
            Block block = blocks.next();
            boolean covered = ((offset - block.physical) & 0xFFF) < block.sizeBytes;
            if (covered) {
                blocks.remove();
                block.invalidate();
                unhash(block);
                blocksHeld--;
                forgetElsewhere(block, pageNumber);
            }
        }
    }

    /** Drops everything. */
    void clear() {
        for (int page = 0; page < pages.length; page++) {
            invalidate(page);
        }
    }

    private void unhash(Block block) {
        int bucket = bucket(block.physical, block.mode);
        if (buckets[bucket] == block) {
            buckets[bucket] = block.hashNext;
            return;
        }
        for (Block b = buckets[bucket]; b != null; b = b.hashNext) {
            if (b.hashNext == block) {
                b.hashNext = block.hashNext;
                return;
            }
        }
    }

    private static long lines(int firstByte, int lastByte) {
        int first = firstByte >>> LINE_SHIFT;
        int last = lastByte >>> LINE_SHIFT;
        return (-1L << first) & (-1L >>> (63 - last));
    }

    private static int bucket(int physical, int mode) {
        int h = (physical ^ (mode << 20)) * 0x9E3779B1;
        return h >>> (32 - HASH_BITS);
    }
}
