// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against exact arithmetic, so that the rounding is judged on every host: a result is right if the exact one lies between
 * it and its neighbour in the direction of the mode. The exact one needs not be known, only compared with.
 */
@DisplayName("Rounding of exact results (Intel SDM 1, 4.8.4)")
class FloatUnitTest {
    private static final long SEED = 4195835;
    private static final int CASES = 3000;
    private static final BigDecimal TWO = BigDecimal.valueOf(2);

    private final FloatUnit unit = new FloatUnit();
    private int judged;

    @ParameterizedTest(name = "rounding mode {0}, flags beforehand {1}")
    @CsvSource({"0, 0", "0, 32", "1, 0", "2, 0", "3, 0"})
    void resultsAreTheNearestOnTheRightSide(int mode, int flags) {
        unit.begin(0x1F80 | mode << Mxcsr.ROUNDING_SHIFT | flags);
        OperandGenerator generator = new OperandGenerator(SEED);
        ByteBuffer cases = HostCpu.cases(1);
        for (int i = 0; i < CASES; i++) {
            generator.fill(cases, 0, 0);
            long a = cases.getLong(HostCpu.XMM1);
            long b = cases.getLong(HostCpu.XMM2);
            if (finite(a) && finite(b)) {
                checkAll(mode, a, b);
            }
        }
        assertTrue(judged > CASES, "results judged: " + judged);
    }

    private void checkAll(int mode, long a, long b) {
        FloatFormat format = FloatFormat.DOUBLE;
        BigDecimal x = decimal(a);
        BigDecimal y = decimal(b);
        String operands = "%016X, %016X, seed %d".formatted(a, b, SEED);
        check(mode, unit.add(format, a, b), c -> c.compareTo(x.add(y)), "sum of " + operands);
        check(mode, unit.subtract(format, a, b), c -> c.compareTo(x.subtract(y)), "difference of " + operands);
        check(mode, unit.multiply(format, a, b), c -> c.compareTo(x.multiply(y)), "product of " + operands);
        if (y.signum() != 0) {
            ToIntFunction<BigDecimal> quotient = c -> c.multiply(y).compareTo(x) * y.signum();
            check(mode, unit.divide(format, a, b), quotient, "quotient of " + operands);
        }
        if (y.signum() > 0) {
            ToIntFunction<BigDecimal> root =
                    c -> c.signum() < 0 ? -1 : c.multiply(c).compareTo(y);
            check(mode, unit.squareRoot(format, b), root, "root of " + operands);
        }
    }

    /** The function compares a candidate with the exact result. */
    private void check(int mode, long bits, ToIntFunction<BigDecimal> side, String context) {
        double result = Double.longBitsToDouble(bits);
        if (!Double.isFinite(result) || Math.abs(result) == Double.MAX_VALUE) {
            return;
        }
        judged++;
        BigDecimal below = new BigDecimal(Math.nextDown(result));
        BigDecimal value = new BigDecimal(result);
        BigDecimal above = new BigDecimal(Math.nextUp(result));
        boolean towardsZeroIsDown = side.applyAsInt(BigDecimal.ZERO) < 0;
        if (mode == Mxcsr.NEAREST) {
            // a tie goes to the even neighbour
            int least = (bits & 1) == 0 ? 0 : 1;
            assertTrue(side.applyAsInt(value.add(above).divide(TWO)) >= least, context);
            assertTrue(side.applyAsInt(value.add(below).divide(TWO)) <= -least, context);
        } else if (mode == Mxcsr.DOWN || mode == Mxcsr.TRUNCATE && towardsZeroIsDown) {
            assertTrue(side.applyAsInt(value) <= 0 && side.applyAsInt(above) > 0, context);
        } else {
            assertTrue(side.applyAsInt(value) >= 0 && side.applyAsInt(below) < 0, context);
        }
    }

    private static boolean finite(long bits) {
        return Double.isFinite(Double.longBitsToDouble(bits));
    }

    private static BigDecimal decimal(long bits) {
        return new BigDecimal(Double.longBitsToDouble(bits));
    }
}
