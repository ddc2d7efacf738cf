// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C0;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.C2;
import static vmlab.vmm.soft.x87.StatusWord.C3;
import static vmlab.vmm.soft.x87.StatusWord.DE;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.SF;
import static vmlab.vmm.soft.x87.StatusWord.ZE;

/**
 * Everything the FPU holds between two instructions, and how faults and exceptions get into its status word.
 *
 * @spec Intel SDM 1, sections 8.1 and 8.5.1.1
 */
final class Registers {
    private static final int CONTROL_INITIAL = 0x037F;
    private static final int CONDITIONS = C0 | C1 | C2 | C3;

    final RegisterStack stack = new RegisterStack();
    int control;
    /** Exceptions, SF and C0 to C3; TOP is the stack's, ES and B are computed. */
    int status;

    int instructionOffset;
    int instructionSelector;
    int dataOffset;
    int dataSelector;
    int opcode;

    /** FNINIT: the registers keep what they hold, but are empty. */
    void initialize() {
        control = CONTROL_INITIAL;
        status = 0;
        stack.top = 0;
        stack.occupied = 0;
        instructionOffset = 0;
        instructionSelector = 0;
        dataOffset = 0;
        dataSelector = 0;
        opcode = 0;
    }

    /** Whether an unmasked exception waits to be reported: ES of the status word. */
    boolean exceptionPending() {
        return (status & ~control & StatusWord.EXCEPTIONS) != 0;
    }

    int statusWord() {
        int summary = exceptionPending() ? StatusWord.ES | StatusWord.BUSY : 0;
        return status | stack.top << StatusWord.TOP_SHIFT | summary;
    }

    void statusWord(int word) {
        stack.top = word >> StatusWord.TOP_SHIFT & 7;
        status = word & (StatusWord.EXCEPTIONS | SF | CONDITIONS);
    }

    void controlWord(int word) {
        control = word & X87State.CONTROL_BITS | X87State.CONTROL_FIXED;
    }

    /**
     * Notes an empty register read (C1 = 0) or a full one pushed upon (C1 set).
     *
     * @return whether invalid operation is masked: the instruction goes on with the indefinite
     */
    boolean stackFault(int c1) {
        status = status & ~C1 | IE | SF | c1;
        return (control & IE) != 0;
    }

    /**
     * Notes what the operation reported.
     *
     * @return whether its result is written: not so after an unmasked exception found before calculating
     */
    boolean accept(int raised) {
        int stopping = raised & ~control & (IE | DE | ZE);
        status = status & ~C1 | (stopping == 0 ? raised : stopping);
        return stopping == 0;
    }

    void push(int signExponent, long significand) {
        if (!stack.full()) {
            status &= ~C1;
            stack.push(signExponent, significand);
        } else if (stackFault(C1)) {
            pushIndefinite();
        }
    }

    void pushIndefinite() {
        stack.push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    void popTimes(int pops) {
        for (int i = 0; i < pops; i++) {
            stack.pop();
        }
    }

    X87State state() {
        return new X87State(
                control,
                status | stack.top << StatusWord.TOP_SHIFT,
                stack.occupied,
                stack.significands,
                stack.signExponents,
                instructionOffset,
                instructionSelector,
                dataOffset,
                dataSelector,
                opcode);
    }

    void restore(X87State state) {
        control = state.control();
        statusWord(state.status());
        stack.occupied = state.abridgedTags();
        System.arraycopy(state.significands(), 0, stack.significands, 0, 8);
        System.arraycopy(state.signExponents(), 0, stack.signExponents, 0, 8);
        instructionOffset = state.instructionOffset();
        instructionSelector = state.instructionSelector();
        dataOffset = state.dataOffset();
        dataSelector = state.dataSelector();
        opcode = state.opcode();
    }
}
