// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * A binary floating-point format of IEEE 754: where its fields are, and Java's own arithmetic on it, which rounds to
 * nearest and shows no exceptions. Values are bit patterns; singles are zero-extended.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, 4.2.2 and 4.8
 */
abstract class FloatFormat {
    static final FloatFormat SINGLE = new Single();
    static final FloatFormat DOUBLE = new Double();

    /** Bits of the fraction, without the implied leading one. */
    final int fractionBits;
    /** Also the greatest exponent of a finite number. */
    final int bias;

    final long sign;
    final long infinity;
    final long quiet;
    /** The quiet NaN of invalid operations: negative, empty payload (Intel SDM 1, 4.8.3.7). */
    final long indefinite;

    private FloatFormat(int fractionBits, int exponentBits) {
        this.fractionBits = fractionBits;
        bias = (1 << exponentBits - 1) - 1;
        sign = 1L << fractionBits + exponentBits;
        infinity = sign - (1L << fractionBits);
        quiet = 1L << fractionBits - 1;
        indefinite = sign | infinity | quiet;
    }

    abstract long sum(long a, long b);

    abstract long product(long a, long b);

    abstract long quotient(long a, long b);

    abstract long root(long a);

    long magnitude(long value) {
        return value & ~sign;
    }

    boolean isNegative(long value) {
        return (value & sign) != 0;
    }

    boolean isNan(long value) {
        return magnitude(value) > infinity;
    }

    boolean isSignalling(long value) {
        return isNan(value) && (value & quiet) == 0;
    }

    boolean isInfinite(long value) {
        return magnitude(value) == infinity;
    }

    boolean isZero(long value) {
        return magnitude(value) == 0;
    }

    boolean isDenormal(long value) {
        return !isZero(value) && exponentField(value) == 0;
    }

    /** Neither zero, denormal, infinite nor NaN. */
    boolean isNormal(long value) {
        int field = exponentField(value);
        return field != 0 && field != 2 * bias + 1;
    }

    /** Normal, and not the least exponent, where a tiny result may have been rounded to. */
    boolean isNormalNotLeast(long value) {
        return isNormal(value) && exponentField(value) != 1;
    }

    private int exponentField(long value) {
        return (int) (magnitude(value) >>> fractionBits);
    }

    /** The significand of a finite number but zero, denormals too, with its leading one in bit 62. */
    long significand(long value) {
        return rawSignificand(value) << denormalShift(value);
    }

    /** The exponent that belongs to {@link #significand}: the value is significand / 2^62 * 2^exponent. */
    int exponent(long value) {
        return Math.max(exponentField(value), 1) - bias - denormalShift(value);
    }

    private long rawSignificand(long value) {
        long fraction = value & (1L << fractionBits) - 1;
        long leading = exponentField(value) == 0 ? 0 : 1L << fractionBits;
        return (leading | fraction) << 62 - fractionBits;
    }

    private int denormalShift(long value) {
        return Long.numberOfLeadingZeros(rawSignificand(value)) - 1;
    }

    /** Order of two numbers that aren't NaN; the zeros are equal. */
    int compare(long a, long b) {
        return Long.compare(ordinal(a), ordinal(b));
    }

    private long ordinal(long value) {
        return isNegative(value) ? -magnitude(value) : value;
    }

    private static final class Single extends FloatFormat {
        Single() {
            super(23, 8);
        }

        private static float number(long bits) {
            return Float.intBitsToFloat((int) bits);
        }

        private static long bits(float number) {
            return Float.floatToRawIntBits(number) & 0xFFFF_FFFFL;
        }

        @Override
        long sum(long a, long b) {
            return bits(number(a) + number(b));
        }

        @Override
        long product(long a, long b) {
            return bits(number(a) * number(b));
        }

        @Override
        long quotient(long a, long b) {
            return bits(number(a) / number(b));
        }

        /** Exact although rounded twice: a double has more than twice the bits. */
        @Override
        long root(long a) {
            return bits((float) Math.sqrt(number(a)));
        }
    }

    private static final class Double extends FloatFormat {
        Double() {
            super(52, 11);
        }

        private static double number(long bits) {
            return java.lang.Double.longBitsToDouble(bits);
        }

        private static long bits(double number) {
            return java.lang.Double.doubleToRawLongBits(number);
        }

        @Override
        long sum(long a, long b) {
            return bits(number(a) + number(b));
        }

        @Override
        long product(long a, long b) {
            return bits(number(a) * number(b));
        }

        @Override
        long quotient(long a, long b) {
            return bits(number(a) / number(b));
        }

        @Override
        long root(long a) {
            return bits(Math.sqrt(number(a)));
        }
    }
}
