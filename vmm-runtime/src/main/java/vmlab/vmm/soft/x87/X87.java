// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C0;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.C2;
import static vmlab.vmm.soft.x87.StatusWord.C3;
import static vmlab.vmm.soft.x87.StatusWord.DE;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.OE;
import static vmlab.vmm.soft.x87.StatusWord.SF;
import static vmlab.vmm.soft.x87.StatusWord.UE;
import static vmlab.vmm.soft.x87.StatusWord.ZE;

import vmlab.vmm.Stateful;

/**
 * The floating-point unit: register stack, control and status words, last-instruction pointers, and all escape
 * instructions (D8 to DF) of a Pentium III.
 *
 * <p>Not here: CR0.EM, CR0.TS and CR0.NE, the raising of #NM, #MF and #UD, and WAIT, all of which are the CPU's.
 * Transcendental functions are within one unit in the last place of the exact value, not bit for bit those of one
 * processor. FDP and FDS keep their values over instructions without a memory operand.
 *
 * <p>Not for several threads. A fault thrown by the memory leaves everything as it was before the instruction.
 *
 * @spec Intel SDM 1, chapter 8; SDM 2A, FABS to FYL2XP1; SDM 3A, chapter 12 (MMX)
 */
public final class X87 implements Stateful<X87State> {
    private static final int CONTROL_INITIAL = 0x037F;
    private static final int CONDITIONS = C0 | C1 | C2 | C3;

    /** The operations that the three bits under the escape choose in D8, DA, DC and DE. */
    private static final int FADD = 0;

    private static final int FMUL = 1;
    private static final int FCOM = 2;
    private static final int FCOMP = 3;
    private static final int FSUB = 4;
    private static final int FSUBR = 5;
    private static final int FDIV = 6;

    final RegisterStack stack = new RegisterStack();
    int control;
    /** Exceptions, SF and C0 to C3; TOP is the stack's, ES and B are computed. */
    int status;

    int instructionOffset;
    int instructionSelector;
    int dataOffset;
    int dataSelector;
    int opcode;

    private final Float80Result result = new Float80Result();
    private final Float80Result second = new Float80Result();
    private final Arithmetic arithmetic = new Arithmetic(result);
    private final PartialRemainder partialRemainder = new PartialRemainder(result);
    private final Scaling scaling = new Scaling(result);
    private final MemoryFormats formats = new MemoryFormats(result);
    private final Trigonometry trigonometry = new Trigonometry(result);
    private final Logarithms logarithms = new Logarithms(result);
    private final SavedImages images = new SavedImages(this);

    public X87() {
        reset();
    }

    /** As after power-on and FNINIT: the registers are empty and zero. */
    public void reset() {
        for (int register = 0; register < 8; register++) {
            stack.significands[register] = 0;
            stack.signExponents[register] = 0;
        }
        initialize();
    }

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

