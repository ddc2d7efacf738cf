// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import java.util.Arrays;

/**
 * Everything an x87 unit holds between two instructions.
 *
 * @param control the control word; its reserved bits as in {@link #CONTROL_BITS} and {@link #CONTROL_FIXED}
 * @param status the status word with TOP, without ES and B, which follow from exceptions and masks
 * @param abridgedTags a bit per physical register, 1 if not empty (as FXSAVE stores the tag word)
 * @param significands of the physical registers R0 to R7
 * @param signExponents of the same, 16 bits each
 * @param instructionOffset FIP
 * @param instructionSelector FCS
 * @param dataOffset FDP
 * @param dataSelector FDS
 * @param opcode FOP: 11 bits
 */
public record X87State(
        int control,
        int status,
        int abridgedTags,
        long[] significands,
        int[] signExponents,
        int instructionOffset,
        int instructionSelector,
        int dataOffset,
        int dataSelector,
        int opcode) {
    static final int CONTROL_BITS = 0x1F7F;
    static final int CONTROL_FIXED = 0x0040;
    static final int STATUS_BITS = 0x7F7F;
    static final int OPCODE_BITS = 0x7FF;

    public X87State {
        checkBits("control word", control, CONTROL_BITS);
        checkBits("status word without ES and B", status, STATUS_BITS);
        checkBits("abridged tags", abridgedTags, 0xFF);
        checkBits("FCS", instructionSelector, 0xFFFF);
        checkBits("FDS", dataSelector, 0xFFFF);
        checkBits("FOP", opcode, OPCODE_BITS);
        if ((control & CONTROL_FIXED) == 0) {
            throw new IllegalArgumentException("bit 6 of the control word is always set");
        }
        if (significands.length != 8 || signExponents.length != 8) {
            throw new IllegalArgumentException("there are 8 registers");
        }
        significands = significands.clone();
        signExponents = signExponents.clone();
        for (int signExponent : signExponents) {
            checkBits("sign and exponent", signExponent, 0xFFFF);
        }
    }

    private static void checkBits(String name, int value, int possible) {
        if ((value & ~possible) != 0) {
            throw new IllegalArgumentException(String.format("%s %#x has bits outside of %#x", name, value, possible));
        }
    }

    @Override
    public long[] significands() {
        return significands.clone();
    }

    @Override
    public int[] signExponents() {
        return signExponents.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof X87State that
                && Arrays.equals(significands, that.significands)
                && Arrays.equals(signExponents, that.signExponents)
                && Arrays.equals(words(), that.words());
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(significands) + Arrays.hashCode(signExponents)) + Arrays.hashCode(words());
    }

    private int[] words() {
        return new int[] {
            control, status, abridgedTags, instructionOffset, instructionSelector, dataOffset, dataSelector, opcode
        };
    }
}
