// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.BIAS;
import static vmlab.vmm.soft.x87.Float80.EXPONENT_MASK;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.INTEGER_BIT;
import static vmlab.vmm.soft.x87.Float80.QUIET_BIT;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.SIGNALING_NAN;
import static vmlab.vmm.soft.x87.Float80.UNSUPPORTED;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.DE;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.OE;
import static vmlab.vmm.soft.x87.StatusWord.PE;
import static vmlab.vmm.soft.x87.StatusWord.UE;

/**
 * Single and double precision, integers and packed decimals: from and to the 80-bit format. Numbers read go to
 * {@link #out}; exceptions of both ways go to {@code out.flags}.
 *
 * @spec Intel SDM 1, sections 4.2, 4.7, 4.8.3.7 and 8.1.2; tables 4-3 and 4-4
 */
final class MemoryFormats {
    static final long INTEGER_INDEFINITE_64 = Long.MIN_VALUE;
    private static final long DECIMAL_LIMIT = 1_000_000_000_000_000_000L;
    /** The upper 16 bits of packed BCD indefinite; the lower 64 are {@link #DECIMAL_INDEFINITE}. */
    private static final int DECIMAL_INDEFINITE_HIGH = 0xFFFF;

    private static final long DECIMAL_INDEFINITE = 0xC000_0000_0000_0000L;

    private final Float80Result out;

    /** Bits 64 to 79 of the packed decimal that {@link #toDecimal} made. */
    int decimalHigh;

    MemoryFormats(Float80Result out) {
        this.out = out;
    }

    /** A number of single precision; a denormal one sets DE, a signaling NaN stays one. */
    void fromSingle(int bits) {
        widen(bits >>> 16 & SIGN, bits >>> 23 & 0xFF, 0xFF, (long) bits << 40 & ~INTEGER_BIT);
    }

    /** A number of double precision; a denormal one sets DE, a signaling NaN stays one. */
    void fromDouble(long bits) {
        widen((int) (bits >>> 48) & SIGN, (int) (bits >>> 52) & 0x7FF, 0x7FF, bits << 11 & ~INTEGER_BIT);
    }

    /**
     * @param fraction bits after the binary point, from bit 62 down
     */
    private void widen(int sign, int exponent, int exponentMask, long fraction) {
        int bias = exponentMask >>> 1;
        if (exponent == exponentMask) {
            out.set(sign | EXPONENT_MASK, fraction | INTEGER_BIT);
        } else if (exponent != 0) {
            out.set(sign | exponent - bias + BIAS, fraction | INTEGER_BIT);
        } else if (fraction == 0) {
            out.set(sign, 0);
        } else {
            int shift = Long.numberOfLeadingZeros(fraction);
            out.flags |= DE;
            out.set(sign | 1 - shift - bias + BIAS, fraction << shift);
        }
    }

    void fromInteger(long value) {
        long magnitude = Math.abs(value);
        if (magnitude == 0) {
            out.set(0, 0);
            return;
        }
        int shift = Long.numberOfLeadingZeros(magnitude);
        out.set((value < 0 ? SIGN : 0) | BIAS + 63 - shift, magnitude << shift);
    }

    /** Eighteen decimal digits and a sign; what other digits give is undefined, here as if they were numbers. */
    void fromDecimal(long low, int high) {
        long value = (high >>> 4 & 0xF) * 10L + (high & 0xF);
        for (int digit = 15; digit >= 0; digit--) {
            value = value * 10 + (low >>> (4 * digit) & 0xF);
        }
        fromInteger(value);
        out.signExponent |= high & SIGN;
    }

    int toSingle(int se, long sig, int control) {
        long bits = narrow(se, sig, 23, 0xFF, control);
        return (int) bits;
    }

    long toDouble(int se, long sig, int control) {
        return narrow(se, sig, 52, 0x7FF, control);
    }

    private long narrow(int se, long sig, int fractionBits, int exponentMask, int control) {
        long sign = (se & SIGN) == 0 ? 0 : 1L << (fractionBits + (exponentMask == 0xFF ? 8 : 11));
        long infinity = (long) exponentMask << fractionBits;
        int kind = Float80.kind(se, sig);
        if (kind == UNSUPPORTED) {
            out.flags |= IE;
            return 3L << (fractionBits + (exponentMask == 0xFF ? 7 : 10)) | infinity | 1L << (fractionBits - 1);
        }
        if (kind >= QUIET_NAN) {
            out.flags |= kind == SIGNALING_NAN ? IE : 0;
            return sign | infinity | (sig | QUIET_BIT) << 1 >>> (64 - fractionBits);
        }
        if (kind == INFINITY) {
            return sign | infinity;
        }
        if (kind == ZERO) {
            return sign;
        }
        int shift = Long.numberOfLeadingZeros(sig);
        int exponent = Float80.exponent(se) - shift - BIAS + (exponentMask >>> 1);
        return sign | narrowFinite(se & SIGN, exponent, sig << shift, fractionBits, exponentMask, control);
    }

