// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/**
 * A number of 128 bits of significand, to calculate transcendental functions in: high:low * 2^(exponent - 127), with the
 * top bit set, or zero. Results are truncated: wrong by a few units of the last place at most. No infinities; the
 * exponent does not overflow.
 */
final class Wide {
    static final Wide ONE = new Wide(0, Long.MIN_VALUE, 0);

    boolean negative;
    int exponent;
    long high;
    long low;

    Wide() {}

    /** A positive constant. */
    Wide(int exponent, long high, long low) {
        this.exponent = exponent;
        this.high = high;
        this.low = low;
    }

    boolean isZero() {
        return high == 0;
    }

    Wide set(Wide other) {
        return set(other.negative, other.exponent, other.high, other.low);
    }

    Wide set(boolean newNegative, int newExponent, long newHigh, long newLow) {
        negative = newNegative;
        exponent = newExponent;
        high = newHigh;
        low = newLow;
        return this;
    }

    /** A zero or finite number of the 80-bit format. */
    Wide set(int signExponent, long significand) {
        int shift = significand == 0 ? 0 : Long.numberOfLeadingZeros(significand);
        int unbiased = Float80.exponent(signExponent) - Float80.BIAS - shift;
        return set((signExponent & Float80.SIGN) != 0, unbiased, significand << shift, 0);
    }

    Wide set(int integer) {
        long magnitude = Math.abs((long) integer);
        int shift = magnitude == 0 ? 0 : Long.numberOfLeadingZeros(magnitude);
        return set(integer < 0, 63 - shift, magnitude << shift, 0);
    }

    /** An integer of 128 bits. */
    Wide setInteger(boolean newNegative, long newHigh, long newLow) {
        exponent = 127;
        normalize(newHigh, newLow);
        negative = newNegative;
        return this;
    }

    Wide negate() {
        negative = !negative;
        return this;
    }

    /** Times 2 to a power. */
    Wide scale(int power) {
        exponent += power;
        return this;
    }

    Wide multiply(Wide other) {
        if (isZero() || other.isZero()) {
            return set(negative ^ other.negative, 0, 0, 0);
        }
        long productHigh = Bits128.multiplyHigh(high, other.high);
        long productLow = high * other.high;
        long cross1 = Bits128.multiplyHigh(high, other.low);
        long cross2 = Bits128.multiplyHigh(low, other.high);
        long sum = productLow + cross1;
        productHigh += Long.compareUnsigned(sum, productLow) < 0 ? 1 : 0;
        productLow = sum + cross2;
        productHigh += Long.compareUnsigned(productLow, sum) < 0 ? 1 : 0;
        int shift = productHigh < 0 ? 0 : 1;
        negative ^= other.negative;
        exponent += other.exponent + 1 - shift;
        high = shift == 0 ? productHigh : productHigh << 1 | productLow >>> 63;
        low = productLow << shift;
        return this;
    }

    /** Divided by an integer from 1 to 65535. */
    Wide divide(int divisor) {
        if (isZero()) {
            return this;
        }
        int shift = Integer.numberOfLeadingZeros(divisor) + 32;
        long normalized = (long) divisor << shift;
        // Halved, so that the first step's quotient fits.
        long quotientHigh = Bits128.divide(high >>> 1, high << 63 | low >>> 1, normalized);
        long rest = (high << 63 | low >>> 1) - quotientHigh * normalized;
        long quotientLow = Bits128.divide(rest, low << 63, normalized);
        exponent += shift - 63;
        return normalize(quotientHigh, quotientLow);
    }

    private Wide normalize(long newHigh, long newLow) {
        if ((newHigh | newLow) == 0) {
            return set(false, 0, 0, 0);
        }
        int shift = newHigh != 0 ? Long.numberOfLeadingZeros(newHigh) : 64 + Long.numberOfLeadingZeros(newLow);
        exponent -= shift;
        if (shift >= 64) {
            high = newLow << shift;
            low = 0;
        } else {
            high = shift == 0 ? newHigh : newHigh << shift | newLow >>> -shift;
            low = newLow << shift;
        }
        return this;
    }