    @Override
    public X87State state() {
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

    @Override
    public void restore(X87State state) {
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

    /** Whether an unmasked exception waits to be reported: ES of the status word. */
    public boolean exceptionPending() {
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
     * Whether an escape instruction first reports a pending unmasked exception. Those that do not are the control
     * instructions with N in their names (SDM 1, section 8.3.12) and what is left of the 8087's and 287's.
     */
    public static boolean isWaiting(int escape, int modrm) {
        int operation = modrm >> 3 & 7;
        if ((modrm & 0xC0) != 0xC0) {
            boolean storesControl = escape == 1 && operation >= 6;
            boolean savesState = escape == 5 && operation >= 6;
            return !storesControl && !savesState;
        }
        return !isControl(escape, modrm);
    }

    /** Register forms that leave the last-instruction pointers alone (SDM 1, section 8.1.8). */
    private static boolean isControl(int escape, int modrm) {
        return escape == 3 && modrm >= 0xE0 && modrm <= 0xE4 || escape == 7 && modrm == 0xE0;
    }

    private static boolean isMemoryControl(int escape, int operation) {
        return escape == 1 && operation >= 4 || escape == 5 && (operation == 4 || operation >= 6);
    }

    /**
     * An instruction on registers.
     *
     * @param escape the low three bits of the opcode D8 to DF
     * @param modrm C0 to FF
     * @return false if there is no such instruction: nothing was changed
     */
    public boolean executeRegister(int escape, int modrm, X87Context cpu) {
        int index = modrm & 7;
        int operation = modrm >> 3 & 7;
        boolean known = switch (escape) {
            case 0 -> arithmeticRegister(operation, 0, index, false);
            case 1 -> executeD9(modrm, operation, index);
            case 2 -> executeDA(modrm, operation, index, cpu);
            case 3 -> executeDB(modrm, operation, index, cpu);
            case 4 -> arithmeticRegister(operation, index, index, false);
            case 5 -> executeDD(operation, index);
            case 6 -> executeDE(modrm, operation, index);
            case 7 -> executeDF(modrm, operation, index, cpu);
            default -> throw new IllegalArgumentException("escape " + escape + " is not in 0 to 7");
        };
        if (known && !isControl(escape, modrm)) {
            recordInstruction(escape, modrm, cpu);
        }
        return known;
    }

    private void recordInstruction(int escape, int modrm, X87Context cpu) {
        instructionOffset = cpu.instructionOffset();
        instructionSelector = cpu.codeSelector();
        opcode = escape << 8 | modrm;
    }

    private boolean executeD9(int modrm, int operation, int index) {
        switch (operation) {
            case 0 -> loadRegister(index);
            case 1 -> exchange(index);
            case 2 -> {
                return modrm == 0xD0;
            }
            case 3 -> storeWithoutCheck(index);
            case 4 -> {
                return executeSign(index);
            }
            case 5 -> {
                return index != 7 && loadConstant(index);
            }
            case 6 -> executeF0(index);
            default -> executeF8(index);
        }
        return true;
    }

    private boolean executeSign(int index) {
        switch (index) {
            case 0 -> changeSign(0, Float80.SIGN);
            case 1 -> changeSign(Float80.SIGN, 0);
            case 4 -> compare(0, 0, false, 0);
            case 5 -> examine();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void executeF0(int index) {
        switch (index) {
            case 0 -> unary(0xF0);
            case 1 -> binaryPop(0xF1);
            case 2 -> pushing(0xF2);
            case 3 -> binaryPop(0xF3);
            case 4 -> pushing(0xF4);
            case 5 -> remainder(true);
            case 6 -> rotate(-1);
            default -> rotate(1);
        }
    }

    private void executeF8(int index) {
        switch (index) {
            case 0 -> remainder(false);
            case 1 -> binaryPop(0xF9);
            case 3 -> pushing(0xFB);
            case 5 -> scale();
            default -> unary(0xF8 | index);
        }
    }

    private boolean executeDA(int modrm, int operation, int index, X87Context cpu) {
        if (operation < 4) {
            moveIf(condition(operation, cpu), index);
            return true;
        }
        if (modrm == 0xE9) {
            compareStack(1, true, 2);
            return true;
        }
        return false;
    }

    private boolean executeDB(int modrm, int operation, int index, X87Context cpu) {
        if (operation < 4) {
            moveIf(!condition(operation, cpu), index);
            return true;
        }
        switch (operation) {
            case 4 -> {
                return executeOldControl(index);
            }
            case 5 -> compareToFlags(index, true, false, cpu);
            case 6 -> compareToFlags(index, false, false, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** FNCLEX, FNINIT, and FENI, FDISI, FSETPM, which do nothing since the 387 (SDM 3B, section 23.18.9). */
    private boolean executeOldControl(int index) {
        if (index == 2) {
            status &= CONDITIONS;
        } else if (index == 3) {
            initialize();
        }
        return index <= 4;
    }

    private boolean executeDD(int operation, int index) {
        switch (operation) {
            case 0 -> free(index);
            case 1 -> exchange(index);
            case 2 -> storeRegister(index, false);
            case 3 -> storeRegister(index, true);
            case 4 -> compareStack(index, true, 0);
            case 5 -> compareStack(index, true, 1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean executeDE(int modrm, int operation, int index) {
        if (operation == FCOM) {
            compareStack(index, false, 1);
            return true;
        }
        if (operation == FCOMP) {
            if (modrm == 0xD9) {
                compareStack(1, false, 2);
            }
            return modrm == 0xD9;
        }
        return arithmeticRegister(operation, index, index, true);
    }

    private boolean executeDF(int modrm, int operation, int index, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                free(index);
                stack.pop();
            }
            case 1 -> exchange(index);
            case 2, 3 -> storeRegister(index, true);
            case 4 -> {
                if (modrm != 0xE0) {
                    return false;
                }
                cpu.storeAx(statusWord());
            }
            case 5 -> compareToFlags(index, true, true, cpu);
            case 6 -> compareToFlags(index, false, true, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** B, E, BE, U: FCMOVcc of DA; DB has the opposite. */
    private static boolean condition(int operation, X87Context cpu) {
        return switch (operation) {
            case 0 -> cpu.carryFlag();
            case 1 -> cpu.zeroFlag();
            case 2 -> cpu.carryFlag() || cpu.zeroFlag();
            default -> cpu.parityFlag();
        };
    }

    /**
     * Notes an empty register read (C1 = 0) or a full one pushed upon (C1 set).
     *
     * @return whether invalid operation is masked: the instruction goes on with the indefinite
     */
    private boolean stackFault(int c1) {
        status = status & ~C1 | IE | SF | c1;
        return (control & IE) != 0;
    }

    /**
     * Notes what the operation reported.
     *
     * @return whether its result is written: not so after an unmasked exception found before calculating
     */
    private boolean accept() {
        int raised = result.flags;
        int stopping = raised & ~control & (IE | DE | ZE);
        status = status & ~C1 | (stopping == 0 ? raised : stopping);
        return stopping == 0;
    }

    private boolean arithmeticRegister(int operation, int destination, int index, boolean pops) {
        if (operation == FCOM || operation == FCOMP) {
            compareStack(index, false, operation - FCOM);
            return true;
        }
        if (stack.empty(0) || stack.empty(index)) {
            if (stackFault(0)) {
                stack.setIndefinite(destination);
                if (pops) {
                    stack.pop();
                }
            }
            return true;
        }
        result.flags = 0;
        calculate(operation, stack.signExponent(index), stack.significand(index));
        if (accept()) {
            stack.set(destination, result);
            if (pops) {
                stack.pop();
            }
        }
        return true;
    }

    /** ST(0) and another operand. */
    private void calculate(int operation, int se2, long sig2) {
        int se1 = stack.signExponent(0);
        long sig1 = stack.significand(0);
        switch (operation) {
            case FADD -> arithmetic.add(se1, sig1, se2, sig2, control);
            case FMUL -> arithmetic.multiply(se1, sig1, se2, sig2, control);
            case FSUB -> arithmetic.subtract(se1, sig1, se2, sig2, control);
            case FSUBR -> arithmetic.subtract(se2, sig2, se1, sig1, control);
            case FDIV -> arithmetic.divide(se1, sig1, se2, sig2, control);
            default -> arithmetic.divide(se2, sig2, se1, sig1, control);
        }
    }

    /** The second operand is in {@link #result}, with DE if it was a denormal. */
    private void arithmeticMemory(int operation) {
        if (operation == FCOM || operation == FCOMP) {
            if (stack.empty(0)) {
                emptyComparison(operation - FCOM);
            } else {
                compare(result.signExponent, result.significand, false, operation - FCOM, result.flags);
            }
            return;
        }
        if (stack.empty(0)) {
            if (stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        calculate(operation, result.signExponent, result.significand);
        if (accept()) {
            stack.set(0, result);
        }
    }

    private void compareStack(int index, boolean quiet, int pops) {
        if (stack.empty(0) || stack.empty(index)) {
            emptyComparison(pops);
        } else {
            compare(stack.signExponent(index), stack.significand(index), quiet, pops, 0);
        }
    }

    /** FTST. */
    private void compare(int se2, long sig2, boolean quiet, int pops) {
        if (stack.empty(0)) {
            emptyComparison(pops);
        } else {
            compare(se2, sig2, quiet, pops, 0);
        }
    }

    private void compare(int se2, long sig2, boolean quiet, int pops, int flags) {
        result.flags = flags;
        int order = arithmetic.compare(stack.signExponent(0), stack.significand(0), se2, sig2, quiet);
        finishComparison(order, accept(), pops);
    }

    private void emptyComparison(int pops) {
        finishComparison(Arithmetic.UNORDERED, stackFault(0), pops);
    }

    private void finishComparison(int order, boolean accepted, int pops) {
        if (!setsConditions(order)) {
            return;
        }
        int conditions = switch (order) {
            case -1 -> C0;
            case 0 -> C3;
            case 1 -> 0;
            default -> C3 | C2 | C0;
        };
        status = status & ~(C0 | C2 | C3) | conditions;
        popTimes(accepted ? pops : 0);
    }

    /** An unmasked invalid comparison leaves conditions and flags (SDM 2A, FCOM, FCOMI); other exceptions don't. */
    private boolean setsConditions(int order) {
        return order != Arithmetic.UNORDERED || (status & ~control & IE) == 0;
    }

    private void popTimes(int pops) {
        for (int i = 0; i < pops; i++) {
            stack.pop();
        }
    }

    private void compareToFlags(int index, boolean quiet, boolean pops, X87Context cpu) {
        int order = Arithmetic.UNORDERED;
        boolean accepted;
        if (stack.empty(0) || stack.empty(index)) {
            accepted = stackFault(0);
        } else {
            result.flags = 0;
            order = arithmetic.compare(
                    stack.signExponent(0),
                    stack.significand(0),
                    stack.signExponent(index),
                    stack.significand(index),
                    quiet);
            accepted = accept();
        }
        if (!setsConditions(order)) {
            return;
        }
        boolean unordered = order == Arithmetic.UNORDERED;
        cpu.compareFlags(unordered || order == 0, unordered, unordered || order < 0);
        popTimes(pops && accepted ? 1 : 0);
    }

    private void moveIf(boolean condition, int index) {
        if (stack.empty(0) || stack.empty(index)) {
            if (stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        if (condition) {
            stack.set(0, stack.signExponent(index), stack.significand(index));
        }
    }

    private void push(int signExponent, long significand) {
        if (!stack.full()) {
            status &= ~C1;
            stack.push(signExponent, significand);
        } else if (stackFault(C1)) {
            pushIndefinite();
        }
    }

    private void pushIndefinite() {
        stack.push(Float80.INDEFINITE_SIGN_EXPONENT, Float80.INDEFINITE_SIGNIFICAND);
    }

    private void loadRegister(int index) {
        if (!stack.empty(index)) {
            push(stack.signExponent(index), stack.significand(index));
        } else if (stackFault(0)) {
            pushIndefinite();
        }
    }

    private boolean loadConstant(int index) {
        push(Constants.signExponent(index), Constants.significand(index, control));
        return true;
    }

    private void storeRegister(int index, boolean pops) {
        if (!stack.empty(0)) {
            status &= ~C1;
            stack.set(index, stack.signExponent(0), stack.significand(0));
            popTimes(pops ? 1 : 0);
        } else if (stackFault(0)) {
            stack.setIndefinite(index);
            popTimes(pops ? 1 : 0);
        }
    }

    /** D9 D8 to DF, an old alias of FSTP ST(i) that with an empty ST(0) only pops. */
    private void storeWithoutCheck(int index) {
        status &= ~C1;
        if (!stack.empty(0)) {
            stack.set(index, stack.signExponent(0), stack.significand(0));
        }
        stack.pop();
    }

    private void exchange(int index) {
        if (stack.empty(0) || stack.empty(index)) {
            if (!stackFault(0)) {
                return;
            }
            if (stack.empty(0)) {
                stack.setIndefinite(0);
            }
            if (stack.empty(index)) {
                stack.setIndefinite(index);
            }
        } else {
            status &= ~C1;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        stack.set(0, stack.signExponent(index), stack.significand(index));
        stack.set(index, se, sig);
    }

    /** FCHS and FABS, which take any bits as they are. */
    private void changeSign(int cleared, int inverted) {
        if (!stack.empty(0)) {
            status &= ~C1;
            stack.set(0, stack.signExponent(0) & ~cleared ^ inverted, stack.significand(0));
        } else if (stackFault(0)) {
            stack.setIndefinite(0);
        }
    }

    /** FXAM (SDM 1, table 8-2). */
    private void examine() {
        int se = stack.signExponent(0);
        int conditions = (se & Float80.SIGN) != 0 ? C1 : 0;
        if (stack.empty(0)) {
            conditions |= C3 | C0;
        } else {
            conditions |= switch (Float80.kind(se, stack.significand(0))) {
                case Float80.NORMAL -> C2;
                case Float80.ZERO -> C3;
                case Float80.DENORMAL -> C3 | C2;
                case Float80.INFINITY -> C2 | C0;
                case Float80.QUIET_NAN, Float80.SIGNALING_NAN -> C0;
                default -> 0;
            };
        }
        status = status & ~CONDITIONS | conditions;
    }

    private void free(int index) {
        status &= ~C1;
        stack.free(index);
    }

    /** FINCSTP and FDECSTP. */
    private void rotate(int step) {
        status &= ~C1;
        stack.top = stack.top + step & 7;
    }

    /** ST(0) becomes a function of itself: D9 and so on. */
    private void unary(int modrm) {
        if (modrm >= 0xFE) {
            status &= ~C2;
        }
        if (stack.empty(0)) {
            if (stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        result.flags = 0;
        boolean complete = true;
        switch (modrm) {
            case 0xF0 -> logarithms.powerOfTwoMinus1(se, sig, control);
            case 0xFA -> arithmetic.squareRoot(se, sig, control);
            case 0xFC -> arithmetic.roundToInteger(se, sig, control);
            case 0xFE -> complete = trigonometry.sine(se, sig, control);
            default -> complete = trigonometry.cosine(se, sig, control);
        }
        if (!complete) {
            incomplete();
        } else if (accept()) {
            stack.set(0, result);
        }
    }

    /** An angle is too great: nothing is done. */
    private void incomplete() {
        status = status & ~C1 | C2;
    }

    /** ST(1) becomes a function of ST(1) and ST(0), and ST(0) is popped. */
    private void binaryPop(int modrm) {
        if (stack.empty(0) || stack.empty(1)) {
            if (stackFault(0)) {
                stack.setIndefinite(1);
                stack.pop();
            }
            return;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        int se1 = stack.signExponent(1);
        long sig1 = stack.significand(1);
        result.flags = 0;
        switch (modrm) {
            case 0xF1 -> logarithms.logarithm(se1, sig1, se, sig, control);
            case 0xF3 -> trigonometry.arcTangent(se1, sig1, se, sig, control);
            default -> logarithms.logarithmPlus1(se1, sig1, se, sig, control);
        }
        if (accept()) {
            stack.set(1, result);
            stack.pop();
        }
    }

    /** FPTAN, FXTRACT and FSINCOS: ST(0) is replaced, and a second result pushed. */
    private void pushing(int modrm) {
        if (modrm != 0xF4) {
            status &= ~C2;
        }
        if (stack.empty(0) || stack.full()) {
            if (stackFault(stack.empty(0) ? 0 : C1)) {
                stack.setIndefinite(0);
                pushIndefinite();
            }
            return;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        result.flags = 0;
        boolean complete = true;
        switch (modrm) {
            case 0xF2 -> complete = trigonometry.tangent(se, sig, second, control);
            case 0xF4 -> scaling.extract(se, sig, second);
            default -> complete = trigonometry.sineAndCosine(se, sig, second, control);
        }
        if (!complete) {
            incomplete();
        } else if (accept()) {
            // FXTRACT pushes the significand over the exponent.
            stack.set(0, modrm == 0xF4 ? second : result);
            Float80Result upper = modrm == 0xF4 ? result : second;
            stack.push(upper.signExponent, upper.significand);
        }
    }

    private void remainder(boolean nearest) {
        status &= ~C2;
        if (stack.empty(0) || stack.empty(1)) {
            if (stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        result.flags = 0;
        partialRemainder.remainder(
                stack.signExponent(0),
                stack.significand(0),
                stack.signExponent(1),
                stack.significand(1),
                nearest,
                control);
        if (accept()) {
            stack.set(0, result);
            status = status & ~partialRemainder.defined | partialRemainder.conditions;
        }
    }

    private void scale() {
        if (stack.empty(0) || stack.empty(1)) {
            if (stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        result.flags = 0;
        scaling.scale(
                stack.signExponent(0), stack.significand(0), stack.signExponent(1), stack.significand(1), control);
        if (accept()) {
            stack.set(0, result);
        }
    }

    /**
     * An instruction with an operand in memory.
     *
     * @param escape the low three bits of the opcode D8 to DF
     * @param modrm below C0; only its middle field matters
     * @param operand16 whether environments are those of 16-bit operand size
     * @return false if there is no such instruction: nothing was changed
     */
    public boolean executeMemory(int escape, int modrm, int segment, int offset, boolean operand16, X87Context cpu) {
        int operation = modrm >> 3 & 7;
        boolean known = switch (escape) {
            case 0, 2, 4, 6 -> {
                loadOperand(escape, segment, offset, cpu);
                arithmeticMemory(operation);
                yield true;
            }
            case 1 -> memoryD9(operation, segment, offset, operand16, cpu);
            case 3 -> memoryDB(operation, segment, offset, cpu);
            case 5 -> memoryDD(operation, segment, offset, operand16, cpu);
            case 7 -> memoryDF(operation, segment, offset, cpu);
            default -> throw new IllegalArgumentException("escape " + escape + " is not in 0 to 7");
        };
        if (known && !isMemoryControl(escape, operation)) {
            recordInstruction(escape, modrm, cpu);
            dataOffset = offset;
            dataSelector = cpu.selector(segment);
        }
        return known;
    }

    /** Single, 32-bit integer, double or 16-bit integer: D8, DA, DC, DE. */
    private void loadOperand(int escape, int segment, int offset, X87Context cpu) {
        result.flags = 0;
        switch (escape) {
            case 0 -> formats.fromSingle(cpu.load32(segment, offset));
            case 2 -> formats.fromInteger(cpu.load32(segment, offset));
            case 4 -> formats.fromDouble(cpu.load64(segment, offset));
            default -> formats.fromInteger((short) cpu.load16(segment, offset));
        }
    }

    private boolean memoryD9(int operation, int segment, int offset, boolean operand16, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                result.flags = 0;
                formats.fromSingle(cpu.load32(segment, offset));
                loadNumber();
            }
            case 2, 3 -> storeNumber(Destination.SINGLE, operation == 3, segment, offset, cpu);
            case 4 -> images.loadEnvironment(segment, offset, operand16, cpu);
            case 5 -> controlWord(cpu.load16(segment, offset));
            case 6 -> images.storeEnvironment(segment, offset, operand16, cpu);
            case 7 -> cpu.store16(segment, offset, control);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDB(int operation, int segment, int offset, X87Context cpu) {
        switch (operation) {
            case 0 -> loadInteger(cpu.load32(segment, offset));
            case 2, 3 -> storeNumber(Destination.INTEGER_32, operation == 3, segment, offset, cpu);
            case 5 -> {
                long significand = cpu.load64(segment, offset);
                push(cpu.load16(segment, offset + 8) & 0xFFFF, significand);
            }
            case 7 -> storeNumber(Destination.EXTENDED, true, segment, offset, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDD(int operation, int segment, int offset, boolean operand16, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                result.flags = 0;
                formats.fromDouble(cpu.load64(segment, offset));
                loadNumber();
            }
            case 2, 3 -> storeNumber(Destination.DOUBLE, operation == 3, segment, offset, cpu);
            case 4 -> images.restoreAll(segment, offset, operand16, cpu);
            case 6 -> images.saveAll(segment, offset, operand16, cpu);
            case 7 -> cpu.store16(segment, offset, statusWord());
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDF(int operation, int segment, int offset, X87Context cpu) {
        switch (operation) {
            case 0 -> loadInteger((short) cpu.load16(segment, offset));
            case 2, 3 -> storeNumber(Destination.INTEGER_16, operation == 3, segment, offset, cpu);
            case 4 -> {
                long low = cpu.load64(segment, offset);
                formats.fromDecimal(low, cpu.load16(segment, offset + 8));
                push(result.signExponent, result.significand);
            }
            case 5 -> loadInteger(cpu.load64(segment, offset));
            case 6 -> storeNumber(Destination.DECIMAL, true, segment, offset, cpu);
            case 7 -> storeNumber(Destination.INTEGER_64, true, segment, offset, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void loadInteger(long value) {
        formats.fromInteger(value);
        push(result.signExponent, result.significand);
    }

    /** A single or double number, in {@link #result}: unlike FLD m80 it is converted, which may be invalid. */
    private void loadNumber() {
        if (stack.full()) {
            push(0, 0);
            return;
        }
        if (Float80.kind(result.signExponent, result.significand) == Float80.SIGNALING_NAN) {
            result.nan(result.signExponent, result.significand, Float80.SIGNALING_NAN);
        }
        if (accept()) {
            stack.push(result.signExponent, result.significand);
        }
    }

    private enum Destination {
        SINGLE,
        DOUBLE,
        EXTENDED,
        INTEGER_16,
        INTEGER_32,
        INTEGER_64,
        DECIMAL
    }

    /** Converts, stores, and only then lets anything of it be seen. */
    private void storeNumber(Destination kind, boolean pops, int segment, int offset, X87Context cpu) {
        boolean empty = stack.empty(0);
        if (empty && (control & IE) == 0) {
            stackFault(0);
            return;
        }
        int se = empty ? Float80.INDEFINITE_SIGN_EXPONENT : stack.signExponent(0);
        long sig = empty ? Float80.INDEFINITE_SIGNIFICAND : stack.significand(0);
        result.flags = 0;
        long converted = convert(kind, se, sig);
        int stopping = empty ? 0 : result.flags & ~control & (IE | OE | UE);
        if (stopping != 0) {
            status = status & ~C1 | stopping;
            return;
        }
        store(kind, se, converted, segment, offset, cpu);
        if (empty) {
            stackFault(0);
        } else {
            status = status & ~C1 | result.flags;
        }
        popTimes(pops ? 1 : 0);
    }

    private long convert(Destination kind, int se, long sig) {
        return switch (kind) {
            case SINGLE -> formats.toSingle(se, sig, control);
            case DOUBLE -> formats.toDouble(se, sig, control);
            case EXTENDED -> sig;
            case INTEGER_16 -> formats.toInteger(se, sig, 16, control);
            case INTEGER_32 -> formats.toInteger(se, sig, 32, control);
            case INTEGER_64 -> formats.toInteger(se, sig, 64, control);
            case DECIMAL -> formats.toDecimal(se, sig, control);
        };
    }

    private void store(Destination kind, int se, long value, int segment, int offset, X87Context cpu) {
        switch (kind) {
            case INTEGER_16 -> cpu.store16(segment, offset, (int) value & 0xFFFF);
            case SINGLE, INTEGER_32 -> cpu.store32(segment, offset, (int) value);
            case DOUBLE, INTEGER_64 -> cpu.store64(segment, offset, value);
            case EXTENDED, DECIMAL -> {
                cpu.probeWrite(segment, offset, 10);
                cpu.store64(segment, offset, value);
                cpu.store16(segment, offset + 8, kind == Destination.DECIMAL ? formats.decimalHigh : se);
            }
        }
    }

    /** The x87 part of the FXSAVE image: bytes 0 to 23 and 32 to 159. */
    public void fxsave(int segment, int offset, X87Context cpu) {
        images.fxsave(segment, offset, cpu);
    }

    /** Loads what {@link #fxsave} stores. */
    public void fxrstor(int segment, int offset, X87Context cpu) {
        images.fxrstor(segment, offset, cpu);
    }

    /** MM0 to MM7: the significand of a physical register. */
    public long mmx(int register) {
        return stack.significands[register];
    }

    public void mmx(int register, long value) {
        stack.significands[register] = value;
        stack.signExponents[register] = 0xFFFF;
    }

    /** What every MMX instruction but EMMS does: TOP = 0, all tags valid (SDM 3A, section 12.2). */
    public void enterMmx() {
        stack.top = 0;
        stack.occupied = 0xFF;
    }

    /** EMMS: all tags empty. */
    public void emms() {
        stack.top = 0;
        stack.occupied = 0;
    }
}
