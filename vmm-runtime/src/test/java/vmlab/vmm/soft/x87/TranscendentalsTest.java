// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SDM 1, section 8.3.10, allows one unit in the last place to 64 bits; here results are those of 70-digit decimals,
 * rounded.
 */
class TranscendentalsTest {
    private static final int CASES = 500;
    private static final long SEED = 80287;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Float80Result result = new Float80Result();
    private final Float80Result second = new Float80Result();
    private final Trigonometry trigonometry = new Trigonometry(result);
    private final Logarithms logarithms = new Logarithms(result);

    private int se;
    private long sig;
    private int seY;
    private long sigY;
    private int control;

    /** A number with an exponent from the least to below the greatest, more often one near the upper end. */
    private void next(int least, int greatest) {
        int exponent =
                greatest - random.nextInt(random.nextInt(3) == 0 ? greatest - least : Math.min(12, greatest - least));
        se = random.nextInt(2) << 15 | 0x3FFF + exponent;
        sig = random.nextLong() | Long.MIN_VALUE;
        if (random.nextInt(4) == 0) {
            sig &= -1L << random.nextInt(64);
        }
        control = random.nextInt(4) << 10 | random.nextInt(4) << 8 | 0x7F;
        result.flags = 0;
    }

    private void nextY() {
        seY = random.nextInt(2) << 15 | 0x3FFF - 30 + random.nextInt(60);
        sigY = random.nextLong() | Long.MIN_VALUE;
    }

    private BigDecimal x() {
        return DecimalFunctions.of(se, sig);
    }

    private BigDecimal y() {
        return DecimalFunctions.of(seY, sigY);
    }

    private void assertRounded(BigDecimal expected, Float80Result found, String function) {
        int full = control | Float80Result.CONTROL_PRECISION_64;
        Exact exact = DecimalFunctions.exact(expected);
        Exact.Rounded rounded = exact.round(Exact.Format.extended(full), full);
        int sign = exact.negative() ? Float80.SIGN : 0;
        assertEquals(
                String.format("%04X %016X", sign | rounded.extendedExponent(), rounded.extendedSignificand()),
                String.format("%04X %016X", found.signExponent, found.significand),
                () -> String.format(
                        "%s of %04X %016X, y %04X %016X, control %03X", function, se, sig, seY, sigY, control));
        assertEquals(rounded.flags(), found.flags, function + " flags");
    }

    @Test
    void sinesAndCosinesAreReducedByPiOf66Bits() {
        for (int i = 0; i < CASES; i++) {
            next(-100, 62);
            assertTrue(trigonometry.sine(se, sig, control));
            assertRounded(DecimalFunctions.sine(x()), result, "FSIN");
            result.flags = 0;
            assertTrue(trigonometry.cosine(se, sig, control));
            assertRounded(DecimalFunctions.cosine(x()), result, "FCOS");
        }
    }

    @Test
    void sineAndCosineComeTogether() {
        for (int i = 0; i < CASES; i++) {
            next(-100, 62);
            assertTrue(trigonometry.sineAndCosine(se, sig, second, control));
            assertRounded(DecimalFunctions.sine(x()), result, "FSINCOS");
            assertRounded(DecimalFunctions.cosine(x()), second, "FSINCOS");
        }
    }

    @Test
    void tangentsAreQuotientsOfSineAndCosine() {
        for (int i = 0; i < CASES; i++) {
            next(-100, 62);
            assertTrue(trigonometry.tangent(se, sig, second, control));
            BigDecimal tangent =
                    DecimalFunctions.sine(x()).divide(DecimalFunctions.cosine(x()), DecimalFunctions.DIGITS);
            assertRounded(tangent, result, "FPTAN");
            assertEquals(0x3FFF, second.signExponent);
        }
    }

    @Test
    void arcTangentsAreAnglesOfPoints() {
        for (int i = 0; i < CASES; i++) {
            next(-60, 20);
            nextY();
            trigonometry.arcTangent(seY, sigY, se, sig, control);
            BigDecimal angle = DecimalFunctions.arcTangent(y().divide(x(), DecimalFunctions.DIGITS));
            if (x().signum() < 0) {
                angle = y().signum() < 0 ? angle.subtract(DecimalFunctions.PI) : angle.add(DecimalFunctions.PI);
            }
            assertRounded(angle, result, "FPATAN");
        }
    }

    @Test
    void powersOfTwoMinusOne() {
        for (int i = 0; i < CASES; i++) {
            next(-100, -1);
            logarithms.powerOfTwoMinus1(se, sig, control);
            BigDecimal exponent = x().multiply(DecimalFunctions.LN_2, DecimalFunctions.DIGITS);
            assertRounded(DecimalFunctions.exponentialMinus1(exponent), result, "F2XM1");
        }
    }

    @Test
    void logarithmsTimesY() {
        for (int i = 0; i < CASES; i++) {
            next(-100, 100);
            se &= 0x7FFF;
            sig |= 0x1001;
            nextY();
            logarithms.logarithm(seY, sigY, se, sig, control);
            BigDecimal logarithm =
                    DecimalFunctions.logarithm(x()).divide(DecimalFunctions.LN_2, DecimalFunctions.DIGITS);
            assertRounded(logarithm.multiply(y()), result, "FYL2X");
        }
    }

    @Test
    void logarithmsNearOneTimesY() {
        for (int i = 0; i < CASES; i++) {
            next(-100, -3);
            nextY();
            logarithms.logarithmPlus1(seY, sigY, se, sig, control);
            BigDecimal logarithm =
                    DecimalFunctions.logarithmPlus1(x()).divide(DecimalFunctions.LN_2, DecimalFunctions.DIGITS);
            assertRounded(logarithm.multiply(y()), result, "FYL2XP1");
        }
    }

