// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

/** How generated code says which instruction is executing: its delta, and how many instructions of its block are behind it. */
public final class Site {
    static final int COUNT_BITS = 6;

    private Site() {}

    public static int delta(int site) {
        return site >> COUNT_BITS;
    }

    /** Instructions that were counted and weren't executed. */
    public static int instructionsBehind(int site) {
        return site & (1 << COUNT_BITS) - 1;
    }
}
