// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.DENORMAL;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.DE;

/**
 * FPREM and FPREM1: the exact remainder, or a step towards it with C2 set if the exponents are 64 or more apart. Of the
 * quotient the low three bits go to C0 (bit 2), C3 (bit 1) and C1 (bit 0).
 *
 * @spec Intel SDM 2A, FPREM and FPREM1
 */
final class PartialRemainder {
    private final Float80Result out;

    /** Of C0 to C3 those that the operation set. */
    int conditions;

    /** Of C0 to C3 those that it set or cleared: not C0 and C3 after an invalid operation. */
    int defined;

    PartialRemainder(Float80Result out) {
        this.out = out;
    }

    /**
     * @param nearest FPREM1: the quotient is rounded to nearest, not truncated
     */
    void remainder(int se1, long sig1, int se2, long sig2, boolean nearest, int control) {
        conditions = 0;
        defined = StatusWord.C1 | StatusWord.C2;
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        if (Math.max(kind1, kind2) >= QUIET_NAN) {
            out.nan(se1, sig1, kind1, se2, sig2, kind2);
            return;
        }
        if (kind1 == INFINITY || kind2 == ZERO) {
            out.invalid();
            return;
        }
        defined |= StatusWord.C0 | StatusWord.C3;
        if (kind1 == DENORMAL || kind2 == DENORMAL) {
            out.flags |= DE;
        }
        if (kind1 == ZERO || kind2 == INFINITY) {
            keep(se1, sig1, kind1, control);
            return;
        }
        int shift1 = Long.numberOfLeadingZeros(sig1);
        int shift2 = Long.numberOfLeadingZeros(sig2);
        int exponent1 = Float80.exponent(se1) - shift1;
        int exponent2 = Float80.exponent(se2) - shift2;
        finite(se1 & SIGN, exponent1, sig1 << shift1, exponent2, sig2 << shift2, nearest, control);
    }

    private void finite(int sign, int exponent1, long sig1, int exponent2, long sig2, boolean nearest, int control) {
        int distance = exponent1 - exponent2;
        if (distance >= 64) {
            // How far one step goes is the processor's choice, between 32 and 63 bits of quotient.
            int bits = distance & 31 | 32;
            long rest = rest(sig1, sig2, bits);
            conditions = StatusWord.C2;
            give(sign, exponent1 - bits, rest, control);
            return;
        }
        if (distance < (nearest ? -1 : 0)) {
            give(sign, exponent1, sig1, control);
            return;
        }
        long quotient = distance < 0 ? 0 : quotient(sig1, sig2, distance);
        long rest = distance < 0 ? sig1 : rest(sig1, sig2, distance);
        int exponent = distance < 0 ? exponent1 : exponent2;
        if (nearest && roundsUp(distance < 0, rest, sig2, quotient)) {
            quotient++;
            // Below distance 0 the dividend counts half units of the divisor.
            long flipped = distance < 0 ? (sig2 - rest) + sig2 : sig2 - rest;
            quotientBits(quotient);
            give(sign ^ SIGN, exponent, flipped, control);
            return;
        }
        quotientBits(quotient);
        give(sign, exponent, rest, control);
    }

    private static long quotient(long sig1, long sig2, int bits) {
        if (bits == 0) {
            return Long.compareUnsigned(sig1, sig2) >= 0 ? 1 : 0;
        }
        return Bits128.divide(sig1 >>> -bits, sig1 << bits, sig2);
    }

    private static long rest(long sig1, long sig2, int bits) {
        return (sig1 << bits) - quotient(sig1, sig2, bits) * sig2;
    }

    private static boolean roundsUp(boolean half, long rest, long divisor, long quotient) {
        int order = half ? Long.compareUnsigned(rest, divisor) : Long.compareUnsigned(rest, divisor - rest);
        return order > 0 || order == 0 && (quotient & 1) != 0;
    }

    private void quotientBits(long quotient) {
        conditions = ((quotient & 1) != 0 ? StatusWord.C1 : 0)
                | ((quotient & 2) != 0 ? StatusWord.C3 : 0)
                | ((quotient & 4) != 0 ? StatusWord.C0 : 0);
    }

    /** The dividend itself: through the rounding, which only reports an unmasked underflow. */
    private void keep(int se, long sig, int kind, int control) {
        if (kind == ZERO) {
            out.set(se, sig);
        } else {
            int shift = Long.numberOfLeadingZeros(sig);
            give(se & SIGN, Float80.exponent(se) - shift, sig << shift, control);
        }
    }

    private void give(int sign, int exponent, long sig, int control) {
        if (sig == 0) {
            out.set(sign, 0);
            return;
        }
        int shift = Long.numberOfLeadingZeros(sig);
        out.round(sign, exponent - shift, sig << shift, 0, control | Float80Result.CONTROL_PRECISION_64);
    }
}
