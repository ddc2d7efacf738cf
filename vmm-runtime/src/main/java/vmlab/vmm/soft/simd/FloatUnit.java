// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * Arithmetic on one element under MXCSR: rounding in all four modes, denormals as zeros, flushing to zero, and the
 * exceptions, which it gathers in {@link #raised} for the instruction to commit. Computes in integers, exactly to the last
 * sticky bit; where no flag can change and the mode is Java's, with Java's operators.
 *
 * <p>An unmasked exception does not stop it: the instruction's result is then dropped as a whole.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 4.8, 4.9, 10.2.3 and 11.5
 */
final class FloatUnit {
    /** What {@link #compare} tells of operands one of which is a NaN. */
    static final int UNORDERED = 2;

    private static final int INTEGER_INDEFINITE = 0x8000_0000;

    private static final long ONE = Float.floatToRawIntBits(1);

    private int raised;
    private int rounding;
    private boolean denormalsAreZeros;
    private boolean flushToZero;
    private boolean overflowMasked;
    private boolean underflowMasked;
    private boolean quick;

    /** Starts an instruction: no exceptions yet. */
    void begin(int mxcsr) {
        raised = 0;
        rounding = mxcsr >>> Mxcsr.ROUNDING_SHIFT & 3;
        denormalsAreZeros = (mxcsr & Mxcsr.DENORMALS_ARE_ZEROS) != 0;
        overflowMasked = (mxcsr & Mxcsr.OVERFLOW << Mxcsr.MASK_SHIFT) != 0;
        underflowMasked = (mxcsr & Mxcsr.UNDERFLOW << Mxcsr.MASK_SHIFT) != 0;
        flushToZero = underflowMasked && (mxcsr & Mxcsr.FLUSH_TO_ZERO) != 0;
        int inexactIsNoNews = Mxcsr.PRECISION | Mxcsr.PRECISION << Mxcsr.MASK_SHIFT;
        quick = rounding == Mxcsr.NEAREST && (mxcsr & inexactIsNoNews) == inexactIsNoNews;
    }

    /** The exceptions since {@link #begin}, as flags of MXCSR. */
    int raised() {
        return raised;
    }

    long add(FloatFormat format, long a, long b) {
        if (quick && format.isNormal(a) && format.isNormal(b)) {
            long sum = format.sum(a, b);
            if (format.isNormalNotLeast(sum)) {
                return sum;
            }
        }
        return addExactly(format, flushed(format, a), flushed(format, b));
    }

    private long addExactly(FloatFormat format, long a, long b) {
        if (format.isNan(a) || format.isNan(b)) {
            return nan(format, a, b);
        }
        if (format.isInfinite(a) && format.isInfinite(b) && a != b) {
            return invalid(format);
        }
        noteDenormals(format, a, b);
        if (format.isInfinite(a)) {
            return a;
        }
        if (format.isInfinite(b)) {
            return b;
        }
        return format.magnitude(a) < format.magnitude(b) ? addSmaller(format, b, a) : addSmaller(format, a, b);
    }

    private long addSmaller(FloatFormat format, long greater, long smaller) {
        boolean negative = format.isNegative(greater);
        boolean alike = negative == format.isNegative(smaller);
        if (format.isZero(greater)) {
            return alike ? greater : zeroDifference(format);
        }
        int exponent = format.exponent(greater);
        long sum = format.significand(greater) >>> 1;
        if (!format.isZero(smaller)) {
            long aligned = shiftSticky(format.significand(smaller) >>> 1, exponent - format.exponent(smaller));
            sum += alike ? aligned : -aligned;
        }
        return sum == 0 ? zeroDifference(format) : normalizeAndRound(format, negative, exponent + 1, sum);
    }

    /** The sign of x - x (Intel SDM 1, 4.8.3.1). */
    private long zeroDifference(FloatFormat format) {
        return rounding == Mxcsr.DOWN ? format.sign : 0;
    }

    /** A NaN keeps its sign: only numbers are negated. */
    long subtract(FloatFormat format, long a, long b) {
        return add(format, a, format.isNan(b) ? b : b ^ format.sign);
    }

    long multiply(FloatFormat format, long a, long b) {
        if (quick && format.isNormal(a) && format.isNormal(b)) {
            long product = format.product(a, b);
            if (format.isNormalNotLeast(product)) {
                return product;
            }
        }
        return multiplyExactly(format, flushed(format, a), flushed(format, b));
    }

    private long multiplyExactly(FloatFormat format, long a, long b) {
        if (format.isNan(a) || format.isNan(b)) {
            return nan(format, a, b);
        }
        boolean zero = format.isZero(a) || format.isZero(b);
        boolean infinite = format.isInfinite(a) || format.isInfinite(b);
        if (zero && infinite) {
            return invalid(format);
        }
        noteDenormals(format, a, b);
        long sign = (a ^ b) & format.sign;
        if (zero || infinite) {
            return zero ? sign : sign | format.infinity;
        }
        long x = format.significand(a);
        long y = format.significand(b);
        long product = Math.multiplyHigh(x, y) | (x * y != 0 ? 1 : 0);
        // 2^62 * 2^62 is 2^124: bit 60 of the high half
        return normalizeAndRound(format, sign != 0, format.exponent(a) + format.exponent(b) + 2, product);
    }

    long divide(FloatFormat format, long a, long b) {
        if (quick && format.isNormal(a) && format.isNormal(b)) {
            long quotient = format.quotient(a, b);
            if (format.isNormalNotLeast(quotient)) {
                return quotient;
            }
        }
        return divideExactly(format, flushed(format, a), flushed(format, b));
    }

    private long divideExactly(FloatFormat format, long a, long b) {
        if (format.isNan(a) || format.isNan(b)) {
            return nan(format, a, b);
        }
        if (format.isZero(a) && format.isZero(b) || format.isInfinite(a) && format.isInfinite(b)) {
            return invalid(format);
        }
        long sign = (a ^ b) & format.sign;
        if (format.isZero(b) && !format.isInfinite(a)) {
            raised |= Mxcsr.ZERO_DIVIDE;
            return sign | format.infinity;
        }
        noteDenormals(format, a, b);
        if (format.isInfinite(a)) {
            return sign | format.infinity;
        }
        if (format.isZero(a) || format.isInfinite(b)) {
            return sign;
        }
        long quotient = divideSignificands(format.significand(a) >>> 10, format.significand(b) >>> 10);
        return normalizeAndRound(format, sign != 0, format.exponent(a) - format.exponent(b) + 2, quotient);
    }

    /** The quotient of two numbers in [2^52, 2^53), times 2^60, with a sticky bit 0: ten bits at a time. */
    private static long divideSignificands(long dividend, long divisor) {
        long quotient = dividend / divisor;
        long remainder = dividend % divisor;
        for (int bits = 0; bits < 60; bits += 10) {
            remainder <<= 10;
            quotient = quotient << 10 | remainder / divisor;
            remainder %= divisor;
        }
        return quotient | (remainder != 0 ? 1 : 0);
    }

    long squareRoot(FloatFormat format, long value) {
        if (quick && format.isNormal(value) && !format.isNegative(value)) {
            return format.root(value);
        }
        long a = flushed(format, value);
        if (format.isNan(a)) {
            return nan(format, a, a);
        }
        if (format.isZero(a)) {
            return a;
        }
        if (format.isNegative(a)) {
            return invalid(format);
        }
        noteDenormals(format, a, a);
        if (format.isInfinite(a)) {
            return a;
        }
        int exponent = format.exponent(a);
        long radicand = format.significand(a) << (exponent & 1);
        return normalizeAndRound(format, false, (exponent >> 1) + 6, rootOf(radicand));
    }

    /** The root of an unsigned number in [2^62, 2^64), times 2^24, with a sticky bit 0: two bits at a time. */
    private static long rootOf(long radicand) {
        long root = 0;
        long remainder = 0;
        long rest = radicand;
        for (int bits = 0; bits < 56; bits++) {
            remainder = remainder << 2 | rest >>> 62;
            rest <<= 2;
            long trial = root << 2 | 1;
            root <<= 1;
            if (remainder >= trial) {
                remainder -= trial;
                root |= 1;
            }
        }
        // one more place, as the lowest of the 56 may be needed for rounding
        return root << 1 | (remainder != 0 ? 1 : 0);
    }

    /** The second operand if either is a NaN, or both are zeros; never quieted (Intel SDM 2, MINPS). */
    long minimum(FloatFormat format, long first, long second) {
        long a = flushed(format, first);
        long b = flushed(format, second);
        return ordered(format, a, b) && format.compare(a, b) < 0 ? a : b;
    }

    /** As {@link #minimum}. */
    long maximum(FloatFormat format, long first, long second) {
        long a = flushed(format, first);
        long b = flushed(format, second);
        return ordered(format, a, b) && format.compare(a, b) > 0 ? a : b;
    }

    private boolean ordered(FloatFormat format, long a, long b) {
        if (format.isNan(a) || format.isNan(b)) {
            raised |= Mxcsr.INVALID;
            return false;
        }
        noteDenormals(format, a, b);
        return true;
    }

    /**
     * One of the eight predicates of CMPPS (Intel SDM 2, CMPPS, table 3-1): equal, less, less or equal, unordered, and
     * their negations.
     */
    boolean satisfies(FloatFormat format, long first, long second, int predicate) {
        long a = flushed(format, first);
        long b = flushed(format, second);
        int relation = predicate & 3;
        boolean quiet = relation == 0 || relation == 3;
        boolean unordered = isUnordered(format, a, b, quiet);
        boolean holds = switch (relation) {
            case 0 -> !unordered && format.compare(a, b) == 0;
            case 1 -> !unordered && format.compare(a, b) < 0;
            case 2 -> !unordered && format.compare(a, b) <= 0;
            default -> unordered;
        };
        return holds != ((predicate & 4) != 0);
    }

    /** Whether an operand is a NaN; a quiet one is an invalid operand for some comparisons only. */
    private boolean isUnordered(FloatFormat format, long a, long b, boolean quiet) {
        if (!format.isNan(a) && !format.isNan(b)) {
            noteDenormals(format, a, b);
            return false;
        }
        if (!quiet || format.isSignalling(a) || format.isSignalling(b)) {
            raised |= Mxcsr.INVALID;
        }
        return true;
    }

    /**
     * COMISS and UCOMISS: -1, 0, 1 or {@link #UNORDERED}.
     *
     * @param quiet quiet NaNs are valid operands (UCOMISS)
     */
    int compare(FloatFormat format, long first, long second, boolean quiet) {
        long a = flushed(format, first);
        long b = flushed(format, second);
        return isUnordered(format, a, b, quiet) ? UNORDERED : format.compare(a, b);
    }

    /** To the other format. */
    long convert(FloatFormat from, FloatFormat to, long value) {
        long a = flushed(from, value);
        long sign = from.isNegative(a) ? to.sign : 0;
        if (from.isNan(a)) {
            long fraction = nan(from, a, a) & (1L << from.fractionBits) - 1;
            int wider = to.fractionBits - from.fractionBits;
            return sign | to.infinity | (wider > 0 ? fraction << wider : fraction >>> -wider);
        }
        noteDenormals(from, a, a);
        if (from.isZero(a) || from.isInfinite(a)) {
            return from.isZero(a) ? sign : sign | to.infinity;
        }
        return round(to, sign != 0, from.exponent(a), from.significand(a));
    }

    long fromInteger(FloatFormat format, int value) {
        return value == 0 ? 0 : normalizeAndRound(format, value < 0, 62, Math.abs((long) value));
    }

    /** To a 32-bit integer by the rounding mode; what doesn't fit gives the integer indefinite (Intel SDM 1, 4.8.3.7). */
    int toInteger(FloatFormat format, long value) {
        return toInteger(format, value, rounding);
    }

    int toIntegerTruncated(FloatFormat format, long value) {
        return toInteger(format, value, Mxcsr.TRUNCATE);
    }

    private int toInteger(FloatFormat format, long value, int mode) {
        long a = flushed(format, value);
        if (format.isZero(a)) {
            return 0;
        }
        if (!format.isNan(a) && !format.isInfinite(a) && format.exponent(a) < 32) {
            boolean negative = format.isNegative(a);
            long significand = format.significand(a);
            // what is below 1/2 rounds alike, however small it is
            int dropped = Math.min(62 - format.exponent(a), 63);
            if (format.exponent(a) < -1) {
                significand = 1;
            }
            long rounded = roundOff(negative, significand, dropped, mode);
            long integer = negative ? -rounded : rounded;
            if (integer == (int) integer) {
                raised |= isInexact(significand, dropped) ? Mxcsr.PRECISION : 0;
                return (int) integer;
            }
        }
        raised |= Mxcsr.INVALID;
        return INTEGER_INDEFINITE;
    }

    /** The approximation of RCPPS, here as good as a single can be: no exceptions; denormals, also as results, are zeros. */
    static long reciprocal(long value) {
        FloatFormat single = FloatFormat.SINGLE;
        if (single.isNan(value)) {
            return quieted(single, value);
        }
        long sign = value & single.sign;
        if (!single.isNormal(value)) {
            return single.isInfinite(value) ? sign : sign | single.infinity;
        }
        long reciprocal = single.quotient(ONE, value);
        return single.isDenormal(reciprocal) ? sign : reciprocal;
    }

    /** The approximation of RSQRTPS, here nearly as good as a single can be: no exceptions, denormals are zeros. */
    static long reciprocalRoot(long value) {
        FloatFormat single = FloatFormat.SINGLE;
        if (single.isNan(value)) {
            return quieted(single, value);
        }
        if (single.isZero(value) || single.isDenormal(value)) {
            return value & single.sign | single.infinity;
        }
        if (single.isNegative(value)) {
            return single.indefinite;
        }
        return single.isInfinite(value) ? 0 : single.quotient(ONE, single.root(value));
    }

    /** The operand, or a zero of its sign if it is denormal and DAZ is set. */
    private long flushed(FloatFormat format, long value) {
        return denormalsAreZeros && format.isDenormal(value) ? value & format.sign : value;
    }

    private void noteDenormals(FloatFormat format, long a, long b) {
        if (format.isDenormal(a) || format.isDenormal(b)) {
            raised |= Mxcsr.DENORMAL;
        }
    }

    private long invalid(FloatFormat format) {
        raised |= Mxcsr.INVALID;
        return format.indefinite;
    }

    /** The first operand that is a NaN, quieted (Intel SDM 1, table 4-7). */
    private long nan(FloatFormat format, long a, long b) {
        if (format.isSignalling(a) || format.isSignalling(b)) {
            raised |= Mxcsr.INVALID;
        }
        return quieted(format, format.isNan(a) ? a : b);
    }

    private static long quieted(FloatFormat format, long nan) {
        return nan | format.quiet;
    }

    /** Shifts right by any distance from 0 on; bit 0 tells of lost ones. */
    private static long shiftSticky(long value, int distance) {
        if (distance > 62) {
            return 1;
        }
        return value >>> distance | (isInexact(value, distance) ? 1 : 0);
    }

    private static boolean isInexact(long significand, int dropped) {
        return (significand & (1L << dropped) - 1) != 0;
    }

    private long normalizeAndRound(FloatFormat format, boolean negative, int exponent, long significand) {
        int shift = Long.numberOfLeadingZeros(significand) - 1;
        return round(format, negative, exponent - shift, significand << shift);
    }

    /**
     * Rounds and packs significand / 2^62 * 2^exponent, bit 62 being the leading one and bit 0 sticky. Whether the result
     * is tiny or huge is decided after rounding as if the exponent were unbounded (Intel SDM 1, 4.9.1.4 and 4.9.1.5); if
     * that exception is unmasked, the result so rounded is also what can be inexact (E.4.2.3, table E-16 and on).
     */
    private long round(FloatFormat format, boolean negative, int exponent, long significand) {
        int dropped = 62 - format.fractionBits;
        long kept = roundOff(negative, significand, dropped, rounding);
        int roundedExponent = exponent + (int) (kept >>> format.fractionBits + 1);
        boolean tiny = roundedExponent < 1 - format.bias;
        if (tiny && underflowMasked) {
            return underflow(format, negative, exponent, significand);
        }
        raised |= isInexact(significand, dropped) ? Mxcsr.PRECISION : 0;
        raised |= tiny ? Mxcsr.UNDERFLOW : 0;
        if (roundedExponent > format.bias) {
            return overflow(format, negative);
        }
        // kept holds the leading one, which adds 1 to the exponent field, or 2 after a carry
        return (negative ? format.sign : 0) | ((long) (exponent + format.bias - 1) << format.fractionBits) + kept;
    }

    /** Intel SDM 1, table 4-10. */
    private long overflow(FloatFormat format, boolean negative) {
        raised |= Mxcsr.OVERFLOW | (overflowMasked ? Mxcsr.PRECISION : 0);
        boolean infinite = rounding == Mxcsr.NEAREST || rounding == (negative ? Mxcsr.DOWN : Mxcsr.UP);
        return (negative ? format.sign : 0) | (infinite ? format.infinity : format.infinity - 1);
    }

    /** The response to a tiny result while the exception is masked (Intel SDM 1, 4.9.1.5 and 10.2.3.3). */
    private long underflow(FloatFormat format, boolean negative, int exponent, long significand) {
        long sign = negative ? format.sign : 0;
        if (flushToZero) {
            raised |= Mxcsr.UNDERFLOW | Mxcsr.PRECISION;
            return sign;
        }
        int dropped = 62 - format.fractionBits + 1 - format.bias - exponent;
        boolean vanishing = dropped > 63;
        long shifted = vanishing ? 1 : significand;
        dropped = Math.min(dropped, 63);
        if (isInexact(shifted, dropped)) {
            raised |= Mxcsr.UNDERFLOW | Mxcsr.PRECISION;
        }
        return sign | roundOff(negative, shifted, dropped, rounding);
    }

    /** Drops 1 to 63 low bits of a magnitude. */
    private static long roundOff(boolean negative, long significand, int dropped, int mode) {
        long kept = significand >>> dropped;
        long rest = significand & (1L << dropped) - 1;
        long half = 1L << dropped - 1;
        boolean up = switch (mode) {
            case Mxcsr.NEAREST -> rest > half || rest == half && (kept & 1) != 0;
            case Mxcsr.DOWN -> rest != 0 && negative;
            case Mxcsr.UP -> rest != 0 && !negative;
            default -> false;
        };
        return up ? kept + 1 : kept;
    }
}
