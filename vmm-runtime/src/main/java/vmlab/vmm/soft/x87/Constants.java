// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/**
 * What FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2 and FLDZ push: constants of 66 or more bits, rounded as the control
 * word says, without an inexact exception.
 *
 * @spec Intel SDM 1, section 8.3.8; SDM 2A, FLD1 and the others
 */
final class Constants {
    private static final int[] SIGN_EXPONENTS = {0x3FFF, 0x4000, 0x3FFF, 0x4000, 0x3FFD, 0x3FFE, 0};

    /** Truncated. */
    private static final long[] SIGNIFICANDS = {
        0x8000_0000_0000_0000L,
        0xD49A_784B_CD1B_8AFEL,
        0xB8AA_3B29_5C17_F0BBL,
        0xC90F_DAA2_2168_C234L,
        0x9A20_9A84_FBCF_F798L,
        0xB172_17F7_D1CF_79ABL,
        0
    };

    /** The bits that follow. */
    private static final long[] RESTS = {0, 0x4000_0000_0000_0000L, -1, -1, -1, -1, 0};

    private Constants() {}

    static int signExponent(int index) {
        return SIGN_EXPONENTS[index];
    }

    static long significand(int index, int control) {
        boolean up = Float80Result.roundsAway(0, false, RESTS[index], control);
        return SIGNIFICANDS[index] + (up ? 1 : 0);
    }
}
