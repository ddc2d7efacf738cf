// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.DE;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.OE;
import static vmlab.vmm.soft.x87.StatusWord.PE;
import static vmlab.vmm.soft.x87.StatusWord.UE;
import static vmlab.vmm.soft.x87.StatusWord.ZE;

/**
 * What an operation gives: a number, and the exceptions it detected as bits of the status word (with C1 for "rounded
 * up"). Held in fields, and used again and again, so that no operation allocates.
 *
 * <p>The exceptions' masks matter here only for overflow and underflow, whose results differ with them; that an unmasked
 * invalid operation, zero divide or denormal operand writes nothing is the caller's part.
 *
 * @spec Intel SDM 1, sections 4.8.4 (rounding), 4.9.1 (exceptions), 8.1.5 (control word), 8.5
 */
final class Float80Result {
    static final int CONTROL_PRECISION_64 = 0x300;
    static final int ROUND_DOWN = 0x400;
    static final int ROUND_UP = 0x800;
    static final int ROUND_TO_ZERO = 0xC00;
    static final int ROUNDING_MASK = 0xC00;

    /** What an unmasked overflow takes off the exponent, and an unmasked underflow adds (section 8.5.4). */
    static final int BIAS_ADJUSTMENT = 24576;

    private static final int LARGEST_EXPONENT = 0x7FFE;

    int signExponent;
    long significand;
    int flags;

    void set(int newSignExponent, long newSignificand) {
        signExponent = newSignExponent;
        significand = newSignificand;
    }

    void set(Float80Result other) {
        signExponent = other.signExponent;
        significand = other.significand;
    }

    /** The masked answer to an invalid operation, which outranks a denormal operand (section 4.9.2). */
    void invalid() {
        flags = flags & ~DE | IE;
        indefinite();
    }