    @Test
    @DisplayName("SDM 2A, FSIN: operands of 2^63 and more are out of range")
    void anglesFrom2To63OnAreLeftAlone() {
        assertFalse(trigonometry.sine(0x403E, Long.MIN_VALUE, 0x37F));
        assertFalse(trigonometry.cosine(0xC03E, -1, 0x37F));
        assertFalse(trigonometry.tangent(0x7FFE, -1, second, 0x37F));
        assertTrue(trigonometry.sine(0x403D, -1, 0x37F));
    }

    @ParameterizedTest(name = "y {0} x {2} gives {4}, flags {6}")
    @CsvSource({
        // y, x: SDM 2A, FPATAN, table of results
        "FFFF,8000000000000000, FFFF,8000000000000000, C000,96CBE3F9990E91A8, 20",
        "FFFF,8000000000000000, 7FFF,8000000000000000, BFFE,C90FDAA22168C235, 20",
        "7FFF,8000000000000000, FFFF,8000000000000000, 4000,96CBE3F9990E91A8, 20",
        "7FFF,8000000000000000, 0000,0000000000000000, 3FFF,C90FDAA22168C235, 20",
        "3FFF,8000000000000000, FFFF,8000000000000000, 4000,C90FDAA22168C235, 20",
        "BFFF,8000000000000000, 7FFF,8000000000000000, 8000,0000000000000000, 0",
        "0000,0000000000000000, 8000,0000000000000000, 4000,C90FDAA22168C235, 20",
        "8000,0000000000000000, BFFF,8000000000000000, C000,C90FDAA22168C235, 20",
        "8000,0000000000000000, 0000,0000000000000000, 8000,0000000000000000, 0",
        "3FFF,8000000000000000, 8000,0000000000000000, 3FFF,C90FDAA22168C235, 20",
        "BFFF,8000000000000000, 3FFF,8000000000000000, BFFE,C90FDAA22168C235, 20",
    })
    void arcTangentsOfSpecialPoints(
            String ySe, String ySig, String xSe, String xSig, String se, String sig, String flags) {
        trigonometry.arcTangent(word(ySe), quad(ySig), word(xSe), quad(xSig), 0x37F);
        assertSpecial(se, sig, flags);
    }

    @ParameterizedTest(name = "y {0} x {2} gives {4}, flags {6}")
    @CsvSource({
        // y, x: SDM 2A, FYL2X, table of results
        "3FFF,8000000000000000, BFFF,8000000000000000, FFFF,C000000000000000, 1",
        "3FFF,8000000000000000, FFFF,8000000000000000, FFFF,C000000000000000, 1",
        "0000,0000000000000000, 0000,0000000000000000, FFFF,C000000000000000, 1",
        "0000,0000000000000000, 7FFF,8000000000000000, FFFF,C000000000000000, 1",
        "7FFF,8000000000000000, 3FFF,8000000000000000, FFFF,C000000000000000, 1",
        "3FFF,8000000000000000, 0000,0000000000000000, FFFF,8000000000000000, 4",
        "BFFF,8000000000000000, 8000,0000000000000000, 7FFF,8000000000000000, 4",
        "7FFF,8000000000000000, 0000,0000000000000000, FFFF,8000000000000000, 0",
        "FFFF,8000000000000000, 3FFE,8000000000000000, 7FFF,8000000000000000, 0",
        "7FFF,8000000000000000, 4000,8000000000000000, 7FFF,8000000000000000, 0",
        "BFFF,8000000000000000, 7FFF,8000000000000000, FFFF,8000000000000000, 0",
        "BFFF,8000000000000000, 3FFF,8000000000000000, 8000,0000000000000000, 0",
        "0000,0000000000000000, 3FFE,8000000000000000, 8000,0000000000000000, 0",
        "4000,C000000000000000, 4002,8000000000000000, 4002,9000000000000000, 0",
        "4000,C000000000000000, 0000,0000000000000001, C00E,C0B7000000000000, 2",
    })
    void logarithmsOfSpecialOperands(
            String ySe, String ySig, String xSe, String xSig, String se, String sig, String flags) {
        logarithms.logarithm(word(ySe), quad(ySig), word(xSe), quad(xSig), 0x37F);
        assertSpecial(se, sig, flags);
    }

    @ParameterizedTest(name = "x {0} gives {2}")
    @CsvSource({
        "0000,0000000000000000, 0000,0000000000000000, 0",
        "8000,0000000000000000, 8000,0000000000000000, 0",
        "3FFF,8000000000000000, 3FFF,8000000000000000, 0",
        "BFFF,8000000000000000, BFFE,8000000000000000, 0",
        "FFFF,8000000000000000, BFFF,8000000000000000, 0",
        "7FFF,8000000000000001, 7FFF,C000000000000001, 1",
    })
    @DisplayName("SDM 2A, F2XM1, table of results")
    void powersOfSpecialOperands(String xSe, String xSig, String se, String sig, String flags) {
        logarithms.powerOfTwoMinus1(word(xSe), quad(xSig), 0x37F);
        assertSpecial(se, sig, flags);
    }

    private void assertSpecial(String se, String sig, String flags) {
        assertEquals(
                String.format("%s %s", se, sig), String.format("%04X %016X", result.signExponent, result.significand));
        assertEquals(word(flags), result.flags & ~StatusWord.C1);
    }

    private static int word(String hex) {
        return Integer.parseInt(hex, 16);
    }

    private static long quad(String hex) {
        return Long.parseUnsignedLong(hex, 16);
    }
}
