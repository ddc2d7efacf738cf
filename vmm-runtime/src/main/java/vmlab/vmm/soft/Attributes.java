// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** Bits of a descriptor's second word (SDM 3A, 3.4.5), in place. */
final class Attributes {
    static final int ACCESSED = 1 << 8;
    /** Of a data segment. */
    static final int WRITABLE = 1 << 9;
    /** Of a code segment. */
    static final int READABLE = 1 << 9;
    /** Of a data segment. */
    static final int EXPAND_DOWN = 1 << 10;
    /** Of a code segment. */
    static final int CONFORMING = 1 << 10;

    static final int CODE = 1 << 11;
    /** Not a system segment. */
    static final int MEMORY = 1 << 12;

    static final int PRESENT = 1 << 15;
    static final int BIG = 1 << 22;
    static final int GRANULAR = 1 << 23;
    /** Of a TSS descriptor. */
    static final int BUSY = 1 << 9;

    /** What is kept of the word in a segment register's hidden part. */
    static final int KEPT = 0x00F0FF00;

    private Attributes() {}

    static int type(int word) {
        return (word >>> 8) & 15;
    }

    static int dpl(int word) {
        return (word >>> 13) & 3;
    }
}
