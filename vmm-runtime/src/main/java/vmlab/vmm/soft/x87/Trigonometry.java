// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.Float80.BIAS;
import static vmlab.vmm.soft.x87.Float80.DENORMAL;
import static vmlab.vmm.soft.x87.Float80.EXPONENT_MASK;
import static vmlab.vmm.soft.x87.Float80.INFINITY;
import static vmlab.vmm.soft.x87.Float80.INTEGER_BIT;
import static vmlab.vmm.soft.x87.Float80.QUIET_NAN;
import static vmlab.vmm.soft.x87.Float80.SIGN;
import static vmlab.vmm.soft.x87.Float80.ZERO;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.DE;

/**
 * FSIN, FCOS, FSINCOS, FPTAN and FPATAN, in 128-bit arithmetic: rounded correctly but for arguments that come closer
 * than about 2^-55 of a unit in the last place to a tie, and always to 64 bits whatever the precision control says.
 *
 * <p>Angles are reduced by pi of 66 bits, as the hardware does; so a sine is that of the angle times pi / pi66.
 *
 * @spec Intel SDM 1, sections 8.3.8 (pi) and 8.3.10 (accuracy); SDM 2A, FSIN, FPTAN, FPATAN (table of results)
 */
final class Trigonometry {
    /** Pi over 2, times 2^67: 68 bits, of which the last two are 0. */
    private static final long REDUCTION_HIGH = 0xC;

    private static final long REDUCTION_LOW = 0x90FD_AA22_168C_234CL;
    private static final int REDUCTION_SCALE = 67;

    /** The exponent below which tan x is x + x³/3, and the quotient's error could hide the second term. */
    private static final int SMALL_ANGLE = -40;

    private static final Wide PI = new Wide(1, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);
    private static final Wide PI_HALF = new Wide(0, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);

    /** Arc tangents of 1/8, 2/8 ... 1. */
    private static final Wide[] ARC_TANGENTS = {
        new Wide(-4, 0xFEAD_D4D5_617B_6E32L, 0xC897_989F_3E88_8EF7L),
        new Wide(-3, 0xFADB_AFC9_6406_EB15L, 0x6DC7_9EF5_F7A2_17E5L),
        new Wide(-2, 0xB7B0_CA0F_26F7_8473L, 0x8AA3_2122_DCFE_4483L),
        new Wide(-2, 0xED63_382B_0DDA_7B45L, 0x6FE4_45EC_BC3A_8D03L),
        new Wide(-1, 0x8F00_5D5E_F7F5_9F9BL, 0x5C83_5E16_65C4_3747L),
        new Wide(-1, 0xA4BC_7D19_34F7_0924L, 0x19A8_7F2A_457D_AC9EL),
        new Wide(-1, 0xB805_3E2B_C231_9E73L, 0xCB2D_A552_10A4_443DL),
        new Wide(-1, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L)
    };

    private final Float80Result out;

    private final Wide angle = new Wide();
    private final Wide square = new Wide();
    private final Wide sine = new Wide();
    private final Wide cosine = new Wide();
    private final Wide quotient = new Wide();
    private final Wide term = new Wide();
    private final Wide scratch1 = new Wide();
    private final Wide scratch2 = new Wide();

    /** How many right angles {@link #reduce} took off, modulo 4. */
    private int quadrant;

    Trigonometry(Float80Result out) {
        this.out = out;
    }

    /** @return false if the angle is 2^63 or greater in magnitude: nothing was done */
    boolean sine(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        if (kind == ZERO) {
            out.set(se, sig);
            return true;
        }
        if (special(se, sig, kind)) {
            return true;
        }
        return reduce(se, sig) && round(sineOfReduced(), out, control);
    }

    /** @return false if the angle is 2^63 or greater in magnitude: nothing was done */
    boolean cosine(int se, long sig, int control) {
        int kind = Float80.kind(se, sig);
        if (kind == ZERO) {
            out.set(BIAS, INTEGER_BIT);
            return true;
        }
        if (special(se, sig, kind)) {
            return true;
        }
        return reduce(se, sig) && round(cosineOfReduced(), out, control);
    }

