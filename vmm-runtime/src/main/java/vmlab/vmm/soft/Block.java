// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.ArrayList;
import java.util.List;

/** A run of decoded instructions with one entry, within one physical page (or one instruction across two). */
final class Block {
    /** Stands for "not known yet" where a successor is expected. */
    static final Block LOOKUP = new Block(-1, 0, new Op[0], null, 0, 0);

    private static final int NO_PAGE = -1;
    private static final Op[] NO_OPS = {};

    /** Physical address of the first byte. */
    final int physical;

    /** The CPU's mode it was decoded for. */
    final int mode;

    /** What executes it: the instructions but the last; none if the block was compiled. */
    Op[] ops;

    /** What executes the end of it, or all of it. */
    Term last;

    /** The decoded instructions, whatever executes them. */
    final Op[] decodedOps;

    final Term decodedLast;

    /** Instructions in it. */
    final int count;

    /** Bytes of code. */
    final int sizeBytes;

    /** For an instruction that runs over a page's end: the physical page it ends in; else {@link #NO_PAGE}. */
    int secondPage = NO_PAGE;

    /** Cleared for good when a byte of it is written. */
    boolean valid = true;

    /** How often it was met when the run loop looked. */
    int heat;

    /** Compiled regions it is a part of; null if there is none. */
    private List<Region> regions;

    /** Next block of the same hash bucket. */
    Block hashNext;

    Block(int physical, int mode, Op[] ops, Term last, int count, int sizeBytes) {
        this.physical = physical;
        this.mode = mode;
        this.ops = ops;
        this.last = last;
        decodedOps = ops;
        decodedLast = last;
        this.count = count;
        this.sizeBytes = sizeBytes;
    }

    boolean isSplit() {
        return secondPage != NO_PAGE;
    }

    /** The physical address of one of its bytes. */
    int physicalAt(int offset) {
        int at = physical + offset;
        return (at ^ physical) >>> 12 == 0 ? at : secondPage << 12 | at & 0xFFF;
    }

    /** Its code isn't there any more, nor anything compiled from it. */
    void invalidate() {
        valid = false;
        if (regions != null) {
            List.copyOf(regions).forEach(Region::dissolve);
        }
    }

    void join(Region region) {
        if (regions == null) {
            regions = new ArrayList<>(1);
        }
        regions.add(region);
    }

    void part(Region region) {
        regions.remove(region);
        if (regions.isEmpty()) {
            regions = null;
        }
    }

    boolean isCompiled() {
        return last != decodedLast;
    }

    /** From now on compiled code executes it. */
    void compiled(Compiled code) {
        ops = NO_OPS;
        last = code;
    }

    /** From now on it is interpreted again. */
    void interpreted() {
        ops = decodedOps;
        last = decodedLast;
        heat = 0;
    }
}
