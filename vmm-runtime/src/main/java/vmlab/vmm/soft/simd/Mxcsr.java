// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * The bits of MXCSR, the control and status register of SSE (Intel SDM 1, 10.2.3, figure 10-3). Each flag's mask stands
 * {@link #MASK_SHIFT} bits above it.
 */
final class Mxcsr {
    /** Exception flags, sticky: only LDMXCSR and FXRSTOR clear them. */
    static final int INVALID = 1 << 0;

    static final int DENORMAL = 1 << 1;
    static final int ZERO_DIVIDE = 1 << 2;
    static final int OVERFLOW = 1 << 3;
    static final int UNDERFLOW = 1 << 4;
    static final int PRECISION = 1 << 5;

    /** Exceptions found in the operands, before anything is computed (Intel SDM 1, 11.5.2). */
    static final int PRE_COMPUTATION = INVALID | DENORMAL | ZERO_DIVIDE;

    /** Denormal operands are taken as zeros. */
    static final int DENORMALS_ARE_ZEROS = 1 << 6;

    static final int MASK_SHIFT = 7;
    static final int ROUNDING_SHIFT = 13;
    /** Tiny results become zeros, while underflow is masked. */
    static final int FLUSH_TO_ZERO = 1 << 15;

    /** Values of the rounding field (Intel SDM 1, table 4-8). */
    static final int NEAREST = 0;

    static final int DOWN = 1;
    static final int UP = 2;
    static final int TRUNCATE = 3;

    /** The bits that exist, as FXSAVE reports them in MXCSR_MASK; the others are reserved. */
    static final int MASK = 0xFFFF;

    /** After RESET: all exceptions masked, round to nearest (Intel SDM 3A, table 10-1). */
    static final int RESET = 0x1F80;

    private Mxcsr() {}
}
