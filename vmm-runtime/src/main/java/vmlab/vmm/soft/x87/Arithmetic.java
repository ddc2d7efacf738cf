// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.BIAS;
import static vmlab.vmm.soft.x87.Float80.DENORMAL;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.INTEGER_BIT;
import static vmlab.vmm.soft.x87.Float80.NORMAL;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.DE;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.PE;

/**
 * Addition, multiplication, division, square root, rounding to an integer, comparison: what IEEE 754 defines exactly.
 *
 * <p>Every method takes operands as sign-exponent and significand, leaves its number and exceptions in {@link #out}, and
 * adds to {@code out.flags}: the caller clears them, or sets DE if a memory operand was a denormal of its own format.
 *
 * @spec Intel SDM 1, sections 4.8.3 and 8.3.5; the tables of results in SDM 2A under FADD, FMUL, FDIV, FSQRT, FCOM
 */
final class Arithmetic {
    /** A comparison's result without order. */
    static final int UNORDERED = 2;

    private final Float80Result out;

    Arithmetic(Float80Result out) {
        this.out = out;
    }

    void subtract(int se1, long sig1, int se2, long sig2, int control) {
        int kind2 = Float80.kind(se2, sig2);
        // A NaN keeps its sign.
        add(se1, sig1, kind2 >= QUIET_NAN ? se2 : se2 ^ SIGN, sig2, control);
    }

    void add(int se1, long sig1, int se2, long sig2, int control) {
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        int worst = Math.max(kind1, kind2);
        if (worst >= DENORMAL) {
            if (worst >= QUIET_NAN) {
                out.nan(se1, sig1, kind1, se2, sig2, kind2);
                return;
            }
            flagDenormal(kind1, kind2);
            if (worst == INFINITY) {
                addInfinity(se1, kind1, se2, kind2);
                return;
            }
        }
        int exponent1 = Float80.exponent(se1);
        int exponent2 = Float80.exponent(se2);
        boolean swap = exponent1 < exponent2 || exponent1 == exponent2 && Long.compareUnsigned(sig1, sig2) < 0;
        if (swap) {
            addMagnitudes(se2 & SIGN, exponent2, sig2, se1 & SIGN, exponent1, sig1, control);
        } else {
            addMagnitudes(se1 & SIGN, exponent1, sig1, se2 & SIGN, exponent2, sig2, control);
        }
    }

    private void flagDenormal(int kind1, int kind2) {
        if (kind1 == DENORMAL || kind2 == DENORMAL) {
            out.flags |= DE;
        }
    }

    private void addInfinity(int se1, int kind1, int se2, int kind2) {
        if (kind1 == kind2 && ((se1 ^ se2) & SIGN) != 0) {
            out.invalid();
        } else {
            out.infinity((kind1 == INFINITY ? se1 : se2) & SIGN);
        }
    }

    /** The first operand is in magnitude the greater one, or the same. */
    private void addMagnitudes(int sign1, int exponent1, long sig1, int sign2, int exponent2, long sig2, int control) {
        int distance = exponent1 - exponent2;
        long high2 = Bits128.shiftRightHigh(sig2, distance);
        long low2 = Bits128.shiftRightLowJam(sig2, 0, distance);
        if (sign1 != sign2) {
            long low = -low2;
            long high = sig1 - high2 - (low2 == 0 ? 0 : 1);
            normalizeAndRound(sign1, exponent1, high, low, control, true);
            return;
        }
        long high = sig1 + high2;
        if (Long.compareUnsigned(high, sig1) < 0) {
            out.round(sign1, exponent1 + 1, high >>> 1 | INTEGER_BIT, high << 63 | low2 >>> 1 | low2 & 1, control);
        } else {
            normalizeAndRound(sign1, exponent1, high, low2, control, false);
        }
    }

    private void normalizeAndRound(int sign, int exponent, long high, long low, int control, boolean difference) {
        if (high < 0) {
            out.round(sign, exponent, high, low, control);
        } else if (high != 0) {
            int shift = Long.numberOfLeadingZeros(high);
            out.round(sign, exponent - shift, high << shift | low >>> -shift, low << shift, control);
        } else if (low != 0) {
            int shift = Long.numberOfLeadingZeros(low);
            out.round(sign, exponent - 64 - shift, low << shift, 0, control);
        } else {
            zeroSum(sign, control, difference);
        }
    }

