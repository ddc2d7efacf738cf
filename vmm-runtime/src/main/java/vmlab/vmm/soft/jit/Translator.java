// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.ISHR;
import static org.objectweb.asm.Opcodes.ISUB;

import org.objectweb.asm.Label;

/**
 * Bytecode for the instructions that make up nearly all of a guest's time; the CPU itself is called for the others.
 *
 * <p>An instruction that faults has changed nothing: memory is accessed before registers and flags change. The accesses are
 * the interpreter's, in its order, so that the software TLB and the page tables' bits are the same whoever executes.
 *
 * @spec SDM 2, the instructions' pages
 */
final class Translator {
    private static final int NEGATED = 1;

    final StackCode stack;

    private final Code code;
    private final FlagCode flags;
    private final Operands operands;
    private final ArithmeticCode arithmetic;
    private final ProductCode products;
    private final ShiftCode shifts;

    Translator(Code code, FlagCode flags) {
        this.code = code;
        this.flags = flags;
        operands = new Operands(code, flags);
        stack = new StackCode(operands);
        arithmetic = new ArithmeticCode(operands);
        products = new ProductCode(operands);
        shifts = new ShiftCode(operands);
    }

    /**
     * Writes an instruction; false if it isn't one of those that are known here, and nothing was written.
     *
     * @param exactFlags whether its flags may be seen
     */
    boolean translate(GuestInstruction i, boolean exactFlags) {
        operands.exact = exactFlags;
        int operation = ArithmeticCode.operation(i);
        if (operation >= 0) {
            arithmetic.twoOperands(i, operation);
            return true;
        }
        switch (i.opcode >>> 3) {
            case 0x40 >>> 3:
                return arithmetic.step(i, i.reg, IADD);
            case 0x48 >>> 3:
                return arithmetic.step(i, i.reg, ISUB);
            case 0x50 >>> 3:
                return i.bytes == 4 && stack.push(() -> code.register(i.reg));
            case 0x58 >>> 3:
                return i.bytes == 4 && stack.pop(i);
            case 0xB0 >>> 3, 0xB8 >>> 3:
                code.push(i.immediate);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x140 >>> 3, 0x148 >>> 3:
                return i.bytes == 4 && moveIf(i);
            case 0x190 >>> 3, 0x198 >>> 3:
                setIf(i);
                return true;
            case 0x1C8 >>> 3:
                code.register(i.reg);
                code.callStatic("java/lang/Integer", "reverseBytes", "(I)I");
                code.setRegister(i.reg);
                return true;
            default:
                return i.opcode < 0x100 ? oneByte(i) : twoByte(i);
        }
    }

    private boolean oneByte(GuestInstruction i) {
        switch (i.opcode) {
            case 0x68, 0x6A:
                return i.bytes == 4 && stack.push(() -> code.push(i.immediate));
            case 0x69, 0x6B:
                return i.bytes == 4 && products.multiply(i, () -> code.push(i.immediate));
            case 0x86, 0x87:
                return exchange(i, i.rm);
            case 0x88, 0x89, 0xA2, 0xA3:
                return store(i, () -> code.register(i.reg, i.bytes));
            case 0xC6, 0xC7:
                return store(i, () -> code.push(i.immediate));
            case 0x8A, 0x8B, 0xA0, 0xA1:
                operands.source(i, i.bytes);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x8D:
                code.offset(i);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x90:
                return true;
            case 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97:
                i.rm = GuestInstruction.EAX;
                return exchange(i, i.rm);
            case 0x98:
                code.register(GuestInstruction.EAX, i.bytes / 2);
                code.setRegister(GuestInstruction.EAX, i.bytes);
                return true;
            case 0x99:
                return i.bytes == 4 && signToEdx();
            case 0xC1, 0xD1:
                return shifts.shift(i, i.opcode == 0xD1 ? 1 : i.immediate & 31);
            case 0xD3:
                return shifts.shiftByCl(i);
            case 0xC9:
                return i.bytes == 4 && stack.leave();
            case 0xF6, 0xF7:
                return group3(i);
            case 0xFE:
                return i.reg < 2 && arithmetic.step(i, i.rm, i.reg == 0 ? IADD : ISUB);
            case 0xFF:
                return group5(i);
            default:
                return false;
        }
    }

    private boolean twoByte(GuestInstruction i) {
        switch (i.opcode) {
            case 0x118, 0x119, 0x11A, 0x11B, 0x11C, 0x11D, 0x11E, 0x11F:
                return true;
            case 0x1A4, 0x1AC:
                return shifts.doubleShift(i);
            case 0x1AF:
                return i.bytes == 4 && products.multiply(i, () -> code.register(i.reg));
            case 0x1B6, 0x1B7:
                operands.source(i, i.opcode == 0x1B6 ? 1 : 2);
                code.zeroExtend(i.opcode == 0x1B6 ? 1 : 2);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x1BE, 0x1BF:
                operands.source(i, i.opcode == 0x1BE ? 1 : 2);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x1BC, 0x1BD:
                return i.bytes == 4 && shifts.scanBits(i);
            default:
                return false;
        }
    }

    private boolean group3(GuestInstruction i) {
        switch (i.reg) {
            case 2:
                return arithmetic.complement(i);
            case 3:
                return arithmetic.negate(i);
            case 4, 5:
                return i.bytes == 4 && products.multiplyWide(i);
            default:
                return i.bytes == 4 && products.divide(i);
        }
    }

    private boolean group5(GuestInstruction i) {
        return switch (i.reg) {
            case 0 -> arithmetic.step(i, i.rm, IADD);
            case 1 -> arithmetic.step(i, i.rm, ISUB);
            case 6 -> i.bytes == 4 && stack.push(() -> operands.source(i, 4));
            default -> false;
        };
    }

    private boolean store(GuestInstruction i, Runnable value) {
        if (!i.memory) {
            value.run();
            code.setRegister(i.rm, i.bytes);
            return true;
        }
        code.cpu();
        code.address(i, i.bytes, true);
        value.run();
        code.onCpu("write" + 8 * i.bytes, "(II)V");
        return true;
    }

    private boolean exchange(GuestInstruction i, int other) {
        if (i.memory) {
            operands.loadToModify(i);
            code.register(i.reg, i.bytes);
            code.store(Code.T2);
            operands.writeBack(i, Code.T2);
            code.load(Code.T1);
        } else {
            code.register(other, i.bytes);
            code.store(Code.T1);
            code.register(i.reg, i.bytes);
            code.setRegister(other, i.bytes);
            code.load(Code.T1);
        }
        code.setRegister(i.reg, i.bytes);
        return true;
    }

    private boolean signToEdx() {
        code.register(GuestInstruction.EAX);
        code.op(ISHR, 31);
        code.setRegister(GuestInstruction.EDX);
        return true;
    }

    /** CMOVcc: the operand is read, and may fault, whether it is moved or not. */
    private boolean moveIf(GuestInstruction i) {
        operands.source(i, 4);
        code.store(Code.T1);
        Label not = new Label();
        flags.jumpIf(i.opcode & 15 ^ NEGATED, not);
        code.load(Code.T1);
        code.setRegister(i.reg);
        code.label(not);
        return true;
    }

    private void setIf(GuestInstruction i) {
        Label not = new Label();
        code.set(Code.T1, 0);
        flags.jumpIf(i.opcode & 15 ^ NEGATED, not);
        code.set(Code.T1, 1);
        code.label(not);
        store(i, () -> code.load(Code.T1));
    }
}
