// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.BIAS;
import static vmlab.vmm.soft.x87.Float80.DENORMAL;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.INTEGER_BIT;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.DE;

/**
 * F2XM1, FYL2X and FYL2XP1, in 128-bit arithmetic: rounded correctly but for arguments that come closer than about
 * 2^-55 of a unit in the last place to a tie, and always to 64 bits whatever the precision control says.
 *
 * @spec Intel SDM 1, sections 8.3.9 and 8.3.10; SDM 2A, F2XM1, FYL2X, FYL2XP1 (tables of results)
 */
final class Logarithms {
    private static final Wide LN2 = new Wide(-1, 0xB172_17F7_D1CF_79ABL, 0xC9E3_B398_03F2_F6AFL);
    private static final Wide LOG2_E = new Wide(0, 0xB8AA_3B29_5C17_F0BBL, 0xBE87_FED0_691D_3E88L);

    /** The significand of the square root of 2, above which a number counts as less than the next power of two. */
    private static final long ROOT_OF_2 = 0xB504_F333_F9DE_6484L;

    private final Float80Result out;

    private final Wide argument = new Wide();
    private final Wide sum = new Wide();
    private final Wide square = new Wide();
    private final Wide term = new Wide();
    private final Wide scratch1 = new Wide();
    private final Wide scratch2 = new Wide();

    Logarithms(Float80Result out) {
        this.out = out;
    }

    /** 2^x - 1. What an argument beyond ±1 gives is undefined; here it is left as it is, but for -infinity: -1. */
    void powerOfTwoMinus1(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        if (kind >= QUIET_NAN) {
            out.nan(se, sig, kind);
            return;
        }
        out.flags |= kind == DENORMAL ? DE : 0;
        boolean negative = (se & SIGN) != 0;
        int exponent = Float80.exponent(se);
        boolean one = exponent == BIAS && sig == INTEGER_BIT;
        if (kind == INFINITY && negative) {
            out.set(SIGN | BIAS, INTEGER_BIT);
        } else if (kind == ZERO || exponent >= BIAS && !(one && negative)) {
            out.set(se, sig);
        } else if (one) {
            out.set(SIGN | BIAS - 1, INTEGER_BIT);
        } else {
            exponentialMinus1(argument.set(se, sig).multiply(LN2));
            round(sum, true, control);
        }
    }

    /** x (1 + x/2 (1 + x/3 (1 + ...))) */
    private void exponentialMinus1(Wide x) {
        sum.set(Wide.ONE);
        for (int i = Trigonometry.terms(x, 36); i > 1; i--) {
            sum.multiply(x).divide(i).add(Wide.ONE);
        }
        sum.multiply(x);
    }

    private void round(Wide value, boolean inexact, int control) {
        int sign = value.negative ? SIGN : 0;
        int full = control | Float80Result.CONTROL_PRECISION_64;
        out.round(sign, value.exponent + BIAS, value.high, inexact ? value.low | 1 : value.low, full);
    }

    /** y log2 x: FYL2X with y in ST(1) and x in ST(0). */
    void logarithm(int seY, long sigY, int seX, long sigX, int control) {
        int kindY = Float80.kind(seY, sigY);
        int kindX = Float80.kind(seX, sigX);
        if (Math.max(kindY, kindX) >= QUIET_NAN) {
            out.nan(seX, sigX, kindX, seY, sigY, kindY);
            return;
        }
        if ((seX & SIGN) != 0 && kindX != ZERO) {
            out.invalid();
            return;
        }
        boolean isOne = seX == BIAS && sigX == INTEGER_BIT;
        if (kindX == ZERO && kindY == ZERO || kindX == INFINITY && kindY == ZERO || isOne && kindY == INFINITY) {
            out.invalid();
            return;
        }
        if (kindY == DENORMAL || kindX == DENORMAL) {
            out.flags |= DE;
        }
        int sign = (seY ^ (seX < BIAS || kindX == ZERO ? SIGN : 0)) & SIGN;
        if (kindX == ZERO && kindY != INFINITY) {
            out.zeroDivide(sign);
        } else if (kindX == ZERO || kindX == INFINITY || kindY == INFINITY) {
            out.infinity(sign);
        } else if (kindY == ZERO || isOne) {
            out.set(sign, 0);
        } else {
            boolean inexact = binaryLogarithm(seX, sigX);
            round(sum.multiply(argument.set(seY, sigY)), inexact, control);
        }
    }

