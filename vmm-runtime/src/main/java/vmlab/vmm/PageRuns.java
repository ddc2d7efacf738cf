// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.BitSet;

/** Goes through a set of pages in runs of neighbours: what one call of the host can do at once. */
final class PageRuns {
    private final BitSet pages;
    private int from;
    private int end;

    PageRuns(BitSet pages) {
        this.pages = pages;
    }

    /** Goes to the next run; false behind the last. */
    boolean next() {
        from = pages.nextSetBit(end);
        if (from < 0) {
            return false;
        }
        end = pages.nextClearBit(from);
        return true;
    }

    long fromByte() {
        return (long) from * NativePages.PAGE_BYTES;
    }

    long bytes() {
        return (long) (end - from) * NativePages.PAGE_BYTES;
    }

    static int count(BitSet pages) {
        int count = 0;
        for (PageRuns runs = new PageRuns(pages); runs.next(); ) {
            count++;
        }
        return count;
    }
}
