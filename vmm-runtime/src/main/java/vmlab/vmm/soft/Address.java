// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * The memory form of a ModRM byte: a segment and up to two registers and a displacement.
 *
 * <p>Filled in by the decoder and then constant.
 *
 * @spec SDM 2, tables 2-1 to 2-3
 */
final class Address {
    int segment = Cpu.DS;
    int base = Cpu.NONE;
    int index = Cpu.NONE;
    int scale;
    int displacement;

    /** 0xFFFF for 16-bit addressing, else all ones. */
    int mask = -1;

    /** The offset within the segment. */
    int offset(Cpu c) {
        int[] r = c.r;
        return (r[base] + (r[index] << scale) + displacement) & mask;
    }
}
