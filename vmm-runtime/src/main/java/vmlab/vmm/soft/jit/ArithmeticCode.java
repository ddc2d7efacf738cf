// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.INEG;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISUB;
import static org.objectweb.asm.Opcodes.IXOR;

/**
 * Sums, differences, comparisons and logic of two operands, and what is done to one.
 *
 * @spec SDM 2, the instructions' pages
 */
final class ArithmeticCode {
    /** The operations of opcodes 00 to 3F and group 1, in the order of their encoding. */
    static final int ADD = 0;

    static final int OR = 1;
    static final int ADC = 2;
    static final int SBB = 3;
    static final int AND = 4;
    static final int SUB = 5;
    static final int XOR = 6;
    static final int CMP = 7;
    static final int TEST = 8;

    private final Code code;
    private final FlagCode flags;
    private final Operands operands;

    ArithmeticCode(Operands operands) {
        code = operands.code;
        flags = operands.flags;
        this.operands = operands;
    }

    /** The two-operand operation of an instruction; -1 if it is another. */
    static int operation(GuestInstruction i) {
        if (i.opcode < 0x40) {
            return i.opcode >>> 3;
        }
        return switch (i.opcode) {
            case 0x80, 0x81, 0x82, 0x83 -> i.reg;
            case 0x84, 0x85, 0xA8, 0xA9 -> TEST;
            case 0xF6, 0xF7 -> i.reg < 2 ? TEST : -1;
            default -> -1;
        };
    }

    /** By the form of the opcode: which is the destination, and where the other operand comes from. */
    void twoOperands(GuestInstruction i, int operation) {
        boolean plain = i.opcode < 0x40;
        int form = i.opcode & 7;
        boolean accumulator = plain && form >= 4 || (i.opcode & ~1) == 0xA8;
        boolean immediate = accumulator || i.opcode >= 0x80 && i.opcode <= 0x83 || (i.opcode & ~1) == 0xF6;
        boolean toRegister = plain && (form == 2 || form == 3);
        Runnable second = immediate
                ? () -> code.push(i.immediate)
                : toRegister ? () -> operands.source(i, i.bytes) : () -> code.register(i.reg, i.bytes);
        if (accumulator || toRegister || !i.memory) {
            int first = accumulator ? GuestInstruction.EAX : toRegister ? i.reg : i.rm;
            onRegister(operation, first, i.bytes, second);
        } else if (operation >= CMP) {
            code.read(i, i.bytes);
            compare(operation, i.bytes, second);
        } else {
            onMemory(operation, i, second);
        }
    }

    private static boolean isLogic(int operation) {
        return operation == AND || operation == OR || operation == XOR || operation == TEST;
    }

    private static int bytecode(int operation) {
        return switch (operation) {
            case ADD, ADC -> IADD;
            case OR -> IOR;
            case AND, TEST -> IAND;
            case XOR -> IXOR;
            default -> ISUB;
        };
    }

    private void onRegister(int operation, int register, int bytes, Runnable second) {
        if (operation >= CMP) {
            // Only one of the two can fault, and flags change behind it.
            second.run();
            code.store(Code.T2);
            code.register(register, bytes);
            compare(operation, bytes, () -> code.load(Code.T2));
        } else if (operation == ADC || operation == SBB) {
            second.run();
            code.store(Code.T2);
            code.register(register, bytes);
            code.store(Code.T1);
            computeWithCarry(operation, bytes);
            code.load(Code.RESULT);
            code.setRegister(register, bytes);
        } else if (isLogic(operation)) {
            code.register(register, bytes);
            second.run();
            code.op(bytecode(operation));
            if (operands.setResult(register, bytes)) {
                flags.become(FlagCode.LOGIC);
            }
        } else if (operands.exact) {
            second.run();
            code.store(Code.B);
            code.register(register, bytes);
            code.op(DUP);
            code.store(Code.A);
            code.load(Code.B);
            code.op(bytecode(operation));
            code.extend(bytes);
            operands.setResult(register, bytes);
            flags.become(operation == ADD ? FlagCode.ADD : FlagCode.SUB);
        } else {
            code.register(register, bytes);
            second.run();
            code.op(bytecode(operation));
            code.setRegister(register, bytes);
        }
    }

    /** The first operand is on the stack. */
    private void compare(int operation, int bytes, Runnable second) {
        if (operation == TEST) {
            second.run();
            code.op(IAND);
            code.store(Code.RESULT);
            flags.become(FlagCode.LOGIC);
            return;
        }
        code.store(Code.A);
        second.run();
        code.store(Code.B);
        code.load(Code.A);
        code.load(Code.B);
        code.op(ISUB);
        code.extend(bytes);
        code.store(Code.RESULT);
        flags.become(FlagCode.SUB);
    }

