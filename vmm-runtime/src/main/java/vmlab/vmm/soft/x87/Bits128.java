// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/** Unsigned arithmetic on 128-bit numbers in two longs. */
final class Bits128 {
    private static final long LOW_WORD = 0xFFFF_FFFFL;

    private Bits128() {}

    /** The high half of an unsigned 64 by 64 bit product. */
    static long multiplyHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }

    /** The high half of a right shift by 0 to 127. */
    static long shiftRightHigh(long high, int count) {
        return count >= 64 ? 0 : high >>> count;
    }

    /** The low half of a right shift by 0 or more, in which bit 0 stands for all bits lost. */
    static long shiftRightLowJam(long high, long low, int count) {
        if (count == 0) {
            return low;
        }
        if (count < 64) {
            return high << -count | low >>> count | bit(low << -count);
        }
        if (count == 64) {
            return high | bit(low);
        }
        if (count < 128) {
            return high >>> (count - 64) | bit(high << -count | low);
        }
        return bit(high | low);
    }

    /** 1 for anything but 0. */
    static long bit(long value) {
        return (value | -value) >>> 63;
    }

    /**
     * The quotient of high:low by a divisor whose top bit is set and which is greater than high; so it fits. Two steps
     * of long division with digits of 32 bits. The remainder is {@code low - quotient * divisor}.
     */
    static long divide(long high, long low, long divisor) {
        long first = digit(high, low >>> 32, divisor);
        long rest = (high << 32 | low >>> 32) - first * divisor;
        long second = digit(rest, low & LOW_WORD, divisor);
        return first << 32 | second;
    }

    /** One digit: the quotient of the 96-bit number high:next by the divisor. */
    private static long digit(long high, long next, long divisor) {
        long divisorHigh = divisor >>> 32;
        long divisorLow = divisor & LOW_WORD;
        long estimate = Long.divideUnsigned(high, divisorHigh);
        long rest = high - estimate * divisorHigh;
        // The estimate is at most 2 too great, because the divisor's top bit is set (Knuth, 4.3.1, theorem B).
        while (estimate > LOW_WORD || Long.compareUnsigned(estimate * divisorLow, rest << 32 | next) > 0) {
            estimate--;
            rest += divisorHigh;
            if (rest > LOW_WORD) {
                break;
            }
        }
        return estimate;
    }

    /** The integer square root of a number from 2^62 up: 32 bits. */
    static long squareRoot(long radicand) {
        long root = 0;
        long rest = 0;
        long digits = radicand;
        for (int i = 0; i < 32; i++) {
            rest = rest << 2 | digits >>> 62;
            digits <<= 2;
            long trial = root << 2 | 1;
            root <<= 1;
            if (rest >= trial) {
                rest -= trial;
                root |= 1;
            }
        }
        return root;
    }
}
