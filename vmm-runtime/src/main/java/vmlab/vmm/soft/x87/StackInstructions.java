// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C0;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.C2;
import static vmlab.vmm.soft.x87.StatusWord.C3;
import static vmlab.vmm.soft.x87.StatusWord.IE;

/**
 * The instructions on the register stack: arithmetic, comparisons, moves, transcendental functions.
 *
 * @spec Intel SDM 1, sections 8.3 and 8.5; SDM 2A under the instructions' names
 */
final class StackInstructions {
    /** The operations that the three bits under the escape choose in D8, DA, DC and DE. */
    static final int FADD = 0;

    static final int FMUL = 1;
    static final int FCOM = 2;
    static final int FCOMP = 3;
    static final int FSUB = 4;
    static final int FSUBR = 5;
    static final int FDIV = 6;

    private static final int CONDITIONS = C0 | C1 | C2 | C3;

    private final Registers registers;
    private final RegisterStack stack;
    private final Float80Result result;
    private final Float80Result second = new Float80Result();
    private final Arithmetic arithmetic;
    private final PartialRemainder partialRemainder;
    private final Scaling scaling;
    private final Trigonometry trigonometry;
    private final Logarithms logarithms;

    /**
     * @param result where results go, and where a memory operand is found
     */
    StackInstructions(Registers registers, Float80Result result) {
        this.registers = registers;
        this.result = result;
        stack = registers.stack;
        arithmetic = new Arithmetic(result);
        partialRemainder = new PartialRemainder(result);
        scaling = new Scaling(result);
        trigonometry = new Trigonometry(result);
        logarithms = new Logarithms(result);
    }

    boolean arithmeticRegister(int operation, int destination, int index, boolean pops) {
        if (operation == FCOM || operation == FCOMP) {
            compareStack(index, false, operation - FCOM);
            return true;
        }
        if (stack.empty(0) || stack.empty(index)) {
            if (registers.stackFault(0)) {
                stack.setIndefinite(destination);
                if (pops) {
                    stack.pop();
                }
            }
            return true;
        }
        result.flags = 0;
        calculate(operation, stack.signExponent(index), stack.significand(index));
        if (registers.accept(result.flags)) {
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
            case FADD -> arithmetic.add(se1, sig1, se2, sig2, registers.control);
            case FMUL -> arithmetic.multiply(se1, sig1, se2, sig2, registers.control);
            case FSUB -> arithmetic.subtract(se1, sig1, se2, sig2, registers.control);
            case FSUBR -> arithmetic.subtract(se2, sig2, se1, sig1, registers.control);
            case FDIV -> arithmetic.divide(se1, sig1, se2, sig2, registers.control);
            default -> arithmetic.divide(se2, sig2, se1, sig1, registers.control);
        }
    }