    private long narrowFinite(int sign, int exponent, long sig, int fractionBits, int exponentMask, int control) {
        int dropped = 63 - fractionBits;
        if (exponent <= 0) {
            return narrowTiny(sign, exponent, sig, dropped, control);
        }
        // The integer bit adds 1 to the exponent field, and so does a carry out of the significand.
        long kept = sig >>> dropped;
        long rest = sig << -dropped;
        boolean up = Float80Result.roundsAway(sign, (kept & 1) != 0, rest, control);
        long bits = ((long) (exponent - 1) << fractionBits) + kept + (up ? 1 : 0);
        long infinity = (long) exponentMask << fractionBits;
        if (bits < infinity && exponent < exponentMask) {
            out.flags |= rest == 0 ? 0 : PE | (up ? C1 : 0);
            return bits;
        }
        out.flags |= OE;
        if ((control & OE) == 0) {
            return 0;
        }
        boolean toInfinity = Float80Result.roundsAway(sign, true, -1, control);
        out.flags |= PE | (toInfinity ? C1 : 0);
        return toInfinity ? infinity : infinity - 1;
    }

    private long narrowTiny(int sign, int exponent, long sig, int dropped, int control) {
        long all = -1L >>> dropped;
        long rest = sig << -dropped;
        boolean carries = sig >>> dropped == all && Float80Result.roundsAway(sign, true, rest, control);
        boolean tiny = exponent < 0 || !carries;
        if (tiny && (control & UE) == 0) {
            out.flags |= UE;
            return 0;
        }
        int count = dropped + 1 - exponent;
        long kept = Bits128.shiftRightHigh(sig, Math.min(count, 127));
        long below = Bits128.shiftRightLowJam(sig, 0, count);
        if (below == 0) {
            return kept;
        }
        boolean up = Float80Result.roundsAway(sign, (kept & 1) != 0, below, control);
        out.flags |= PE | (tiny ? UE : 0) | (up ? C1 : 0);
        return kept + (up ? 1 : 0);
    }

    /**
     * A signed integer of so many bits. One that does not fit is invalid and gives the integer indefinite: the least
     * number.
     */
    long toInteger(int se, long sig, int bits, int control) {
        long indefinite = -1L << (bits - 1);
        long magnitude = roundedMagnitude(se, sig, control);
        boolean negative = (se & SIGN) != 0;
        boolean fits = (out.flags & IE) == 0
                && (Long.compareUnsigned(magnitude, ~indefinite) <= 0 || negative && magnitude == -indefinite);
        if (!fits) {
            out.flags = out.flags & ~(PE | C1) | IE;
            return indefinite;
        }
        return negative ? -magnitude : magnitude;
    }

    /** The low 64 bits of the packed decimal; the rest goes to {@link #decimalHigh}. */
    long toDecimal(int se, long sig, int control) {
        long magnitude = roundedMagnitude(se, sig, control);
        if ((out.flags & IE) != 0 || Long.compareUnsigned(magnitude, DECIMAL_LIMIT) >= 0) {
            out.flags = out.flags & ~(PE | C1) | IE;
            decimalHigh = DECIMAL_INDEFINITE_HIGH;
            return DECIMAL_INDEFINITE;
        }
        long low = 0;
        long digits = magnitude;
        for (int digit = 0; digit < 16; digit++) {
            low |= digits % 10 << (4 * digit);
            digits /= 10;
        }
        decimalHigh = se & SIGN | (int) (digits / 10) << 4 | (int) (digits % 10);
        return low;
    }

    /** Rounded to an integer below 2^64; anything else is invalid. */
    private long roundedMagnitude(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        int fractionBits = BIAS + 63 - Float80.exponent(se);
        if (kind >= INFINITY || fractionBits < 0) {
            out.flags |= IE;
            return 0;
        }
        long whole = Bits128.shiftRightHigh(sig, Math.min(fractionBits, 127));
        long rest = Bits128.shiftRightLowJam(sig, 0, fractionBits);
        if (rest == 0) {
            return whole;
        }
        out.flags |= PE;
        if (Float80Result.roundsAway(se & SIGN, (whole & 1) != 0, rest, control)) {
            out.flags |= C1;
            whole++;
        }
        return whole;
    }
}
