// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import java.util.SplittableRandom;

/** Operands that are worth trying: every class of number, neighbours of limits, pairs that cancel. */
final class RandomFloat80 {
    private final SplittableRandom random;

    int signExponent;
    long significand;

    RandomFloat80(SplittableRandom random) {
        this.random = random;
    }

    /** Any class. */
    void next() {
        int sign = random.nextInt(2) << 15;
        switch (random.nextInt(24)) {
            case 0 -> set(sign, 0);
            case 1 -> set(sign, fraction() >>> random.nextInt(63));
            case 2 -> set(sign, fraction() | Long.MIN_VALUE);
            case 3 -> set(sign | 0x7FFF, Long.MIN_VALUE);
            case 4 -> set(sign | 0x7FFF, fraction() | 3L << 62);
            case 5 -> set(sign | 0x7FFF, fraction() >>> 1 | Long.MIN_VALUE | 1);
            case 6 -> set(sign | 0x7FFF, fraction());
            case 7 -> set(sign | random.nextInt(0x7FFF), fraction());
            case 8 -> set(sign | 1 + random.nextInt(70), pattern());
            case 9 -> set(sign | 0x7FFE - random.nextInt(70), pattern());
            case 10, 11 ->
                set(sign | 0x3FFF + random.nextInt(66), pattern() & -1L << random.nextInt(64) | Long.MIN_VALUE);
            case 12 -> set(sign | 0x3FFF, Long.MIN_VALUE);
            case 13, 14 -> set(sign | random.nextInt(0x7FFE) + 1, pattern());
            case 15 -> set(sign | 0x3FFF - 127 - 30 + random.nextInt(60), pattern());
            case 16 -> set(sign | 0x3FFF - 1023 - 60 + random.nextInt(90), pattern());
            case 17 -> set(sign | 0x3FFF + 120 + random.nextInt(12), pattern());
            case 18 -> set(sign | 0x3FFF + 1018 + random.nextInt(9), pattern());
            default -> set(sign | 0x3FFF - 40 + random.nextInt(90), pattern());
        }
    }

    /** Normal, with a usual exponent. */
    void nextNormal() {
        set(random.nextInt(2) << 15 | 0x3FFF - 40 + random.nextInt(90), pattern());
    }

    /** Near to another number in exponent, sometimes in significand too. */
    void nextNear(int se, long sig) {
        int exponent = (se & 0x7FFF) + random.nextInt(7) - 3;
        long near = random.nextInt(3) == 0 ? sig + random.nextInt(5) - 2 : pattern();
        set(random.nextInt(2) << 15 | Math.max(0, Math.min(0x7FFE, exponent)), near);
    }

    private long fraction() {
        return random.nextLong() >>> 1;
    }

    /** A significand with the integer bit: random, or with long runs of equal bits. */
    private long pattern() {
        long bits = switch (random.nextInt(6)) {
            case 0 -> -1L << random.nextInt(64);
            case 1 -> -1L >>> random.nextInt(64);
            case 2 -> (random.nextLong() & -1L << 40) + random.nextInt(3) - 1;
            case 3 -> (random.nextLong() & -1L << 11) + (1L << 10) * random.nextInt(3);
            default -> random.nextLong();
        };
        return bits | Long.MIN_VALUE;
    }

    private void set(int newSignExponent, long newSignificand) {
        signExponent = newSignExponent;
        significand = newSignificand;
    }
}
