// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.BIAS;
import static vmlab.vmm.soft.x87.Float80.DENORMAL;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.DE;

/**
 * FSCALE and FXTRACT: work on the exponent alone.
 *
 * @spec Intel SDM 2A, FSCALE (table 3-38 of results) and FXTRACT
 */
final class Scaling {
    /** More than any two numbers' exponents differ by, so that the result overflows or underflows massively. */
    private static final int FAR = 0x10000;

    private final Float80Result out;

    Scaling(Float80Result out) {
        this.out = out;
    }

    /** The first operand times 2 to the truncated second. */
    void scale(int se1, long sig1, int se2, long sig2, int control) {
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        if (Math.max(kind1, kind2) >= QUIET_NAN) {
            out.nan(se1, sig1, kind1, se2, sig2, kind2);
            return;
        }
        boolean negative = (se2 & SIGN) != 0;
        if (kind2 == INFINITY && kind1 == (negative ? INFINITY : ZERO)) {
            out.invalid();
            return;
        }
        if (kind1 == DENORMAL || kind2 == DENORMAL) {
            out.flags |= DE;
        }
        if (kind1 == ZERO || kind1 == INFINITY) {
            out.set(se1, sig1);
        } else if (kind2 == INFINITY) {
            if (negative) {
                out.set(se1 & SIGN, 0);
            } else {
                out.infinity(se1 & SIGN);
            }
        } else {
            int shift = Long.numberOfLeadingZeros(sig1);
            int exponent = Float80.exponent(se1) - shift + (negative ? -steps(se2, sig2) : steps(se2, sig2));
            int exact = control | Float80Result.CONTROL_PRECISION_64;
            out.round(se1 & SIGN, exponent, sig1 << shift, 0, exact);
        }
    }

    /** The magnitude of the second operand, truncated to an integer, as far as it matters. */
    private static int steps(int se, long sig) {
        int exponent = Float80.exponent(se) - BIAS;
        if (exponent < 0) {
            return 0;
        }
        return exponent > 16 ? FAR : (int) (sig >>> (63 - exponent));
    }

    /** Leaves the significand in {@link #out} and the exponent, as a number, in the other result. */
    void extract(int se, long sig, Float80Result exponentPart) {
        int kind = Float80.kind(se, sig);
        if (kind >= QUIET_NAN) {
            out.nan(se, sig, kind);
            exponentPart.set(out);
        } else if (kind == INFINITY) {
            out.set(se, sig);
            exponentPart.infinity(0);
        } else if (kind == ZERO) {
            out.zeroDivide(SIGN);
            exponentPart.set(out);
            out.set(se, sig);
        } else {
            if (kind == DENORMAL) {
                out.flags |= DE;
            }
            int shift = Long.numberOfLeadingZeros(sig);
            out.set(se & SIGN | BIAS, sig << shift);
            integer(Float80.exponent(se) - shift - BIAS, exponentPart);
        }
    }

    private static void integer(int value, Float80Result result) {
        if (value == 0) {
            result.set(0, 0);
            return;
        }
        long magnitude = Math.abs((long) value);
        int shift = Long.numberOfLeadingZeros(magnitude);
        result.set((value < 0 ? SIGN : 0) | BIAS + 63 - shift, magnitude << shift);
    }
}
