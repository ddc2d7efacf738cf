// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random finite operands against exact fractions, in all rounding directions and precisions, with overflow and underflow
 * masked and not (SDM 1, sections 4.8.4, 4.9.1 and 8.1.5).
 */
class ArithmeticTest {
    private static final int CASES = 20_000;
    private static final long SEED = 8087;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final RandomFloat80 operand = new RandomFloat80(random);
    private final Float80Result result = new Float80Result();
    private final Arithmetic arithmetic = new Arithmetic(result);

    private int se1;
    private long sig1;
    private int se2;
    private long sig2;

    private void nextOperands() {
        nextFinite();
        se1 = operand.signExponent;
        sig1 = operand.significand;
        nextFinite();
        if (random.nextInt(3) == 0) {
            operand.nextNear(se1, sig1 | Float80.INTEGER_BIT);
        }
        se2 = operand.signExponent;
        sig2 = operand.significand | ((se2 & 0x7FFF) == 0 ? 0 : Float80.INTEGER_BIT);
        result.flags = 0;
    }

    private void nextFinite() {
        do {
            operand.next();
        } while (Float80.kind(operand.signExponent, operand.significand) >= Float80.INFINITY);
    }

    private int nextControl() {
        int[] precisions = {0, 0x200, 0x300};
        return random.nextInt(4) << 10 | precisions[random.nextInt(3)] | random.nextInt(4) << 3 | 0x27;
    }

    private void assertRounded(Exact exact, int control, String operation) {
        Exact.Rounded expected = exact.round(Exact.Format.extended(control), control);
        assertResult(exact.negative(), expected, control, operation);
    }

    private void assertResult(boolean negative, Exact.Rounded expected, int control, String operation) {
        int denormal = Float80.kind(se1, sig1) == Float80.DENORMAL || Float80.kind(se2, sig2) == Float80.DENORMAL
                ? StatusWord.DE
                : 0;
        String name = String.format(
                "%s of %04X %016X and %04X %016X, control %03X, seed %d",
                operation, se1, sig1, se2, sig2, control, SEED);
        int sign = negative ? Float80.SIGN : 0;
        assertEquals(
                String.format(
                        "%04X %016X flags %03X",
                        sign | expected.extendedExponent(),
                        expected.extendedSignificand(),
                        expected.flags() | denormal),
                String.format("%04X %016X flags %03X", result.signExponent, result.significand, result.flags),
                name);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sumsAreRoundedExactly(boolean subtract) {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            int control = nextControl();
            Exact second = Exact.of(se2, sig2);
            Exact sum = Exact.of(se1, sig1).plus(subtract ? second.negate() : second);
            if (subtract) {
                arithmetic.subtract(se1, sig1, se2, sig2, control);
            } else {
                arithmetic.add(se1, sig1, se2, sig2, control);
            }
            if (!sum.isZero()) {
                assertRounded(sum, control, subtract ? "difference" : "sum");
            }
        }
    }