    void indefinite() {
        set(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    void infinity(int sign) {
        set(sign | Float80.EXPONENT_MASK, Float80.INTEGER_BIT);
    }

    void zeroDivide(int sign) {
        flags = flags & ~DE | ZE;
        infinity(sign);
    }

    /** The answer to one operand that is a NaN or unsupported. */
    void nan(int se, long sig, int kind) {
        if (kind == Float80.UNSUPPORTED) {
            invalid();
            return;
        }
        flags = flags & ~DE | (kind == Float80.SIGNALING_NAN ? IE : 0);
        set(se, sig | Float80.QUIET_BIT);
    }

    /** The answer to two operands of which one at least is a NaN or unsupported (section 4.8.3.5, table 4-7). */
    void nan(int se1, long sig1, int kind1, int se2, long sig2, int kind2) {
        if (Math.max(kind1, kind2) == Float80.UNSUPPORTED) {
            invalid();
            return;
        }
        boolean first;
        if (kind1 < Float80.QUIET_NAN || kind2 < Float80.QUIET_NAN) {
            first = kind1 > kind2;
        } else if (kind1 != kind2) {
            first = kind1 == Float80.QUIET_NAN;
        } else {
            int order = Long.compareUnsigned(sig1, sig2);
            first = order > 0 || order == 0 && (se1 & Float80.SIGN) == 0;
        }
        nan(first ? se1 : se2, first ? sig1 : sig2, Math.max(kind1, kind2));
    }

    /**
     * Rounds ±high:low * 2^(exponent - 16383 - 127) to the control word's precision and direction.
     *
     * @param sign 0 or 0x8000
     * @param exponent biased; may be far outside of the format
     * @param high top bit set
     * @param low lower half; its bit 0 may stand for further bits lost
     */
    void round(int sign, int exponent, long high, long low, int control) {
        int dropped = dropped(control);
        long kept = high >>> dropped << dropped;
        long rest = dropped == 0 ? low : rest(high, low, dropped);
        if (exponent > 0) {
            finish(sign, exponent, kept, rest, control);
        } else {
            roundTiny(sign, exponent, high, low, control);
        }
    }

    /** Bits of the 64-bit significand that the precision control leaves out. */
    private static int dropped(int control) {
        return switch (control & CONTROL_PRECISION_64) {
            case 0 -> 40;
            case 0x200 -> 11;
            default -> 0;
        };
    }

    /** The bits below those kept, moved up to the top bit. */
    private static long rest(long high, long low, int dropped) {
        return high << -dropped | low >>> dropped | Bits128.bit(low << -dropped);
    }

    /** Whether a magnitude is rounded up, given its last bit kept and the bits after it. */
    static boolean roundsAway(int sign, boolean odd, long rest, int control) {
        return switch (control & ROUNDING_MASK) {
            case 0 -> rest < 0 && (rest != Long.MIN_VALUE || odd);
            case ROUND_DOWN -> rest != 0 && sign != 0;
            case ROUND_UP -> rest != 0 && sign == 0;
            default -> false;
        };
    }

    private void finish(int sign, int exponent, long kept, long rest, int control) {
        long rounded = kept;
        int exponentNow = exponent;
        if (rest != 0) {
            flags |= PE;
            long unit = 1L << dropped(control);
            if (roundsAway(sign, (kept & unit) != 0, rest, control)) {
                flags |= C1;
                rounded += unit;
                if (rounded == 0) {
                    rounded = Float80.INTEGER_BIT;
                    exponentNow++;
                }
            }
        }
        if (exponentNow > LARGEST_EXPONENT) {
            overflow(sign, exponentNow, rounded, control);
        } else {
            set(sign | exponentNow, rounded);
        }
    }

    private void overflow(int sign, int exponent, long rounded, int control) {
        flags |= OE;
        if ((control & OE) == 0) {
            int adjusted = exponent - BIAS_ADJUSTMENT;
            if (adjusted > LARGEST_EXPONENT) {
                massive(sign);
            } else {
                set(sign | adjusted, rounded);
            }
            return;
        }
        flags = flags & ~C1 | PE;
        if (roundsAway(sign, true, -1, control)) {
            flags |= C1;
            infinity(sign);
        } else {
            set(sign | LARGEST_EXPONENT, -1L >>> dropped(control) << dropped(control));
        }
    }

    /** Too large even for the adjusted exponent, which only FSCALE can reach. */
    private void massive(int sign) {
        flags |= C1 | PE;
        infinity(sign);
    }

    /** Tininess is detected after rounding as if the exponent had no lower limit (section 4.9.1.5). */
    private void roundTiny(int sign, int exponent, long high, long low, int control) {
        int dropped = dropped(control);
        long unit = 1L << dropped;
        long kept = high >>> dropped << dropped;
        long rest = dropped == 0 ? low : rest(high, low, dropped);
        boolean carries = kept + unit == 0 && roundsAway(sign, true, rest, control);
        boolean tiny = exponent < 0 || !carries;
        if (tiny && (control & UE) == 0) {
            flags |= UE;
            if (exponent + BIAS_ADJUSTMENT > 0) {
                finish(sign, exponent + BIAS_ADJUSTMENT, kept, rest, control);
            } else {
                flags |= PE;
                set(sign, 0);
            }
            return;
        }
        denormalize(sign, 1 - exponent, high, low, control);
        if (tiny && (flags & PE) != 0) {
            flags |= UE;
        }
    }

    private void denormalize(int sign, int count, long high, long low, int control) {
        int dropped = dropped(control);
        long shiftedLow = Bits128.shiftRightLowJam(high, low, count);
        long shifted = Bits128.shiftRightHigh(high, count);
        long kept = shifted >>> dropped << dropped;
        long rest = dropped == 0 ? shiftedLow : rest(shifted, shiftedLow, dropped);
        if (rest != 0) {
            flags |= PE;
            if (roundsAway(sign, (kept >>> dropped & 1) != 0, rest, control)) {
                flags |= C1;
                kept += 1L << dropped;
            }
        }
        set(sign | (kept < 0 ? 1 : 0), kept);
    }
}
