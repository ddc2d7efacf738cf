// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Memory as the instruction being executed sees it: through a segment register and the page tables. Every method may
 * throw the CPU's fault, which unwinds to the run loop; so an instruction must change its registers after its last access.
 *
 * <p>Segment numbers are those of the instruction encoding: 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS.
 */
public interface OperandMemory {
    int load8(int segment, int offset);

    int load16(int segment, int offset);

    int load32(int segment, int offset);

    long load64(int segment, int offset);

    void store8(int segment, int offset, int value);

    void store16(int segment, int offset, int value);

    void store32(int segment, int offset, int value);

    void store64(int segment, int offset, long value);

    /** Faults as a store of these bytes would, without storing: before a store in several parts. */
    void probeWrite(int segment, int offset, int bytes);
}
