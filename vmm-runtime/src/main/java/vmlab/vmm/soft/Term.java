// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** The instruction that ends a block: it transfers control or changes what decoding or interrupts depend on. */
abstract class Term {
    /** Bytes from the block's first instruction to this one (for a fused pair: to the pair's first). */
    int offset;

    /** Instructions of the block before this one. */
    int index;

    /** Bytes from the block's first instruction to the one behind this. */
    int end;

    /**
     * Executes it; {@link Cpu#eip} is the block's start before and the next instruction's address afterwards.
     *
     * @return the next block; {@link Block#LOOKUP} to have it looked up; null to look at interrupts, alarms and kicks first
     */
    abstract Block execute(Cpu c);
}