    /** @return false if the angle is 2^63 or greater in magnitude: nothing was done */
    boolean sineAndCosine(int se, long sig, Float80Result second, int control) {
        int kind = Float80.kind(se, sig);
        if (kind == ZERO) {
            out.set(se, sig);
            second.set(BIAS, INTEGER_BIT);
            return true;
        }
        if (special(se, sig, kind)) {
            second.set(out);
            return true;
        }
        if (!reduce(se, sig)) {
            return false;
        }
        second.flags = 0;
        round(sineOfReduced(), out, control);
        round(cosineOfReduced(), second, control);
        out.flags |= second.flags & ~C1;
        return true;
    }

    /**
     * The second result is 1, or the NaN again.
     *
     * @return false if the angle is 2^63 or greater in magnitude: nothing was done
     */
    boolean tangent(int se, long sig, Float80Result second, int control) {
        int kind = Float80.kind(se, sig);
        second.set(BIAS, INTEGER_BIT);
        if (kind == ZERO) {
            out.set(se, sig);
            return true;
        }
        if (special(se, sig, kind)) {
            second.set(out);
            return true;
        }
        if (!reduce(se, sig)) {
            return false;
        }
        if (quadrant == 0 && angle.exponent < SMALL_ANGLE) {
            quotient.set(angle).multiply(angle).divide(3).add(Wide.ONE).multiply(angle);
        } else {
            quotient.set(sineOfReduced()).divide(cosineOfReduced(), scratch1, scratch2);
        }
        return round(quotient, out, control);
    }

    private boolean special(int se, long sig, int kind) {
        if (kind >= QUIET_NAN) {
            out.nan(se, sig, kind);
        } else if (kind == INFINITY) {
            out.invalid();
        } else {
            out.flags |= kind == DENORMAL ? DE : 0;
            return false;
        }
        return true;
    }

    /** Leaves an angle from -pi/4 to pi/4 and its quadrant. */
    private boolean reduce(int se, long sig) {
        int exponent = Float80.exponent(se) - BIAS;
        if (exponent >= 63) {
            return false;
        }
        angle.set(se, sig);
        quadrant = 0;
        if (exponent >= -1) {
            reduceMagnitude(exponent, sig, (se & SIGN) != 0);
        }
        return true;
    }