    /** The second operand is in {@link #result}, with DE if it was a denormal. */
    void arithmeticMemory(int operation) {
        if (operation == FCOM || operation == FCOMP) {
            if (stack.empty(0)) {
                emptyComparison(operation - FCOM);
            } else {
                compare(result.signExponent, result.significand, false, operation - FCOM, result.flags);
            }
            return;
        }
        if (stack.empty(0)) {
            if (registers.stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        calculate(operation, result.signExponent, result.significand);
        if (registers.accept(result.flags)) {
            stack.set(0, result);
        }
    }

    void compareStack(int index, boolean quiet, int pops) {
        if (stack.empty(0) || stack.empty(index)) {
            emptyComparison(pops);
        } else {
            compare(stack.signExponent(index), stack.significand(index), quiet, pops, 0);
        }
    }

    /** FTST. */
    void compare(int se2, long sig2, boolean quiet, int pops) {
        if (stack.empty(0)) {
            emptyComparison(pops);
        } else {
            compare(se2, sig2, quiet, pops, 0);
        }
    }

    private void compare(int se2, long sig2, boolean quiet, int pops, int flags) {
        result.flags = flags;
        int order = arithmetic.compare(stack.signExponent(0), stack.significand(0), se2, sig2, quiet);
        finishComparison(order, registers.accept(result.flags), pops);
    }

    private void emptyComparison(int pops) {
        finishComparison(Arithmetic.UNORDERED, registers.stackFault(0), pops);
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
        registers.status = registers.status & ~(C0 | C2 | C3) | conditions;
        registers.popTimes(accepted ? pops : 0);
    }

    /** An unmasked invalid comparison leaves conditions and flags (SDM 2A, FCOM, FCOMI); other exceptions don't. */
    private boolean setsConditions(int order) {
        return order != Arithmetic.UNORDERED || (registers.status & ~registers.control & IE) == 0;
    }

    void compareToFlags(int index, boolean quiet, boolean pops, X87Context cpu) {
        int order = Arithmetic.UNORDERED;
        boolean accepted;
        if (stack.empty(0) || stack.empty(index)) {
            accepted = registers.stackFault(0);
        } else {
            result.flags = 0;
            order = arithmetic.compare(
                    stack.signExponent(0),
                    stack.significand(0),
                    stack.signExponent(index),
                    stack.significand(index),
                    quiet);
            accepted = registers.accept(result.flags);
        }
        if (!setsConditions(order)) {
            return;
        }
        boolean unordered = order == Arithmetic.UNORDERED;
        cpu.compareFlags(unordered || order == 0, unordered, unordered || order < 0);
        registers.popTimes(pops && accepted ? 1 : 0);
    }

    void moveIf(boolean condition, int index) {
        if (stack.empty(0) || stack.empty(index)) {
            if (registers.stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        if (condition) {
            stack.set(0, stack.signExponent(index), stack.significand(index));
        }
    }

    void loadRegister(int index) {
        if (!stack.empty(index)) {
            registers.push(stack.signExponent(index), stack.significand(index));
        } else if (registers.stackFault(0)) {
            registers.pushIndefinite();
        }
    }

    boolean loadConstant(int index) {
        registers.push(Constants.signExponent(index), Constants.significand(index, registers.control));
        return true;
    }

    void storeRegister(int index, boolean pops) {
        if (!stack.empty(0)) {
            registers.status &= ~C1;
            stack.set(index, stack.signExponent(0), stack.significand(0));
            registers.popTimes(pops ? 1 : 0);
        } else if (registers.stackFault(0)) {
            stack.setIndefinite(index);
            registers.popTimes(pops ? 1 : 0);
        }
    }

    /** D9 D8 to DF, an old alias of FSTP ST(i) that with an empty ST(0) only pops. */
    void storeWithoutCheck(int index) {
        registers.status &= ~C1;
        if (!stack.empty(0)) {
            stack.set(index, stack.signExponent(0), stack.significand(0));
        }
        stack.pop();
    }

    void exchange(int index) {
        if (stack.empty(0) || stack.empty(index)) {
            if (!registers.stackFault(0)) {
                return;
            }
            if (stack.empty(0)) {
                stack.setIndefinite(0);
            }
            if (stack.empty(index)) {
                stack.setIndefinite(index);
            }
        } else {
            registers.status &= ~C1;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        stack.set(0, stack.signExponent(index), stack.significand(index));
        stack.set(index, se, sig);
    }

    /** FCHS and FABS, which take any bits as they are. */
    void changeSign(int cleared, int inverted) {
        if (!stack.empty(0)) {
            registers.status &= ~C1;
            stack.set(0, stack.signExponent(0) & ~cleared ^ inverted, stack.significand(0));
        } else if (registers.stackFault(0)) {
            stack.setIndefinite(0);
        }
    }

    /** FXAM. */
    void examine() {
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
        registers.status = registers.status & ~CONDITIONS | conditions;
    }

    void free(int index) {
        registers.status &= ~C1;
        stack.free(index);
    }

    /** FINCSTP and FDECSTP. */
    void rotate(int step) {
        registers.status &= ~C1;
        stack.top = stack.top + step & 7;
    }

    /** ST(0) becomes a function of itself. */
    void unary(int modrm) {
        if (modrm >= 0xFE) {
            registers.status &= ~C2;
        }
        if (stack.empty(0)) {
            if (registers.stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        result.flags = 0;
        boolean complete = true;
        switch (modrm) {
            case 0xF0 -> logarithms.powerOfTwoMinus1(se, sig, registers.control);
            case 0xFA -> arithmetic.squareRoot(se, sig, registers.control);
            case 0xFC -> arithmetic.roundToInteger(se, sig, registers.control);
            case 0xFE -> complete = trigonometry.sine(se, sig, registers.control);
            default -> complete = trigonometry.cosine(se, sig, registers.control);
        }
        if (!complete) {
            incomplete();
        } else if (registers.accept(result.flags)) {
            stack.set(0, result);
        }
    }

    /** An angle is too great: nothing is done. */
    private void incomplete() {
        registers.status = registers.status & ~C1 | C2;
    }

    /** ST(1) becomes a function of ST(1) and ST(0), and ST(0) is popped. */
    void binaryPop(int modrm) {
        if (stack.empty(0) || stack.empty(1)) {
            if (registers.stackFault(0)) {
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
            case 0xF1 -> logarithms.logarithm(se1, sig1, se, sig, registers.control);
            case 0xF3 -> trigonometry.arcTangent(se1, sig1, se, sig, registers.control);
            default -> logarithms.logarithmPlus1(se1, sig1, se, sig, registers.control);
        }
        if (registers.accept(result.flags)) {
            stack.set(1, result);
            stack.pop();
        }
    }

    /** FPTAN, FXTRACT and FSINCOS: ST(0) is replaced, and a second result pushed. */
    void pushing(int modrm) {
        if (modrm != 0xF4) {
            registers.status &= ~C2;
        }
        if (stack.empty(0) || stack.full()) {
            if (registers.stackFault(stack.empty(0) ? 0 : C1)) {
                stack.setIndefinite(0);
                registers.pushIndefinite();
            }
            return;
        }
        int se = stack.signExponent(0);
        long sig = stack.significand(0);
        result.flags = 0;
        boolean complete = true;
        switch (modrm) {
            case 0xF2 -> complete = trigonometry.tangent(se, sig, second, registers.control);
            case 0xF4 -> scaling.extract(se, sig, second);
            default -> complete = trigonometry.sineAndCosine(se, sig, second, registers.control);
        }
        if (!complete) {
            incomplete();
        } else if (registers.accept(result.flags)) {
            // FXTRACT pushes the significand over the exponent.
            stack.set(0, modrm == 0xF4 ? second : result);
            Float80Result upper = modrm == 0xF4 ? result : second;
            stack.push(upper.signExponent, upper.significand);
        }
    }

    void remainder(boolean nearest) {
        registers.status &= ~C2;
        if (stack.empty(0) || stack.empty(1)) {
            if (registers.stackFault(0)) {
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
                registers.control);
        if (registers.accept(result.flags)) {
            stack.set(0, result);
            registers.status = registers.status & ~partialRemainder.defined | partialRemainder.conditions;
        }
    }

    void scale() {
        if (stack.empty(0) || stack.empty(1)) {
            if (registers.stackFault(0)) {
                stack.setIndefinite(0);
            }
            return;
        }
        result.flags = 0;
        scaling.scale(
                stack.signExponent(0),
                stack.significand(0),
                stack.signExponent(1),
                stack.significand(1),
                registers.control);
        if (registers.accept(result.flags)) {
            stack.set(0, result);
        }
    }
}
