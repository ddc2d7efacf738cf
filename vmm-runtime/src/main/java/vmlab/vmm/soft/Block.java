// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** A run of decoded instructions with one entry, within one physical page (or one instruction across two). */
final class Block {
    /** Stands for "not known yet" where a successor is expected. */
    static final Block LOOKUP = new Block(-1, 0, new Op[0], null, 0, 0);

    private static final int NO_PAGE = -1;

    /** Physical address of the first byte. */
    final int physical;

    /** The CPU's mode it was decoded for. */
    final int mode;

    final Op[] ops;
    final Term last;

    /** Instructions in it. */
    final int count;

    /** Bytes of code. */
    final int sizeBytes;

    /** For an instruction that runs over a page's end: the physical page it ends in; else {@link #NO_PAGE}. */
    int secondPage = NO_PAGE;

    /** Cleared for good when a byte of it is written. */
    boolean valid = true;

    /** Next block of the same hash bucket. */
    Block hashNext;

    Block(int physical, int mode, Op[] ops, Term last, int count, int sizeBytes) {
        this.physical = physical;
        this.mode = mode;
        this.ops = ops;
        this.last = last;
        this.count = count;
        this.sizeBytes = sizeBytes;
    }

    boolean isSplit() {
        return secondPage != NO_PAGE;
    }
}
