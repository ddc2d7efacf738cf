// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Elementary functions to 70 decimal digits, by the plainest series: a reference, not fast. */
final class DecimalFunctions {
    static final MathContext DIGITS = new MathContext(70);
    /** The pi of SDM 1, section 8.3.8: 0.C90FDAA2 2168C234 C times 4. */
    static final BigDecimal PI_66 = new BigDecimal(new BigInteger("C90FDAA22168C234C", 16))
            .divide(new BigDecimal(BigInteger.ONE.shiftLeft(66)));

    static final BigDecimal LN_2 = logarithmPlus1(new BigDecimal("-0.5")).negate();
    static final BigDecimal PI = arcTangent(BigDecimal.ONE).multiply(BigDecimal.valueOf(4));

    private DecimalFunctions() {}

    static BigDecimal of(int se, long sig) {
        Exact exact = Exact.of(se, sig);
        BigDecimal value = new BigDecimal(exact.numerator()).divide(new BigDecimal(exact.denominator()), DIGITS);
        return exact.negative() ? value.negate() : value;
    }

    static Exact exact(BigDecimal value) {
        BigInteger unscaled = value.unscaledValue();
        boolean whole = value.scale() <= 0;
        BigInteger power = BigInteger.TEN.pow(Math.abs(value.scale()));
        return new Exact(
                unscaled.signum() < 0,
                whole ? unscaled.abs().multiply(power) : unscaled.abs(),
                whole ? BigInteger.ONE : power);
    }

    private static boolean negligible(BigDecimal term, BigDecimal sum) {
        return term.signum() == 0 || sum.precision() - sum.scale() - (term.precision() - term.scale()) > 75;
    }

    /** e^x - 1 for |x| up to about 1. */
    static BigDecimal exponentialMinus1(BigDecimal x) {
        BigDecimal term = x;
        BigDecimal sum = x;
        for (int i = 2; !negligible(term, sum); i++) {
            term = term.multiply(x, DIGITS).divide(BigDecimal.valueOf(i), DIGITS);
            sum = sum.add(term);
        }
        return sum;
    }

    static BigDecimal logarithm(BigDecimal x) {
        int halvings = 0;
        BigDecimal rest = x;
        BigDecimal two = BigDecimal.valueOf(2);
        while (rest.compareTo(new BigDecimal("1.5")) > 0) {
            rest = rest.divide(two, DIGITS);
            halvings++;
        }
        while (rest.compareTo(new BigDecimal("0.7")) < 0) {
            rest = rest.multiply(two);
            halvings--;
        }
        BigDecimal near = logarithmPlus1(rest.subtract(BigDecimal.ONE));
        return halvings == 0 ? near : near.add(LN_2.multiply(BigDecimal.valueOf(halvings)));
    }

    /** By the inverse hyperbolic tangent. */
    static BigDecimal logarithmPlus1(BigDecimal x) {
        BigDecimal quotient = x.divide(x.add(BigDecimal.valueOf(2)), DIGITS);
        BigDecimal square = quotient.multiply(quotient, DIGITS);
        BigDecimal power = quotient;
        BigDecimal sum = quotient;
        for (int i = 3; !negligible(power, sum); i += 2) {
            power = power.multiply(square, DIGITS);
            sum = sum.add(power.divide(BigDecimal.valueOf(i), DIGITS));
        }
        return sum.multiply(BigDecimal.valueOf(2));
    }

    /** Of a number of any size, by halving the angle three times. */
    static BigDecimal arcTangent(BigDecimal x) {
        BigDecimal small = x;
        for (int i = 0; i < 3; i++) {
            BigDecimal root = BigDecimal.ONE.add(small.multiply(small, DIGITS)).sqrt(DIGITS);
            small = small.divide(root.add(BigDecimal.ONE), DIGITS);
        }
        BigDecimal square = small.multiply(small, DIGITS).negate();
        BigDecimal power = small;
        BigDecimal sum = small;
        for (int i = 3; !negligible(power, sum); i += 2) {
            power = power.multiply(square, DIGITS);
            sum = sum.add(power.divide(BigDecimal.valueOf(i), DIGITS));
        }
        return sum.multiply(BigDecimal.valueOf(8));
    }

    static BigDecimal sine(BigDecimal angle) {
        return sineOfQuadrants(angle, 0);
    }

    static BigDecimal cosine(BigDecimal angle) {
        return sineOfQuadrants(angle, 1);
    }

    /** The sine of an angle and some right angles. What remains after reduction by the hardware's pi is between ±pi/4. */
    private static BigDecimal sineOfQuadrants(BigDecimal angle, int added) {
        BigDecimal rightAngle = PI_66.divide(BigDecimal.valueOf(2));
        BigDecimal quadrants = angle.divide(rightAngle, 0, RoundingMode.HALF_EVEN);
        BigDecimal rest = angle.subtract(quadrants.multiply(rightAngle));
        int quadrant = quadrants.toBigInteger().intValue() + added & 3;
        BigDecimal value = (quadrant & 1) == 0 ? alternating(rest, rest, 2) : alternating(BigDecimal.ONE, rest, 1);
        return quadrant >= 2 ? value.negate() : value;
    }

    private static BigDecimal alternating(BigDecimal first, BigDecimal x, int divisor) {
        MathContext more = new MathContext(140);
        BigDecimal square = x.multiply(x, more).negate();
        BigDecimal term = first;
        BigDecimal sum = first;
        for (int i = divisor; i < divisor + 160 && term.signum() != 0; i += 2) {
            term = term.multiply(square, more).divide(BigDecimal.valueOf((long) i * (i + 1)), more);
            sum = sum.add(term, more);
        }
        return sum;
    }
}