    /** Long division, bit by bit, in units of 2^-67; exact. */
    private void reduceMagnitude(int exponent, long sig, boolean negative) {
        long high = sig >>> 61;
        long low = sig << 3;
        int quotientBits = 0;
        for (int i = exponent - 63 + REDUCTION_SCALE - 3; i > 0; i--) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            quotientBits <<= 1;
            if (atLeastRightAngle(high, low)) {
                high -= REDUCTION_HIGH + (Long.compareUnsigned(low, REDUCTION_LOW) < 0 ? 1 : 0);
                low -= REDUCTION_LOW;
                quotientBits |= 1;
            }
        }
        boolean beyondHalf = atLeastRightAngle(high << 1 | low >>> 63, low << 1);
        if (beyondHalf) {
            high = REDUCTION_HIGH - high - (Long.compareUnsigned(REDUCTION_LOW, low) < 0 ? 1 : 0);
            low = REDUCTION_LOW - low;
            quotientBits++;
        }
        quadrant = (negative ? -quotientBits : quotientBits) & 3;
        angle.setInteger(negative ^ beyondHalf, high, low).scale(-REDUCTION_SCALE);
    }

    private static boolean atLeastRightAngle(long high, long low) {
        return high > REDUCTION_HIGH || high == REDUCTION_HIGH && Long.compareUnsigned(low, REDUCTION_LOW) >= 0;
    }

    private Wide sineOfReduced() {
        Wide value = (quadrant & 1) == 0 ? sineSeries(sine) : cosineSeries(sine);
        value.negative ^= quadrant >= 2;
        return value;
    }

    private Wide cosineOfReduced() {
        Wide value = (quadrant & 1) == 0 ? cosineSeries(cosine) : sineSeries(cosine);
        value.negative ^= quadrant == 1 || quadrant == 2;
        return value;
    }

    /** x (1 - x²/(2·3) (1 - x²/(4·5) (1 - ...))) */
    private Wide sineSeries(Wide sum) {
        square.set(angle).multiply(angle);
        sum.set(Wide.ONE);
        for (int i = terms(square, 17); i > 0; i--) {
            sum.multiply(square).divide(2 * i * (2 * i + 1)).negate().add(Wide.ONE);
        }
        return sum.multiply(angle);
    }

    /** 1 - x²/(1·2) (1 - x²/(3·4) (1 - ...)) */
    private Wide cosineSeries(Wide sum) {
        square.set(angle).multiply(angle);
        sum.set(Wide.ONE);
        for (int i = terms(square, 18); i > 0; i--) {
            sum.multiply(square).divide((2 * i - 1) * 2 * i).negate().add(Wide.ONE);
        }
        return sum;
    }

    /** How many terms a power series in something so small needs for 130 bits. */
    static int terms(Wide base, int atMost) {
        return base.isZero() ? 1 : Math.min(atMost, 130 / Math.max(1, -base.exponent) + 1);
    }

    private static boolean round(Wide value, Float80Result result, int control) {
        int sign = value.negative ? SIGN : 0;
        // Never exact; the bit set says so.
        int full = control | Float80Result.CONTROL_PRECISION_64;
        result.round(sign, value.exponent + BIAS, value.high, value.low | 1, full);
        return true;
    }

    /** The angle of the point (x, y): FPATAN with y in ST(1) and x in ST(0). */
    void arcTangent(int seY, long sigY, int seX, long sigX, int control) {
        int kindY = Float80.kind(seY, sigY);
        int kindX = Float80.kind(seX, sigX);
        if (Math.max(kindY, kindX) >= QUIET_NAN) {
            out.nan(seX, sigX, kindX, seY, sigY, kindY);
            return;
        }
        if (kindY == DENORMAL || kindX == DENORMAL) {
            out.flags |= DE;
        }
        boolean left = (seX & SIGN) != 0;
        boolean negative = (seY & SIGN) != 0;
        if (kindY == ZERO || kindX == INFINITY && kindY != INFINITY) {
            if (left) {
                angle.set(PI);
            } else {
                out.set(seY & SIGN, 0);
                return;
            }
        } else if (kindY == INFINITY && kindX == INFINITY) {
            angle.set(left ? quotient.set(PI).subtract(ARC_TANGENTS[7]) : ARC_TANGENTS[7]);
        } else if (kindY == INFINITY || kindX == ZERO) {
            angle.set(PI_HALF);
        } else {
            arcTangentOfFinite(seY & EXPONENT_MASK, sigY, seX & EXPONENT_MASK, sigX, left);
        }
        angle.negative = negative;
        round(angle, out, control);
    }

    /** From 0 to pi, in the field for angles. */
    private void arcTangentOfFinite(int exponentY, long sigY, int exponentX, long sigX, boolean left) {
        sine.set(exponentY, sigY);
        cosine.set(exponentX, sigX);
        boolean steep = sine.compareMagnitude(cosine) > 0;
        quotient.set(steep ? cosine : sine).divide(steep ? sine : cosine, scratch1, scratch2);
        arcTangentOfQuotient();
        if (steep) {
            angle.negate().add(PI_HALF);
        }
        if (left) {
            angle.negate().add(PI);
        }
    }

    /** Of a quotient up to 1: relative to the nearest eighth, whose arc tangent is tabled. */
    private void arcTangentOfQuotient() {
        int eighths = quotient.exponent < -4 ? 0 : (int) (quotient.high >>> (59 - quotient.exponent)) + 1 >> 1;
        if (eighths == 0) {
            arcTangentSeries(quotient);
            return;
        }
        cosine.set(eighths).scale(-3);
        sine.set(quotient).subtract(cosine);
        cosine.multiply(quotient).add(Wide.ONE);
        arcTangentSeries(sine.divide(cosine, scratch1, scratch2));
        angle.add(ARC_TANGENTS[eighths - 1]);
    }

    /** x (1 - x² (1/3 - x² (1/5 - ...))) */
    private void arcTangentSeries(Wide x) {
        square.set(x).multiply(x);
        int last = terms(square, 18);
        angle.set(Wide.ONE).divide(2 * last + 1);
        for (int i = last - 1; i >= 0; i--) {
            angle.multiply(square).negate().add(term.set(Wide.ONE).divide(2 * i + 1));
        }
        angle.multiply(x);
    }
}
