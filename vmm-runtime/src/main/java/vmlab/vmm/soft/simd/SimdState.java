// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import java.util.List;

/**
 * The state of {@link Simd}. The MMX registers are part of the x87 unit's.
 *
 * @param registers XMM0 to XMM7
 */
public record SimdState(int mxcsr, List<Xmm> registers) {
    public SimdState {
        registers = List.copyOf(registers);
        if (registers.size() != Simd.REGISTERS) {
            throw new IllegalArgumentException("XMM registers: " + registers.size() + ", expected " + Simd.REGISTERS);
        }
        if ((mxcsr & ~Mxcsr.MASK) != 0) {
            throw new IllegalArgumentException("reserved bits of MXCSR: 0x" + Integer.toHexString(mxcsr));
        }
    }

    /** One 128-bit register: bits 0-63 and 64-127. */
    public record Xmm(long low, long high) {}
}