    /** Of a positive number; false if that is a power of two. */
    private boolean binaryLogarithm(int se, long sig) {
        int shift = Long.numberOfLeadingZeros(sig);
        int exponent = Float80.exponent(se) - BIAS - shift;
        long significand = sig << shift;
        boolean upper = Long.compareUnsigned(significand, ROOT_OF_2) > 0;
        if (significand == INTEGER_BIT) {
            sum.set(exponent);
            return false;
        }
        int scale = upper ? -1 : 0;
        argument.set(false, scale, significand, 0).subtract(Wide.ONE);
        term.set(false, scale, significand, 0).add(Wide.ONE);
        logarithmOfQuotient();
        sum.add(term.set(exponent - scale));
        return true;
    }

    /** log2 ((1+s)/(1-s)) with s = argument / term: 2 s (1 + s²/3 + s⁴/5 + ...) / ln 2. */
    private void logarithmOfQuotient() {
        argument.divide(term, scratch1, scratch2);
        square.set(argument).multiply(argument);
        int last = Trigonometry.terms(square, 27);
        sum.set(Wide.ONE).divide(2 * last + 1);
        for (int i = last - 1; i >= 0; i--) {
            sum.multiply(square).add(term.set(Wide.ONE).divide(2 * i + 1));
        }
        sum.multiply(argument).multiply(LOG2_E).scale(1);
    }

    /**
     * y log2 (1 + x): FYL2XP1 with y in ST(1) and x in ST(0). Arguments outside of ±(1 - sqrt(2)/2), whose results are
     * undefined, give the function's value too; those of -1 and less are invalid.
     */
    void logarithmPlus1(int seY, long sigY, int seX, long sigX, int control) {
        int kindY = Float80.kind(seY, sigY);
        int kindX = Float80.kind(seX, sigX);
        if (Math.max(kindY, kindX) >= QUIET_NAN) {
            out.nan(seX, sigX, kindX, seY, sigY, kindY);
            return;
        }
        boolean tooSmall = (seX & SIGN) != 0 && Float80.exponent(seX) >= BIAS;
        if (tooSmall || kindX == ZERO && kindY == INFINITY || kindX == INFINITY && kindY == ZERO) {
            out.invalid();
            return;
        }
        if (kindY == DENORMAL || kindX == DENORMAL) {
            out.flags |= DE;
        }
        int sign = (seY ^ seX) & SIGN;
        if (kindX == INFINITY || kindY == INFINITY) {
            out.infinity(sign);
        } else if (kindX == ZERO || kindY == ZERO) {
            out.set(sign, 0);
        } else {
            binaryLogarithmPlus1(seX, sigX);
            round(sum.multiply(argument.set(seY, sigY)), true, control);
        }
    }

    private void binaryLogarithmPlus1(int se, long sig) {
        argument.set(se, sig);
        if (argument.exponent < -1) {
            term.set(2).add(argument);
            logarithmOfQuotient();
            return;
        }
        // Too far from 1 for the series: 1 + x is split into a power of two and a number near 1.
        argument.add(Wide.ONE);
        int exponent = argument.exponent;
        boolean upper = Long.compareUnsigned(argument.high, ROOT_OF_2) > 0;
        int scale = upper ? -1 : 0;
        argument.exponent = scale;
        term.set(argument).add(Wide.ONE);
        argument.subtract(Wide.ONE);
        if (argument.isZero()) {
            sum.set(exponent);
            return;
        }
        logarithmOfQuotient();
        sum.add(term.set(exponent - scale));
    }
}