    /** T1 plus or minus T2 and the carry; the flags are set, and the result is in its variable. */
    private void computeWithCarry(int operation, int bytes) {
        flags.carry();
        code.store(Code.T3);
        combineWithCarry(operation, bytes);
        code.store(Code.RESULT);
        becomeWithCarry(operation);
    }

    /** Pushes T1 plus or minus T2 and T3. */
    private void combineWithCarry(int operation, int bytes) {
        code.load(Code.T1);
        code.load(Code.T2);
        code.op(bytecode(operation));
        code.load(Code.T3);
        code.op(bytecode(operation));
        code.extend(bytes);
    }

    /** The kind is that of the plain operation, or one more if there was a carry. */
    private void becomeWithCarry(int operation) {
        code.load(Code.T1);
        code.store(Code.A);
        code.load(Code.T2);
        code.store(Code.B);
        code.load(Code.T3);
        code.op(IADD, operation == ADC ? FlagCode.ADD : FlagCode.SUB);
        code.store(Code.KIND);
        flags.kind = FlagCode.UNKNOWN;
    }

    private void onMemory(int operation, GuestInstruction i, Runnable second) {
        operands.loadToModify(i);
        second.run();
        code.store(Code.T2);
        boolean withCarry = operation == ADC || operation == SBB;
        if (withCarry) {
            flags.carry();
            code.store(Code.T3);
            combineWithCarry(operation, i.bytes);
            // The variable of results belongs to the flags, which may change only behind the store.
            code.store(Code.T4);
            operands.writeBack(i, Code.T4);
            code.load(Code.T4);
            code.store(Code.RESULT);
            becomeWithCarry(operation);
            return;
        }
        code.load(Code.T1);
        code.load(Code.T2);
        code.op(bytecode(operation));
        code.extend(i.bytes);
        code.store(Code.T3);
        operands.writeBack(i, Code.T3);
        if (operands.exact) {
            code.load(Code.T3);
            code.store(Code.RESULT);
            if (!isLogic(operation)) {
                code.load(Code.T1);
                code.store(Code.A);
                code.load(Code.T2);
                code.store(Code.B);
            }
            flags.become(isLogic(operation) ? FlagCode.LOGIC : operation == ADD ? FlagCode.ADD : FlagCode.SUB);
        }
    }

    /** INC and DEC: the carry stays. */
    boolean step(GuestInstruction i, int register, int bytecode) {
        if (!i.memory && !operands.exact) {
            code.register(register, i.bytes);
            code.op(bytecode, 1);
            code.setRegister(register, i.bytes);
            return true;
        }
        if (i.memory) {
            operands.loadToModify(i);
        } else {
            code.register(register, i.bytes);
            code.store(Code.T1);
        }
        code.load(Code.T1);
        code.op(bytecode, 1);
        code.extend(i.bytes);
        code.store(Code.T2);
        if (i.memory) {
            operands.writeBack(i, Code.T2);
        } else {
            code.load(Code.T2);
            code.setRegister(register, i.bytes);
        }
        if (operands.exact) {
            becomeStep(bytecode);
        }
        return true;
    }

    /** T1 has become T2. */
    private void becomeStep(int bytecode) {
        flags.carry();
        code.store(Code.B);
        code.load(Code.T1);
        code.store(Code.A);
        code.load(Code.T2);
        code.store(Code.RESULT);
        flags.become(bytecode == IADD ? FlagCode.INC : FlagCode.DEC);
    }

    boolean complement(GuestInstruction i) {
        if (i.memory) {
            operands.loadToModify(i);
            code.load(Code.T1);
            code.op(IXOR, -1);
            code.store(Code.T2);
            operands.writeBack(i, Code.T2);
        } else {
            code.register(i.rm, i.bytes);
            code.op(IXOR, -1);
            code.setRegister(i.rm, i.bytes);
        }
        return true;
    }

    boolean negate(GuestInstruction i) {
        if (i.memory) {
            return false;
        }
        code.register(i.rm, i.bytes);
        code.store(Code.T1);
        code.load(Code.T1);
        code.op(INEG);
        code.extend(i.bytes);
        code.store(Code.T2);
        if (operands.exact) {
            code.set(Code.A, 0);
            code.load(Code.T1);
            code.store(Code.B);
            code.load(Code.T2);
            code.store(Code.RESULT);
            flags.become(FlagCode.SUB);
        }
        code.load(Code.T2);
        code.setRegister(i.rm, i.bytes);
        return true;
    }
}
