// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/**
 * The eight data registers with their tags and TOP. Like hardware it knows only empty and not empty; the other tags
 * follow from the contents.
 *
 * @spec Intel SDM 1, sections 8.1.2 and 8.1.7
 */
final class RegisterStack {
    private static final int TAG_VALID = 0;
    private static final int TAG_ZERO = 1;
    private static final int TAG_SPECIAL = 2;
    private static final int TAG_EMPTY = 3;

    /** By physical register. */
    final long[] significands = new long[8];

    final int[] signExponents = new int[8];

    int top;
    /** A bit per physical register. */
    int occupied;

    int signExponent(int index) {
        return signExponents[top + index & 7];
    }

    long significand(int index) {
        return significands[top + index & 7];
    }

    boolean empty(int index) {
        return (occupied >> (top + index & 7) & 1) == 0;
    }

    /** Whether a push would overwrite a register in use. */
    boolean full() {
        return !empty(7);
    }

    void set(int index, int signExponent, long significand) {
        int register = top + index & 7;
        signExponents[register] = signExponent;
        significands[register] = significand;
        occupied |= 1 << register;
    }

    void set(int index, Float80Result value) {
        set(index, value.signExponent, value.significand);
    }

    void setIndefinite(int index) {
        set(index, Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    void push(int signExponent, long significand) {
        top = top - 1 & 7;
        set(0, signExponent, significand);
    }

    void pop() {
        free(0);
        top = top + 1 & 7;
    }

    void free(int index) {
        occupied &= ~(1 << (top + index & 7));
    }

    /** As FSTENV stores it: two bits per physical register. */
    int tagWord() {
        int word = 0;
        for (int register = 7; register >= 0; register--) {
            word = word << 2 | tag(register);
        }
        return word;
    }

    private int tag(int register) {
        if ((occupied >> register & 1) == 0) {
            return TAG_EMPTY;
        }
        return switch (Float80.kind(signExponents[register], significands[register])) {
            case Float80.NORMAL -> TAG_VALID;
            case Float80.ZERO -> TAG_ZERO;
            default -> TAG_SPECIAL;
        };
    }

    void tagWord(int word) {
        occupied = 0;
        for (int register = 0; register < 8; register++) {
            if ((word >> (2 * register) & 3) != TAG_EMPTY) {
                occupied |= 1 << register;
            }
        }
    }
}