    /** An exact zero of unlike signs is +0, but -0 when rounding down. */
    private void zeroSum(int sign, int control, boolean difference) {
        boolean down = (control & Float80Result.ROUNDING_MASK) == Float80Result.ROUND_DOWN;
        out.set(difference ? down ? SIGN : 0 : sign, 0);
    }

    void multiply(int se1, long sig1, int se2, long sig2, int control) {
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        int sign = (se1 ^ se2) & SIGN;
        if ((kind1 | kind2) != NORMAL && multiplySpecial(sign, se1, sig1, kind1, se2, sig2, kind2)) {
            return;
        }
        int shift1 = Long.numberOfLeadingZeros(sig1);
        int shift2 = Long.numberOfLeadingZeros(sig2);
        int exponent = Float80.exponent(se1) - shift1 + Float80.exponent(se2) - shift2 - BIAS;
        long high = Bits128.multiplyHigh(sig1 << shift1, sig2 << shift2);
        long low = (sig1 << shift1) * (sig2 << shift2);
        if (high < 0) {
            out.round(sign, exponent + 1, high, low, control);
        } else {
            out.round(sign, exponent, high << 1 | low >>> 63, low << 1, control);
        }
    }

    private boolean multiplySpecial(int sign, int se1, long sig1, int kind1, int se2, long sig2, int kind2) {
        int worst = Math.max(kind1, kind2);
        if (worst >= QUIET_NAN) {
            out.nan(se1, sig1, kind1, se2, sig2, kind2);
            return true;
        }
        flagDenormal(kind1, kind2);
        boolean zero = kind1 == ZERO || kind2 == ZERO;
        if (worst == INFINITY) {
            if (zero) {
                out.invalid();
            } else {
                out.infinity(sign);
            }
            return true;
        }
        if (zero) {
            out.set(sign, 0);
        }
        return zero;
    }

    void divide(int se1, long sig1, int se2, long sig2, int control) {
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        int sign = (se1 ^ se2) & SIGN;
        if ((kind1 | kind2) != NORMAL && divideSpecial(sign, se1, sig1, kind1, se2, sig2, kind2)) {
            return;
        }
        int shift1 = Long.numberOfLeadingZeros(sig1);
        int shift2 = Long.numberOfLeadingZeros(sig2);
        int exponent = Float80.exponent(se1) - shift1 - Float80.exponent(se2) + shift2 + BIAS;
        long dividend = sig1 << shift1;
        long divisor = sig2 << shift2;
        boolean below = Long.compareUnsigned(dividend, divisor) < 0;
        long high = below ? dividend : dividend >>> 1;
        long low = below ? 0 : dividend << 63;
        long quotient = Bits128.divide(high, low, divisor);
        long rest = low - quotient * divisor;
        out.round(sign, below ? exponent - 1 : exponent, quotient, halves(rest, divisor), control);
    }

    /** The bits after a quotient as far as rounding needs them: 0, below a half, a half, above. */
    private static long halves(long rest, long divisor) {
        if (rest == 0) {
            return 0;
        }
        int order = Long.compareUnsigned(rest, divisor - rest);
        return order < 0 ? 1 : order == 0 ? Long.MIN_VALUE : -1;
    }

    private boolean divideSpecial(int sign, int se1, long sig1, int kind1, int se2, long sig2, int kind2) {
        int worst = Math.max(kind1, kind2);
        if (worst >= QUIET_NAN) {
            out.nan(se1, sig1, kind1, se2, sig2, kind2);
            return true;
        }
        if (kind1 == kind2 && (kind1 == ZERO || kind1 == INFINITY)) {
            out.invalid();
            return true;
        }
        flagDenormal(kind1, kind2);
        if (kind1 == INFINITY) {
            out.infinity(sign);
        } else if (kind2 == ZERO) {
            out.zeroDivide(sign);
        } else if (kind1 == ZERO || kind2 == INFINITY) {
            out.set(sign, 0);
        } else {
            return false;
        }
        return true;
    }

    void squareRoot(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        if (kind >= QUIET_NAN) {
            out.nan(se, sig, kind);
            return;
        }
        if (kind == ZERO) {
            out.set(se, sig);
            return;
        }
        if ((se & SIGN) != 0) {
            out.invalid();
            return;
        }
        if (kind == INFINITY) {
            out.set(se, sig);
            return;
        }
        flagDenormal(kind, kind);
        int shift = Long.numberOfLeadingZeros(sig);
        rootOfFinite(Float80.exponent(se) - shift - BIAS, sig << shift, control);
    }

