// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.OE;
import static vmlab.vmm.soft.x87.StatusWord.PE;
import static vmlab.vmm.soft.x87.StatusWord.UE;

import java.math.BigInteger;

/**
 * A second opinion on numbers: exact fractions of BigIntegers, and rounding as IEEE 754 words it (the multiple of the
 * last place's unit below or above), with nothing in common with the implementation.
 *
 * @param numerator not negative
 * @param denominator positive
 */
record Exact(boolean negative, BigInteger numerator, BigInteger denominator) {

    /** A format: bits of significand, and the exponents of the least and greatest normal numbers. */
    record Format(int precision, int least, int greatest) {
        static Format extended(int control) {
            int precision = switch (control >> 8 & 3) {
                case 0 -> 24;
                case 2 -> 53;
                default -> 64;
            };
            return new Format(precision, -16382, 16383);
        }
    }

    /** What rounding gives: significand * 2^exponent, or infinity. */
    record Rounded(boolean infinite, BigInteger significand, int exponent, int flags) {
        long extendedSignificand() {
            return infinite
                    ? Long.MIN_VALUE
                    : significand.shiftLeft(exponent - unit()).longValue();
        }

        /** The exponent of the last bit in the 64-bit significand. */
        private int unit() {
            return Math.max(exponent + significand.bitLength() - 64, -16382 - 63);
        }

        int extendedExponent() {
            if (infinite) {
                return 0x7FFF;
            }
            return extendedSignificand() < 0 ? unit() + 63 + 0x3FFF : 0;
        }
    }

    static Exact of(int se, long sig) {
        int exponent = Math.max(se & 0x7FFF, 1) - 0x3FFF - 63;
        BigInteger significand = new BigInteger(Long.toUnsignedString(sig));
        return of((se & 0x8000) != 0, significand, exponent);
    }

    static Exact of(boolean negative, BigInteger significand, int exponent) {
        return exponent >= 0
                ? new Exact(negative, significand.shiftLeft(exponent), BigInteger.ONE)
                : new Exact(negative, significand, BigInteger.ONE.shiftLeft(-exponent));
    }

    boolean isZero() {
        return numerator.signum() == 0;
    }

    private BigInteger signed() {
        return negative ? numerator.negate() : numerator;
    }

    /** The sign of a zero sum is not this method's. */
    Exact plus(Exact other) {
        BigInteger sum = signed().multiply(other.denominator).add(other.signed().multiply(denominator));
        return new Exact(sum.signum() < 0, sum.abs(), denominator.multiply(other.denominator));
    }

    Exact negate() {
        return new Exact(!negative, numerator, denominator);
    }

    Exact times(Exact other) {
        return new Exact(
                negative ^ other.negative,
                numerator.multiply(other.numerator),
                denominator.multiply(other.denominator));
    }

    Exact dividedBy(Exact other) {
        return new Exact(
                negative ^ other.negative,
                numerator.multiply(other.denominator),
                denominator.multiply(other.numerator));
    }

    Exact scaled(int power) {
        return times(of(false, BigInteger.ONE, power));
    }

    /** Not the root itself, but a number that rounds as the root does: 200 bits of it and one more for "not all". */
    Exact squareRoot() {
        BigInteger shifted = numerator.shiftLeft(400 + 2 * denominator.bitLength());
        BigInteger[] root = shifted.divide(denominator).sqrtAndRemainder();
        boolean whole = root[1].signum() == 0 && shifted.mod(denominator).signum() == 0;
        BigInteger sticky = root[0].shiftLeft(1).add(whole ? BigInteger.ZERO : BigInteger.ONE);
        return of(false, sticky, -201 - denominator.bitLength());
    }

    /** The exponent of the leading bit. */
    int exponent() {
        int estimate = numerator.bitLength() - denominator.bitLength();
        boolean below = estimate >= 0
                ? numerator.compareTo(denominator.shiftLeft(estimate)) < 0
                : numerator.shiftLeft(-estimate).compareTo(denominator) < 0;
        return below ? estimate - 1 : estimate;
    }

    /** To a multiple of 2^unit; sets PE and C1. */
    Rounded toMultiple(int unit, int control) {
        BigInteger dividend = unit >= 0 ? numerator : numerator.shiftLeft(-unit);
        BigInteger divisor = unit >= 0 ? denominator.shiftLeft(unit) : denominator;
        BigInteger[] parts = dividend.divideAndRemainder(divisor);
        if (parts[1].signum() == 0) {
            return new Rounded(false, parts[0], unit, 0);
        }
        int half = parts[1].shiftLeft(1).compareTo(divisor);
        boolean up = switch (control >> 10 & 3) {
            case 0 -> half > 0 || half == 0 && parts[0].testBit(0);
            case 1 -> negative;
            case 2 -> !negative;
            default -> false;
        };
        return new Rounded(false, up ? parts[0].add(BigInteger.ONE) : parts[0], unit, PE | (up ? C1 : 0));
    }

    /** Of a number other than zero, with the masked or unmasked answers to overflow and underflow. */
    Rounded round(Format format, int control) {
        Rounded unlimited = toMultiple(exponent() - format.precision + 1, control);
        int exponent = unlimited.exponent + unlimited.significand.bitLength() - 1;
        if (exponent > format.greatest) {
            if ((control & OE) == 0) {
                return with(unlimited, unlimited.exponent - 24576, unlimited.flags | OE);
            }
            boolean up = (control >> 10 & 3) == 0 || (control >> 10 & 3) == (negative ? 1 : 2);
            BigInteger largest = BigInteger.ONE.shiftLeft(format.precision).subtract(BigInteger.ONE);
            int unit = format.greatest - format.precision + 1;
            return new Rounded(up, largest, unit, OE | PE | (up ? C1 : 0));
        }
        if (exponent < format.least) {
            if ((control & UE) == 0) {
                return with(unlimited, unlimited.exponent + 24576, unlimited.flags | UE);
            }
            Rounded tiny = toMultiple(format.least - format.precision + 1, control);
            return with(tiny, tiny.exponent, tiny.flags | (tiny.flags == 0 ? 0 : UE));
        }
        return unlimited;
    }

    private static Rounded with(Rounded rounded, int exponent, int flags) {
        return new Rounded(false, rounded.significand, exponent, flags);
    }
}
