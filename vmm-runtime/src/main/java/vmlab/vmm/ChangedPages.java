// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.BitSet;

/**
 * Which pages of a guest's RAM a new image has to hold.
 *
 * @param isWhole the image needs no older ones: these are all pages that aren't zeros
 * @spec Linux, Documentation/admin-guide/mm/pagemap.rst
 */
record ChangedPages(BitSet pages, boolean isWhole) {
    private static final String PAGE_MAP = "/proc/self/pagemap";
    private static final long PRESENT = 1L << 63;
    private static final long SWAPPED = 1L << 62;
    private static final long OF_FILE = 1L << 61;

    /**
     * Of RAM that shares its pages with {@code base} until they are written to.
     *
     * @param base null if it shares none
     */
    static ChangedPages of(GuestMemory memory, MemoryImage base) {
        BitSet changed;
        try {
            changed = own(memory);
        } catch (IOException e) {
            // Some containers hide it. The image is as good, but shares nothing with older ones.
            return new ChangedPages(nonZero(memory), true);
        }
        if (base == null) {
            return new ChangedPages(withoutZeros(memory, changed), true);
        }
        if (!base.isTooDeepFor(changed)) {
            return new ChangedPages(changed, false);
        }
        changed.or(base.held());
        return new ChangedPages(changed, true);
    }

    /** What was written to has become memory of this process, where it was a file's before. */
    private static BitSet own(GuestMemory memory) throws IOException {
        int count = (int) (memory.sizeBytes() / GuestMemory.PAGE_BYTES);
        byte[] entries = new byte[count * Long.BYTES];
        try (RandomAccessFile map = new RandomAccessFile(PAGE_MAP, "r")) {
            map.seek(memory.address() / GuestMemory.PAGE_BYTES * Long.BYTES);
            map.readFully(entries);
        }
        LongBuffer flags =
                ByteBuffer.wrap(entries).order(ByteOrder.nativeOrder()).asLongBuffer();
        BitSet own = new BitSet();
        for (int page = 0; page < count; page++) {
            long flag = flags.get(page);
            if ((flag & (PRESENT | SWAPPED)) != 0 && (flag & OF_FILE) == 0) {
                own.set(page);
            }
        }
        own.andNot(memory.coveredPages());
        return own;
    }

    static BitSet nonZero(GuestMemory memory) {
        BitSet all = new BitSet();
        all.set(0, (int) (memory.sizeBytes() / GuestMemory.PAGE_BYTES));
        return withoutZeros(memory, all);
    }

    /** A huge page is touched as a whole. */
    private static BitSet withoutZeros(GuestMemory memory, BitSet pages) {
        BitSet others = new BitSet();
        pages.stream().filter(page -> !isZero(memory, page)).forEach(others::set);
        return others;
    }

    private static boolean isZero(GuestMemory memory, int page) {
        long address = memory.address() + (long) page * GuestMemory.PAGE_BYTES;
        for (int i = 0; i < GuestMemory.PAGE_BYTES; i += Long.BYTES) {
            if (RawMemory.get64(address + i) != 0) {
                return false;
            }
        }
        return true;
    }
}
