// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.IFEQ;
import static org.objectweb.asm.Opcodes.IFGE;
import static org.objectweb.asm.Opcodes.IFGT;
import static org.objectweb.asm.Opcodes.IFLE;
import static org.objectweb.asm.Opcodes.IFLT;
import static org.objectweb.asm.Opcodes.IFNE;
import static org.objectweb.asm.Opcodes.IF_ICMPEQ;
import static org.objectweb.asm.Opcodes.IF_ICMPGE;
import static org.objectweb.asm.Opcodes.IF_ICMPGT;
import static org.objectweb.asm.Opcodes.IF_ICMPLE;
import static org.objectweb.asm.Opcodes.IF_ICMPLT;
import static org.objectweb.asm.Opcodes.IF_ICMPNE;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISHL;
import static org.objectweb.asm.Opcodes.NOP;

import org.objectweb.asm.Label;

/**
 * The flags of generated code: kept as the last operation and its operands, like the CPU's, in local variables. What the
 * writer knows of the operation makes a condition one comparison; else the CPU's own formulas are called.
 */
final class FlagCode {
    /** Kinds, as the CPU numbers them. */
    static final int UNKNOWN = -1;

    static final int EXPLICIT = 0;
    static final int RESULT = 1;
    static final int LOGIC = 2;
    static final int ADD = 3;
    static final int SUB = 5;
    static final int INC = 7;
    static final int DEC = 8;

    private static final int CARRY_BIT = 1;
    private static final int OVERFLOW_BIT = 11;

    /** Jumps that compare the two operands of a subtraction, by condition; NOP: not so. */
    private static final int[] AFTER_COMPARISON = {
        NOP, NOP, IF_ICMPLT, IF_ICMPGE, IF_ICMPEQ, IF_ICMPNE, IF_ICMPLE, IF_ICMPGT,
        NOP, NOP, NOP, NOP, IF_ICMPLT, IF_ICMPGE, IF_ICMPLE, IF_ICMPGT
    };

    /** Jumps that look at the result of a logical operation, by condition: carry and overflow are clear. */
    private static final int[] AFTER_LOGIC = {
        NOP, NOP, NOP, NOP, IFEQ, IFNE, IFEQ, IFNE, IFLT, IFGE, NOP, NOP, IFLT, IFGE, IFLE, IFGT
    };

    private final Code code;

    /** The operation the flags follow from, as far as it is known here. */
    int kind = UNKNOWN;

    FlagCode(Code code) {
        this.code = code;
    }

    /** The operands and the result are in their variables: makes them the flags. */
    void become(int newKind) {
        code.set(Code.KIND, newKind);
        kind = newKind;
    }

    /** Pushes the four that the flags follow from. */
    private void pushAll() {
        if (kind == UNKNOWN) {
            code.load(Code.KIND);
        } else {
            code.push(kind);
        }
        code.load(Code.A);
        code.load(Code.B);
        code.load(Code.RESULT);
    }

    /** Pushes the carry as 0 or 1. */
    void carry() {
        if (kind == LOGIC) {
            code.push(0);
        } else if (kind == INC || kind == DEC) {
            code.load(Code.B);
        } else if (kind == RESULT || kind == EXPLICIT) {
            code.load(Code.A);
            code.op(IAND, 1);
        } else {
            pushAll();
            code.callStatic(Names.FLAGS, "carry", "(IIII)Z");
        }
    }

    /** The flags of shifts and products: the result is in its variable, carry (0 or 1) and overflow (0 or 1) on the stack. */
    void becomeResult() {
        code.op(ISHL, OVERFLOW_BIT);
        code.op(IOR);
        code.store(Code.A);
        become(RESULT);
    }

    /** The same where carry and overflow are one: 0 or all ones on the stack. */
    void becomeResultOfProduct() {
        code.op(IAND, CARRY_BIT | 1 << OVERFLOW_BIT);
        code.store(Code.A);
        become(RESULT);
    }

    /** Sets carry and overflow to what is on the stack (0 or 1 each) and keeps the other flags. */
    void changeCarryAndOverflow() {
        code.op(ISHL, OVERFLOW_BIT);
        code.op(IOR);
        code.store(Code.T3);
        if (kind == LOGIC) {
            code.load(Code.T3);
            code.store(Code.A);
            become(RESULT);
            return;
        }
        pushAll();
        code.load(Code.T3);
        code.callStatic(Names.FLAGS, "withCarryAndOverflow", "(IIIII)I");
        if (kind == UNKNOWN) {
            code.load(Code.KIND);
            code.callStatic(Names.FLAGS, "kindWithCarryAndOverflow", "(I)I");
            code.store(Code.KIND);
        } else {
            become(kind == EXPLICIT ? EXPLICIT : RESULT);
        }
        code.store(Code.A);
    }

    /** Jumps if the condition holds. */
    void jumpIf(int condition, Label to) {
        if (kind == SUB && AFTER_COMPARISON[condition] != NOP) {
            boolean unsigned = condition < 4 || condition == 6 || condition == 7;
            operand(Code.A, unsigned);
            operand(Code.B, unsigned);
            code.jump(AFTER_COMPARISON[condition], to);
        } else if (kind == LOGIC && condition == 2) {
            // Never.
            return;
        } else if (kind == LOGIC && condition == 3) {
            // Always; a plain GOTO would leave dead code behind, which the verifier refuses.
            code.push(0);
            code.jump(IFEQ, to);
        } else if (kind == LOGIC && AFTER_LOGIC[condition] != NOP) {
            code.load(Code.RESULT);
            code.jump(AFTER_LOGIC[condition], to);
        } else if (kind > EXPLICIT && (condition & ~1) == 4) {
            code.load(Code.RESULT);
            code.jump(condition == 4 ? IFEQ : IFNE, to);
        } else if (kind > EXPLICIT && (condition & ~1) == 8) {
            code.load(Code.RESULT);
            code.jump(condition == 8 ? IFLT : IFGE, to);
        } else if ((condition & ~1) == 2) {
            carry();
            code.jump(condition == 2 ? IFNE : IFEQ, to);
        } else {
            code.push(condition);
            pushAll();
            code.callStatic(Names.FLAGS, "condition", "(IIIII)Z");
            code.jump(IFNE, to);
        }
    }

    private void operand(int local, boolean unsigned) {
        code.load(local);
        if (unsigned) {
            code.op(IADD, Integer.MIN_VALUE);
        }
    }
}