    Wide subtract(Wide other) {
        return add(!other.negative, other);
    }

    Wide add(Wide other) {
        return add(other.negative, other);
    }

    private Wide add(boolean otherNegative, Wide other) {
        if (other.isZero()) {
            return this;
        }
        if (isZero()) {
            return set(otherNegative, other.exponent, other.high, other.low);
        }
        boolean greater = compareMagnitude(other) >= 0;
        Wide large = greater ? this : other;
        Wide small = greater ? other : this;
        int distance = large.exponent - small.exponent;
        long smallHigh = Bits128.shiftRightHigh(small.high, Math.min(distance, 127));
        long smallLow = shiftRightLow(small.high, small.low, distance);
        boolean lost = losesBits(small.high, small.low, distance);
        boolean sum = negative == otherNegative;
        boolean sign = greater ? negative : otherNegative;
        long largeHigh = large.high;
        long largeLow = large.low;
        int largeExponent = large.exponent;
        negative = sign;
        exponent = largeExponent;
        return sum
                ? addMagnitudes(largeHigh, largeLow, smallHigh, smallLow)
                : subtractMagnitudes(largeHigh, largeLow, smallHigh, smallLow, lost);
    }

    int compareMagnitude(Wide other) {
        return exponent != other.exponent ? Integer.compare(exponent, other.exponent) : compareSignificands(other);
    }

    private int compareSignificands(Wide other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    private static long shiftRightLow(long high, long low, int count) {
        if (count == 0) {
            return low;
        }
        if (count < 64) {
            return high << -count | low >>> count;
        }
        return count < 128 ? high >>> (count - 64) : 0;
    }

    private static boolean losesBits(long high, long low, int count) {
        if (count == 0) {
            return false;
        }
        if (count <= 64) {
            return low << -count != 0;
        }
        return count >= 128 || (high << -count | low) != 0;
    }

    private Wide addMagnitudes(long high1, long low1, long high2, long low2) {
        long sumLow = low1 + low2;
        long carry = Long.compareUnsigned(sumLow, low1) < 0 ? 1 : 0;
        long sumHigh = high1 + high2 + carry;
        boolean overflow =
                carry == 0 ? Long.compareUnsigned(sumHigh, high1) < 0 : Long.compareUnsigned(sumHigh, high1) <= 0;
        if (overflow) {
            exponent++;
            high = Long.MIN_VALUE | sumHigh >>> 1;
            low = sumHigh << 63 | sumLow >>> 1;
        } else {
            high = sumHigh;
            low = sumLow;
        }
        return this;
    }

    /** A part lost of the subtrahend counts as one unit, so that 1 minus next to nothing stays below 1. */
    private Wide subtractMagnitudes(long high1, long low1, long high2, long low2, boolean lost) {
        long differenceLow = low1 - low2;
        long differenceHigh = high1 - high2 - (Long.compareUnsigned(low1, low2) < 0 ? 1 : 0);
        if (lost) {
            differenceHigh -= differenceLow == 0 ? 1 : 0;
            differenceLow--;
        }
        return normalize(differenceHigh, differenceLow);
    }

    /** Divided by another: its reciprocal to 62 bits, doubled in precision by one step of Newton's method. */
    Wide divide(Wide divisor, Wide reciprocal, Wide correction) {
        if ((divisor.high << 1 | divisor.low) == 0) {
            negative ^= divisor.negative;
            return scale(-divisor.exponent);
        }
        // 2^127 / high has 64 bits, but one more if that is a power of two.
        long estimate = divisor.high == Long.MIN_VALUE ? -1 : Bits128.divide(Long.MIN_VALUE, 0, divisor.high);
        reciprocal.set(divisor.negative, -1 - divisor.exponent, estimate, 0);
        correction.set(divisor).multiply(reciprocal).negate().add(ONE).multiply(reciprocal);
        reciprocal.add(correction);
        return multiply(reciprocal);
    }
}
