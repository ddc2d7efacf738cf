// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.IFEQ;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISHL;
import static org.objectweb.asm.Opcodes.ISHR;
import static org.objectweb.asm.Opcodes.ISUB;
import static org.objectweb.asm.Opcodes.IUSHR;
import static org.objectweb.asm.Opcodes.IXOR;

import org.objectweb.asm.Label;

/**
 * Shifts, rotations, and the search for a bit.
 *
 * @spec SDM 2, the instructions' pages
 */
final class ShiftCode {
    private final Code code;
    private final FlagCode flags;
    private final Operands operands;

    ShiftCode(Operands operands) {
        code = operands.code;
        flags = operands.flags;
        this.operands = operands;
    }

    boolean shift(GuestInstruction i, int count) {
        if (i.memory || i.bytes != 4 || count == 0 || i.reg == 2 || i.reg == 3) {
            return false;
        }
        if (i.reg < 2) {
            rotate(i, count);
            return true;
        }
        code.register(i.rm);
        code.store(Code.T1);
        code.load(Code.T1);
        code.op(shiftBytecode(i.reg), count);
        if (!operands.setResult(i.rm, 4)) {
            return true;
        }
        code.load(Code.T1);
        boolean left = shiftBytecode(i.reg) == ISHL;
        code.bit(left ? 32 - count : count - 1);
        if (left) {
            // Overflow: whether the sign differs from the carry.
            code.op(DUP);
            code.load(Code.RESULT);
            code.bit(31);
            code.op(IXOR);
        } else if (i.reg == 5 && count == 1) {
            code.load(Code.T1);
            code.bit(31);
        } else {
            code.push(0);
        }
        flags.becomeResult();
        return true;
    }

    private static int shiftBytecode(int operation) {
        return operation == 5 ? IUSHR : operation == 7 ? ISHR : ISHL;
    }

    private void rotate(GuestInstruction i, int count) {
        boolean left = i.reg == 0;
        code.register(i.rm);
        code.push(count);
        code.callStatic("java/lang/Integer", left ? "rotateLeft" : "rotateRight", "(II)I");
        code.setRegister(i.rm);
        if (!operands.exact) {
            return;
        }
        code.register(i.rm);
        code.bit(left ? 0 : 31);
        code.register(i.rm);
        code.bit(31);
        code.register(i.rm);
        code.bit(left ? 0 : 30);
        code.op(IXOR);
        flags.changeCarryAndOverflow();
    }

    /** SHL, SHR and SAR of a register: a count of 0 leaves the flags. */
    boolean shiftByCl(GuestInstruction i) {
        if (i.memory || i.bytes != 4 || i.reg < 4) {
            return false;
        }
        int bytecode = shiftBytecode(i.reg);
        if (!operands.exact) {
            code.register(i.rm);
            code.register(GuestInstruction.ECX);
            code.op(bytecode);
            code.setRegister(i.rm);
            return true;
        }
        Label unchanged = new Label();
        code.register(GuestInstruction.ECX);
        code.op(IAND, 31);
        code.store(Code.T2);
        code.load(Code.T2);
        code.jump(IFEQ, unchanged);
        code.register(i.rm);
        code.store(Code.T1);
        code.load(Code.T1);
        code.load(Code.T2);
        code.op(bytecode);
        operands.setResult(i.rm, 4);
        int before = flags.kind;
        shiftedByCl(bytecode);
        code.label(unchanged);
        flags.kind = before == FlagCode.RESULT ? before : FlagCode.UNKNOWN;
        return true;
    }

    /** The flags after T1 was shifted by T2, which isn't 0. */
    private void shiftedByCl(int bytecode) {
        code.load(Code.T1);
        if (bytecode == ISHL) {
            code.push(32);
            code.load(Code.T2);
            code.op(ISUB);
        } else {
            code.load(Code.T2);
            code.op(ISUB, 1);
        }
        code.op(IUSHR);
        code.op(IAND, 1);
        if (bytecode == ISHL) {
            code.op(DUP);
            code.load(Code.RESULT);
            code.bit(31);
            code.op(IXOR);
        } else if (bytecode == IUSHR) {
            // Shifted by one, the sign is what was shifted out of: bit 31 of the operand.
            code.load(Code.T1);
            code.load(Code.T2);
            code.callStatic(Names.COMPILED, "overflowOfShiftRight", "(II)I");
        } else {
            code.push(0);
        }
        flags.becomeResult();
    }

    /** SHLD and SHRD of registers by a constant. */
    boolean doubleShift(GuestInstruction i) {
        int count = i.immediate & 31;
        if (i.memory || i.bytes != 4 || count == 0) {
            return false;
        }
        boolean left = i.opcode == 0x1A4;
        code.register(i.rm);
        code.store(Code.T1);
        code.load(Code.T1);
        code.op(left ? ISHL : IUSHR, count);
        code.register(i.reg);
        code.op(left ? IUSHR : ISHL, 32 - count);
        code.op(IOR);
        if (!operands.setResult(i.rm, 4)) {
            return true;
        }
        code.load(Code.T1);
        code.bit(left ? 32 - count : count - 1);
        code.load(Code.T1);
        code.load(Code.RESULT);
        code.op(IXOR);
        code.bit(31);
        flags.becomeResult();
        return true;
    }

    boolean scanBits(GuestInstruction i) {
        operands.source(i, 4);
        code.store(Code.T1);
        Label none = new Label();
        code.load(Code.T1);
        code.jump(IFEQ, none);
        boolean forward = i.opcode == 0x1BC;
        if (!forward) {
            code.push(31);
        }
        code.load(Code.T1);
        code.callStatic("java/lang/Integer", forward ? "numberOfTrailingZeros" : "numberOfLeadingZeros", "(I)I");
        if (!forward) {
            code.op(ISUB);
        }
        code.setRegister(i.reg);
        code.label(none);
        if (operands.exact) {
            code.load(Code.T1);
            code.store(Code.RESULT);
            flags.become(FlagCode.LOGIC);
        }
        return true;
    }
}