    /**
     * The root of the 128-bit radicand high:low, by its upper half's root and one division for the lower half of the
     * root (Zimmermann's recursive square root, one step).
     */
    private void rootOfFinite(int exponent, long sig, int control) {
        boolean odd = (exponent & 1) != 0;
        long high = odd ? sig : sig >>> 1;
        long low = odd ? 0 : sig << 63;
        long upper = Bits128.squareRoot(high);
        long upperRest = high - upper * upper;
        // upperRest may have 33 bits, so the dividend and the divisor are halved; the bit lost comes back into rest.
        long dividend = upperRest << 31 | low >>> 33;
        long lower = Long.divideUnsigned(dividend, upper);
        long rest = dividend - lower * upper;
        long restHigh = rest >>> 31;
        long restLow = rest << 33 | low & 0x1_FFFF_FFFFL;
        long square = lower * lower;
        long squareHigh = Bits128.multiplyHigh(lower, lower);
        long root = (upper << 32) + lower;
        long newLow = restLow - square;
        long newHigh = restHigh - squareHigh - (Long.compareUnsigned(restLow, square) < 0 ? 1 : 0);
        while (newHigh < 0) {
            root--;
            long added = root << 1 | 1;
            long sum = newLow + added;
            newHigh += (root >>> 63) + (Long.compareUnsigned(sum, newLow) < 0 ? 1 : 0);
            newLow = sum;
        }
        // The root plus a half is never exact: its square ends in a quarter.
        boolean aboveHalf = newHigh != 0 || Long.compareUnsigned(newLow, root) > 0;
        long halves = (newHigh | newLow) == 0 ? 0 : aboveHalf ? -1 : 1;
        out.round(0, (exponent >> 1) + BIAS, root, halves, control);
    }

    /** FRNDINT: an integral value of the same format. */
    void roundToInteger(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        if (kind >= QUIET_NAN) {
            out.nan(se, sig, kind);
            return;
        }
        flagDenormal(kind, kind);
        int fractionBits = BIAS + 63 - Float80.exponent(se);
        if (kind == ZERO || kind == INFINITY || fractionBits <= 0) {
            out.set(se, sig);
            return;
        }
        int sign = se & SIGN;
        long whole = Bits128.shiftRightHigh(sig, Math.min(fractionBits, 127));
        long rest = Bits128.shiftRightLowJam(sig, 0, fractionBits);
        if (rest != 0) {
            out.flags |= PE;
            if (Float80Result.roundsAway(sign, (whole & 1) != 0, rest, control)) {
                out.flags |= StatusWord.C1;
                whole++;
            }
        }
        setInteger(sign, whole);
    }

    /** A signed magnitude, exact. */
    void setInteger(int sign, long magnitude) {
        if (magnitude == 0) {
            out.set(sign, 0);
            return;
        }
        int shift = Long.numberOfLeadingZeros(magnitude);
        out.set(sign | BIAS + 63 - shift, magnitude << shift);
    }

    /**
     * @param quiet whether a quiet NaN is only unordered, not invalid (FUCOM)
     * @return -1, 0, 1 or {@link #UNORDERED}
     */
    int compare(int se1, long sig1, int se2, long sig2, boolean quiet) {
        int kind1 = Float80.kind(se1, sig1);
        int kind2 = Float80.kind(se2, sig2);
        int worst = Math.max(kind1, kind2);
        if (worst >= QUIET_NAN) {
            out.flags &= ~DE;
            if (!quiet || worst > QUIET_NAN) {
                out.flags |= IE;
            }
            return UNORDERED;
        }
        flagDenormal(kind1, kind2);
        if (kind1 == ZERO && kind2 == ZERO) {
            return 0;
        }
        boolean negative1 = (se1 & SIGN) != 0;
        boolean negative2 = (se2 & SIGN) != 0;
        if (negative1 != negative2) {
            return negative1 ? -1 : 1;
        }
        int order = compareMagnitudes(se1, sig1, se2, sig2);
        return negative1 ? -order : order;
    }

    private static int compareMagnitudes(int se1, long sig1, int se2, long sig2) {
        int order = Integer.compare(Float80.exponent(se1), Float80.exponent(se2));
        return Integer.signum(order != 0 ? order : Long.compareUnsigned(sig1, sig2));
    }
}
