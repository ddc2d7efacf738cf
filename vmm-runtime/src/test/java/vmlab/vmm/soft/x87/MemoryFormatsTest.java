// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("SDM 1, sections 4.2, 4.7 and 8.1.2: formats in memory")
class MemoryFormatsTest {
    private static final int CASES = 20_000;
    private static final long SEED = 387;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final RandomFloat80 operand = new RandomFloat80(random);
    private final Float80Result result = new Float80Result();
    private final MemoryFormats formats = new MemoryFormats(result);

    private int nextControl() {
        return random.nextInt(4) << 10 | 0x33F;
    }

    private void nextFinite() {
        do {
            operand.next();
        } while (Float80.kind(operand.signExponent, operand.significand) >= Float80.INFINITY
                || operand.significand == 0);
        result.flags = 0;
    }

    @Test
    void singlesAndDoublesSurviveTheWayThere() {
        for (int i = 0; i < CASES; i++) {
            int single = random.nextInt();
            formats.fromSingle(single);
            boolean finite = Float.isFinite(Float.intBitsToFloat(single));
            assertEquals(
                    single, formats.toSingle(result.signExponent, result.significand, 0x37F) & (finite ? -1 : single));
            long number = random.nextLong();
            formats.fromDouble(number);
            finite = Double.isFinite(Double.longBitsToDouble(number));
            assertEquals(
                    number, formats.toDouble(result.signExponent, result.significand, 0x37F) & (finite ? -1 : number));
        }
    }

    @Test
    void storesToSingleAndDoubleAreRoundedExactly() {
        for (int i = 0; i < CASES; i++) {
            nextFinite();
            int control = nextControl();
            Exact exact = Exact.of(operand.signExponent, operand.significand);
            long single = formats.toSingle(operand.signExponent, operand.significand, control) & 0xFFFF_FFFFL;
            assertNarrow(exact, new Exact.Format(24, -126, 127), control, single, 31);
            result.flags = 0;
            long number = formats.toDouble(operand.signExponent, operand.significand, control);
            assertNarrow(exact, new Exact.Format(53, -1022, 1023), control, number, 63);
        }
    }

    private void assertNarrow(Exact exact, Exact.Format format, int control, long bits, int signBit) {
        Exact.Rounded expected = exact.round(format, control);
        long infinity = (2L * format.greatest() + 1) << (format.precision() - 1);
        long magnitude = infinity;
        if (!expected.infinite()) {
            int unit = Math.max(expected.exponent() + expected.significand().bitLength(), format.least() + 1)
                    - format.precision();
            BigInteger kept = expected.significand().shiftLeft(expected.exponent() - unit);
            int field = kept.bitLength() < format.precision() ? 0 : unit + format.precision() - 1 + format.greatest();
            magnitude = ((long) Math.max(field - 1, 0) << (format.precision() - 1)) + kept.longValue();
        }
        long sign = exact.negative() ? 1L << signBit : 0;
        String name = String.format(
                "%04X %016X, control %03X, seed %d", operand.signExponent, operand.significand, control, SEED);
        assertEquals(Long.toHexString(sign | magnitude), Long.toHexString(bits), name);
        assertEquals(expected.flags(), result.flags, name);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void integersAreRoundedExactlyOrInvalid(int bits) {
        BigInteger least = BigInteger.ONE.shiftLeft(bits - 1).negate();
        for (int i = 0; i < CASES; i++) {
            nextFinite();
            int control = nextControl();
            Exact exact = Exact.of(operand.signExponent, operand.significand);
            Exact.Rounded rounded = exact.toMultiple(0, control);
            BigInteger value = exact.negative() ? rounded.significand().negate() : rounded.significand();
            boolean fits = value.bitLength() < bits;
            long found = formats.toInteger(operand.signExponent, operand.significand, bits, control);
            assertEquals(fits ? value : least, BigInteger.valueOf(found));
            assertEquals(fits ? rounded.flags() : StatusWord.IE, result.flags);
        }
    }

    @Test
    void integersComeBackAsTheyWere() {
        for (int i = 0; i < CASES; i++) {
            long value = random.nextLong() >> random.nextInt(64);
            result.flags = 0;
            formats.fromInteger(value);
            assertEquals(value, formats.toInteger(result.signExponent, result.significand, 64, 0x37F));
            assertEquals(0, result.flags);
        }
    }

    @Test
    void decimalsComeBackAsTheyWere() {
        for (int i = 0; i < CASES; i++) {
            long value = random.nextLong(1_000_000_000_000_000_000L) >> random.nextInt(60);
            String digits = String.format("%018d", value);
            int high = Integer.parseInt(digits.substring(0, 2), 16) | random.nextInt(2) << 15;
            long low = Long.parseUnsignedLong(digits.substring(2), 16);
            formats.fromDecimal(low, high);
            assertEquals(low, formats.toDecimal(result.signExponent, result.significand, 0x37F));
            assertEquals(high, formats.decimalHigh);
        }
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource({
        "10^18,           403A, DE0B6B3A76400000",
        "-10^18,          C03A, DE0B6B3A76400000",
        "infinity,        7FFF, 8000000000000000",
        "QNaN,            7FFF, C000000000000000",
        "unnormal,        3FFF, 4000000000000000",
        "10^18 - 0.5 up,  403A, DE0B6B3A763FFFF8",
    })
    @DisplayName("SDM 1, section 4.7, table 4-4: packed BCD indefinite is FFFF C000 0000 0000 0000")
    void decimalsThatDoNotFitAreIndefinite(String what, String se, String sig) {
        result.flags = 0;
        long low = formats.toDecimal(Integer.parseInt(se, 16), Long.parseUnsignedLong(sig, 16), 0xB7F);
        assertEquals(0xC000_0000_0000_0000L, low, what);
        assertEquals(0xFFFF, formats.decimalHigh);
        assertEquals(StatusWord.IE, result.flags);
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "7F800001, 7FFF, 8000010000000000, 0",
        "7FC00000, 7FFF, C000000000000000, 0",
        "FF800000, FFFF, 8000000000000000, 0",
        "00000001, 3F6A, 8000000000000000, 2",
        "807FFFFF, BF80, FFFFFE0000000000, 2",
        "3F800000, 3FFF, 8000000000000000, 0",
    })
    void singlesAreWidened(String single, String se, String sig, int flags) {
        result.flags = 0;
        formats.fromSingle(Integer.parseUnsignedInt(single, 16));
        assertEquals(Integer.parseInt(se, 16), result.signExponent);
        assertEquals(Long.parseUnsignedLong(sig, 16), result.significand);
        assertEquals(flags, result.flags);
    }
}
