// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/**
 * The double extended format: 16 bits of sign and exponent, 64 bits of significand with an explicit integer bit.
 *
 * @spec Intel SDM 1, sections 4.2.2 and 8.2.2, table 8-3
 */
final class Float80 {
    static final int SIGN = 0x8000;
    static final int EXPONENT_MASK = 0x7FFF;
    static final int BIAS = 0x3FFF;
    static final long INTEGER_BIT = Long.MIN_VALUE;
    static final long QUIET_BIT = 1L << 62;
    /** QNaN floating-point indefinite: the masked answer to an invalid operation. */
    static final int INDEFINITE_SIGN_EXPONENT = 0xFFFF;

    static final long INDEFINITE_SIGNIFICAND = INTEGER_BIT | QUIET_BIT;

    // In this order the greater of two operands' kinds decides what is done with both.
    static final int NORMAL = 0;
    static final int ZERO = 1;
    /** Pseudo-denormals included: their value is that of exponent 1. */
    static final int DENORMAL = 2;

    static final int INFINITY = 3;
    static final int QUIET_NAN = 4;
    static final int SIGNALING_NAN = 5;
    /** Pseudo-NaN, pseudo-infinity, unnormal: invalid operands since the 387. */
    static final int UNSUPPORTED = 6;

    private Float80() {}

    static int kind(int signExponent, long significand) {
        int exponent = signExponent & EXPONENT_MASK;
        if (exponent == 0) {
            return significand == 0 ? ZERO : DENORMAL;
        }
        if (significand >= 0) {
            return UNSUPPORTED;
        }
        if (exponent != EXPONENT_MASK) {
            return NORMAL;
        }
        if (significand << 1 == 0) {
            return INFINITY;
        }
        return (significand & QUIET_BIT) != 0 ? QUIET_NAN : SIGNALING_NAN;
    }

    /** The exponent of a zero or finite operand as its value has it: a denormal's is 1. */
    static int exponent(int signExponent) {
        return Math.max(signExponent & EXPONENT_MASK, 1);
    }
}