    @Test
    void productsAreRoundedExactly() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            int control = nextControl();
            Exact product = Exact.of(se1, sig1).times(Exact.of(se2, sig2));
            arithmetic.multiply(se1, sig1, se2, sig2, control);
            if (!product.isZero()) {
                assertRounded(product, control, "product");
            }
        }
    }

    @Test
    void quotientsAreRoundedExactly() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            int control = nextControl();
            arithmetic.divide(se1, sig1, se2, sig2, control);
            if (sig1 != 0 && sig2 != 0) {
                assertRounded(Exact.of(se1, sig1).dividedBy(Exact.of(se2, sig2)), control, "quotient");
            }
        }
    }

    @Test
    void squareRootsAreRoundedExactly() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            se1 &= ~Float80.SIGN;
            se2 = se1;
            sig2 = sig1;
            int control = nextControl();
            arithmetic.squareRoot(se1, sig1, control);
            if (sig1 != 0) {
                assertRounded(Exact.of(se1, sig1).squareRoot(), control, "root");
            }
        }
    }

    @Test
    void squareRootsOfSquaresAndTheirNeighboursAreRoundedExactly() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            long root = random.nextLong() >>> 32 | 1L << 31;
            se1 = 0x3FFF;
            sig1 = root * root;
            sig1 = (sig1 << Long.numberOfLeadingZeros(sig1)) + random.nextInt(3) - 1 | Long.MIN_VALUE;
            se2 = se1;
            sig2 = sig1;
            int control = nextControl();
            arithmetic.squareRoot(se1, sig1, control);
            assertRounded(Exact.of(se1, sig1).squareRoot(), control, "root");
        }
    }

    @Test
    void roundingToAnIntegerIsExact() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            se2 = se1;
            sig2 = sig1;
            int control = nextControl();
            arithmetic.roundToInteger(se1, sig1, control);
            Exact value = Exact.of(se1, sig1);
            Exact.Rounded expected = value.toMultiple(0, control);
            if (expected.significand().signum() == 0) {
                expected = new Exact.Rounded(false, BigInteger.ZERO, -16445, expected.flags());
            }
            assertResult(value.negative(), expected, control, "integer");
        }
    }

    @Test
    void comparisonsOrderAsExactNumbers() {
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            Exact difference = Exact.of(se1, sig1).plus(Exact.of(se2, sig2).negate());
            int expected = difference.isZero() ? 0 : difference.negative() ? -1 : 1;
            assertEquals(expected, arithmetic.compare(se1, sig1, se2, sig2, false));
        }
    }

    @Test
    void scalingMultipliesByAPowerOfTwo() {
        Scaling scaling = new Scaling(result);
        for (int i = 0; i < CASES; i++) {
            nextOperands();
            int power = random.nextInt(-40_000, 40_000);
            arithmetic.setInteger(power < 0 ? Float80.SIGN : 0, Math.abs(power));
            se2 = result.signExponent;
            sig2 = result.significand;
            int control = nextControl() | StatusWord.OE | StatusWord.UE;
            scaling.scale(se1, sig1, se2, sig2, control);
            if (sig1 != 0) {
                assertRounded(
                        Exact.of(se1, sig1).scaled(power), control | Float80Result.CONTROL_PRECISION_64, "FSCALE");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repeatedPartialRemaindersGiveTheExactRemainder(boolean nearest) {
        PartialRemainder partial = new PartialRemainder(result);
        for (int i = 0; i < CASES / 10; i++) {
            nextOperands();
            if (sig2 == 0) {
                continue;
            }
            int se = se1;
            long sig = sig1;
            int steps = 0;
            do {
                partial.remainder(se, sig, se2, sig2, nearest, 0x37F);
                se = result.signExponent;
                sig = result.significand;
                steps++;
            } while ((partial.conditions & StatusWord.C2) != 0);
            assertRemainder(Exact.of(se1, sig1), Exact.of(se2, sig2), nearest, partial.conditions);
            assertEquals(true, steps <= 32768 / 32, "each step takes off at least 32 from the distance of exponents");
        }
    }

    private void assertRemainder(Exact dividend, Exact divisor, boolean nearest, int conditions) {
        Exact quotient = dividend.dividedBy(divisor);
        BigInteger whole = quotient.toMultiple(0, nearest ? 0 : Float80Result.ROUND_TO_ZERO)
                .significand();
        Exact product = Exact.of(quotient.negative(), whole, 0).times(divisor);
        Exact difference = dividend.plus(product.negate());
        Exact found = Exact.of(result.signExponent, result.significand);
        assertEquals(true, difference.plus(found.negate()).isZero(), "dividend - quotient * divisor");
        if (difference.isZero()) {
            assertEquals(dividend.negative(), found.negative(), "a zero remainder has the dividend's sign");
        }
        int expected = (whole.testBit(0) ? StatusWord.C1 : 0)
                | (whole.testBit(1) ? StatusWord.C3 : 0)
                | (whole.testBit(2) ? StatusWord.C0 : 0);
        assertEquals(expected, conditions, "quotient's low bits");
    }
}
