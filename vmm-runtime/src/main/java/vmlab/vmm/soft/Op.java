// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * One decoded instruction that falls through to the next. Instances are immutable once decoded and know no absolute
 * address: the block they belong to may be mapped anywhere.
 *
 * <p>An instruction that faults has changed nothing (Intel SDM 3A, 6.6); so every {@code execute} accesses memory first and
 * commits registers and flags last.
 */
abstract class Op {
    /** Bytes from the block's first instruction to this one. */
    int offset;

    /** Instructions of the block before this one. */
    int index;

    /** Bytes of the encoding. */
    int length;

    abstract void execute(Cpu c);

    final int end() {
        return offset + length;
    }
}
