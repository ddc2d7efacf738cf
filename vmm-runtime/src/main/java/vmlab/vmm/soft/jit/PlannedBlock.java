// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

/**
 * A block of a region that is to be compiled: straight guest code with one entry.
 *
 * @param delta bytes from where the region's addresses are counted from to the block
 * @param code its bytes
 * @param instructions how many
 * @param offsets where in {@code code} each instruction before the ending begins, in order; the CPU can be called for these
 * @param firstCall number of the first of these among the region's
 * @param ending number among the region's endings of what the CPU does at the block's end; -1 if that is a near transfer
 *     (perhaps with a comparison before it) or nothing, and is to be translated
 * @param endingOffset where in {@code code} the ending begins
 * @param endingIndex instructions before the ending
 * @param pages bits of the region's pages that the block has bytes in
 * @param taken number among the region's exits of the one that a transfer takes, or of the only one; -1 if there is none
 * @param fallen number of the exit to the instruction behind a conditional jump; -1 if there is none
 */
public record PlannedBlock(
        int delta,
        byte[] code,
        int instructions,
        int[] offsets,
        int firstCall,
        int ending,
        int endingOffset,
        int endingIndex,
        int pages,
        int taken,
        int fallen) {
    /** Where the code behind the block begins. */
    int end() {
        return delta + code.length;
    }
}
