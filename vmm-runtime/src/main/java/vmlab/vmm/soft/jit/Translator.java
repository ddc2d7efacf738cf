// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import static org.objectweb.asm.Opcodes.DUP;
import static org.objectweb.asm.Opcodes.I2L;
import static org.objectweb.asm.Opcodes.IADD;
import static org.objectweb.asm.Opcodes.IAND;
import static org.objectweb.asm.Opcodes.IFEQ;
import static org.objectweb.asm.Opcodes.IMUL;
import static org.objectweb.asm.Opcodes.INEG;
import static org.objectweb.asm.Opcodes.IOR;
import static org.objectweb.asm.Opcodes.ISHL;
import static org.objectweb.asm.Opcodes.ISHR;
import static org.objectweb.asm.Opcodes.ISUB;
import static org.objectweb.asm.Opcodes.IUSHR;
import static org.objectweb.asm.Opcodes.IXOR;
import static org.objectweb.asm.Opcodes.L2I;
import static org.objectweb.asm.Opcodes.LAND;
import static org.objectweb.asm.Opcodes.LLOAD;
import static org.objectweb.asm.Opcodes.LMUL;
import static org.objectweb.asm.Opcodes.LSTORE;
import static org.objectweb.asm.Opcodes.LUSHR;

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

    private static final int NEGATED = 1;

    private final Code code;
    private final FlagCode flags;

    /** Whether the flags that the instruction leaves are seen by anybody. */
    private boolean exact;

    Translator(Code code, FlagCode flags) {
        this.code = code;
        this.flags = flags;
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

    /**
     * Writes an instruction; false if it isn't one of those that are known here, and nothing was written.
     *
     * @param exactFlags whether its flags may be seen
     */
    boolean translate(GuestInstruction i, boolean exactFlags) {
        exact = exactFlags;
        int operation = operation(i);
        if (operation >= 0) {
            arithmetic(i, operation);
            return true;
        }
        switch (i.opcode >>> 3) {
            case 0x40 >>> 3:
                return step(i, i.reg, IADD);
            case 0x48 >>> 3:
                return step(i, i.reg, ISUB);
            case 0x50 >>> 3:
                return i.bytes == 4 && push(() -> code.register(i.reg));
            case 0x58 >>> 3:
                return i.bytes == 4 && pop(i);
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
                return i.bytes == 4 && push(() -> code.push(i.immediate));
            case 0x69, 0x6B:
                return i.bytes == 4 && multiply(i, () -> code.push(i.immediate));
            case 0x86, 0x87:
                return exchange(i, i.rm);
            case 0x88, 0x89, 0xA2, 0xA3:
                return store(i, () -> code.register(i.reg, i.bytes));
            case 0xC6, 0xC7:
                return store(i, () -> code.push(i.immediate));
            case 0x8A, 0x8B, 0xA0, 0xA1:
                source(i, i.bytes);
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
                return shift(i, i.opcode == 0xD1 ? 1 : i.immediate & 31);
            case 0xD3:
                return shiftByCl(i);
            case 0xC9:
                return i.bytes == 4 && leave();
            case 0xF6, 0xF7:
                return group3(i);
            case 0xFE:
                return i.reg < 2 && step(i, i.rm, i.reg == 0 ? IADD : ISUB);
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
                return doubleShift(i);
            case 0x1AF:
                return i.bytes == 4 && multiply(i, () -> code.register(i.reg));
            case 0x1B6, 0x1B7:
                source(i, i.opcode == 0x1B6 ? 1 : 2);
                code.zeroExtend(i.opcode == 0x1B6 ? 1 : 2);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x1BE, 0x1BF:
                source(i, i.opcode == 0x1BE ? 1 : 2);
                code.setRegister(i.reg, i.bytes);
                return true;
            case 0x1BC, 0x1BD:
                return i.bytes == 4 && scanBits(i);
            default:
                return false;
        }
    }

    // ---- operands

    /** Pushes the register or memory operand, sign-extended. */
    private void source(GuestInstruction i, int bytes) {
        if (i.memory) {
            code.read(i, bytes);
        } else {
            code.register(i.rm, bytes);
        }
    }

    /** Has a memory operand that will be written in T1 and its place in two variables: faults as the write would. */
    private void loadToModify(GuestInstruction i) {
        code.address(i, i.bytes, true);
        code.store(Code.ADDRESS);
        code.cpu();
        code.load(Code.ADDRESS);
        code.onCpu("host" + 8 * i.bytes, "(I)J");
        code.visitor().visitVarInsn(LSTORE, Code.HOST);
        code.cpu();
        code.visitor().visitVarInsn(LLOAD, Code.HOST);
        code.load(Code.ADDRESS);
        code.onCpu("readToModify" + 8 * i.bytes, "(JI)I");
        code.store(Code.T1);
    }

    /** Writes a variable to where {@link #loadToModify} read. */
    private void writeBack(GuestInstruction i, int local) {
        code.cpu();
        code.visitor().visitVarInsn(LLOAD, Code.HOST);
        code.load(Code.ADDRESS);
        code.load(local);
        code.onCpu("writeBack" + 8 * i.bytes, "(JII)V");
    }

    // ---- two-operand arithmetic

    /** By the form of the opcode: which is the destination, and where the other operand comes from. */
    private void arithmetic(GuestInstruction i, int operation) {
        boolean plain = i.opcode < 0x40;
        int form = i.opcode & 7;
        boolean accumulator = plain && form >= 4 || (i.opcode & ~1) == 0xA8;
        boolean immediate = accumulator || i.opcode >= 0x80 && i.opcode <= 0x83 || (i.opcode & ~1) == 0xF6;
        boolean toRegister = plain && (form == 2 || form == 3);
        Runnable second = immediate
                ? () -> code.push(i.immediate)
                : toRegister ? () -> source(i, i.bytes) : () -> code.register(i.reg, i.bytes);
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
            if (exact) {
                code.op(DUP);
                code.store(Code.RESULT);
            }
            code.setRegister(register, bytes);
            becomeIfExact(FlagCode.LOGIC);
        } else if (exact) {
            second.run();
            code.store(Code.B);
            code.register(register, bytes);
            code.op(DUP);
            code.store(Code.A);
            code.load(Code.B);
            code.op(bytecode(operation));
            code.extend(bytes);
            code.op(DUP);
            code.store(Code.RESULT);
            code.setRegister(register, bytes);
            flags.become(operation == ADD ? FlagCode.ADD : FlagCode.SUB);
        } else {
            code.register(register, bytes);
            second.run();
            code.op(bytecode(operation));
            code.setRegister(register, bytes);
        }
    }

    private void becomeIfExact(int kind) {
        if (exact) {
            flags.become(kind);
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
        loadToModify(i);
        second.run();
        code.store(Code.T2);
        boolean withCarry = operation == ADC || operation == SBB;
        if (withCarry) {
            flags.carry();
            code.store(Code.T3);
            combineWithCarry(operation, i.bytes);
            // The variable of results belongs to the flags, which may change only behind the store.
            code.store(Code.T4);
            writeBack(i, Code.T4);
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
        writeBack(i, Code.T3);
        if (exact) {
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

    // ---- one operand

    /** INC and DEC: the carry stays. */
    private boolean step(GuestInstruction i, int register, int bytecode) {
        if (i.memory) {
            loadToModify(i);
            code.load(Code.T1);
            code.op(bytecode, 1);
            code.extend(i.bytes);
            code.store(Code.T2);
            writeBack(i, Code.T2);
            if (exact) {
                becomeStep(bytecode, () -> code.load(Code.T1), () -> code.load(Code.T2));
            }
            return true;
        }
        if (exact) {
            code.register(register, i.bytes);
            code.store(Code.T1);
            code.load(Code.T1);
            code.op(bytecode, 1);
            code.extend(i.bytes);
            code.store(Code.T2);
            becomeStep(bytecode, () -> code.load(Code.T1), () -> code.load(Code.T2));
            code.load(Code.T2);
        } else {
            code.register(register, i.bytes);
            code.op(bytecode, 1);
        }
        code.setRegister(register, i.bytes);
        return true;
    }

    private void becomeStep(int bytecode, Runnable operand, Runnable result) {
        flags.carry();
        code.store(Code.B);
        operand.run();
        code.store(Code.A);
        result.run();
        code.store(Code.RESULT);
        flags.become(bytecode == IADD ? FlagCode.INC : FlagCode.DEC);
    }

    private boolean group3(GuestInstruction i) {
        switch (i.reg) {
            case 2:
                return complement(i);
            case 3:
                return negate(i);
            case 4, 5:
                return i.bytes == 4 && multiplyWide(i);
            default:
                return i.bytes == 4 && divide(i);
        }
    }

    private boolean complement(GuestInstruction i) {
        if (i.memory) {
            loadToModify(i);
            code.load(Code.T1);
            code.op(IXOR, -1);
            code.store(Code.T2);
            writeBack(i, Code.T2);
        } else {
            code.register(i.rm, i.bytes);
            code.op(IXOR, -1);
            code.setRegister(i.rm, i.bytes);
        }
        return true;
    }

    private boolean negate(GuestInstruction i) {
        if (i.memory) {
            return false;
        }
        code.register(i.rm, i.bytes);
        code.store(Code.T1);
        code.load(Code.T1);
        code.op(INEG);
        code.extend(i.bytes);
        code.store(Code.T2);
        if (exact) {
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

    private boolean group5(GuestInstruction i) {
        return switch (i.reg) {
            case 0 -> step(i, i.rm, IADD);
            case 1 -> step(i, i.rm, ISUB);
            case 6 -> i.bytes == 4 && push(() -> source(i, 4));
            default -> false;
        };
    }

    // ---- products and quotients

    /** IMUL with two or three operands. */
    private boolean multiply(GuestInstruction i, Runnable first) {
        source(i, 4);
        if (!exact) {
            first.run();
            code.op(IMUL);
            code.setRegister(i.reg);
            return true;
        }
        code.op(I2L);
        first.run();
        code.op(I2L);
        product(() -> code.setRegister(i.reg));
        return true;
    }

    /** Of two longs on the stack; the flags say whether the low half holds it, as a signed number. */
    private void product(Runnable storeLow) {
        code.op(LMUL);
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.op(DUP);
        code.store(Code.RESULT);
        storeLow.run();
        high();
        code.load(Code.RESULT);
        code.op(ISHR, 31);
        code.op(IXOR);
        allOnesIfAny();
        flags.becomeResultOfProduct();
    }

    private void low() {
        code.visitor().visitVarInsn(LLOAD, Code.WIDE);
        code.op(L2I);
    }

    private void high() {
        code.visitor().visitVarInsn(LLOAD, Code.WIDE);
        code.push(32);
        code.op(LUSHR);
        code.op(L2I);
    }

    /** Makes what is on the stack 0 if it is 0, and -1 else. */
    private void allOnesIfAny() {
        code.op(DUP);
        code.op(INEG);
        code.op(IOR);
        code.op(ISHR, 31);
    }

    private void unsignedLong() {
        code.op(I2L);
        code.visitor().visitLdcInsn(0xFFFFFFFFL);
        code.op(LAND);
    }

    /** MUL and IMUL into EDX:EAX. */
    private boolean multiplyWide(GuestInstruction i) {
        boolean signed = i.reg == 5;
        source(i, 4);
        widen(signed);
        code.register(GuestInstruction.EAX);
        widen(signed);
        code.op(LMUL);
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.setRegister(GuestInstruction.EAX);
        high();
        code.setRegister(GuestInstruction.EDX);
        if (exact) {
            code.register(GuestInstruction.EAX);
            code.store(Code.RESULT);
            code.register(GuestInstruction.EDX);
            if (signed) {
                code.load(Code.RESULT);
                code.op(ISHR, 31);
                code.op(IXOR);
            }
            allOnesIfAny();
            flags.becomeResultOfProduct();
        }
        return true;
    }

    private void widen(boolean signed) {
        if (signed) {
            code.op(I2L);
        } else {
            unsignedLong();
        }
    }

    private boolean divide(GuestInstruction i) {
        source(i, 4);
        code.store(Code.T1);
        code.cpu();
        code.register(GuestInstruction.EDX);
        code.register(GuestInstruction.EAX);
        code.load(Code.T1);
        code.callStatic(
                Names.COMPILED,
                i.reg == 6 ? "divideUnsigned" : "divideSigned",
                "(" + Names.object(Names.CPU) + "III)J");
        code.visitor().visitVarInsn(LSTORE, Code.WIDE);
        low();
        code.setRegister(GuestInstruction.EAX);
        high();
        code.setRegister(GuestInstruction.EDX);
        return true;
    }

    // ---- shifts

    private boolean shift(GuestInstruction i, int count) {
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
        if (!exact) {
            code.setRegister(i.rm);
            return true;
        }
        code.op(DUP);
        code.store(Code.RESULT);
        code.setRegister(i.rm);
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
        if (!exact) {
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
    private boolean shiftByCl(GuestInstruction i) {
        if (i.memory || i.bytes != 4 || i.reg < 4) {
            return false;
        }
        int bytecode = shiftBytecode(i.reg);
        if (!exact) {
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
        code.op(DUP);
        code.store(Code.RESULT);
        code.setRegister(i.rm);
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
    private boolean doubleShift(GuestInstruction i) {
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
        if (!exact) {
            code.setRegister(i.rm);
            return true;
        }
        code.op(DUP);
        code.store(Code.RESULT);
        code.setRegister(i.rm);
        code.load(Code.T1);
        code.bit(left ? 32 - count : count - 1);
        code.load(Code.T1);
        code.load(Code.RESULT);
        code.op(IXOR);
        code.bit(31);
        flags.becomeResult();
        return true;
    }

    private boolean scanBits(GuestInstruction i) {
        source(i, 4);
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
        if (exact) {
            code.load(Code.T1);
            code.store(Code.RESULT);
            flags.become(FlagCode.LOGIC);
        }
        return true;
    }

    // ---- moves

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
            loadToModify(i);
            code.register(i.reg, i.bytes);
            code.store(Code.T2);
            writeBack(i, Code.T2);
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
        source(i, 4);
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

    // ---- the stack

    private boolean push(Runnable value) {
        value.run();
        code.store(Code.T1);
        pushVariable();
        return true;
    }

    /** Pushes T1 onto the guest's stack. */
    void pushVariable() {
        code.register(GuestInstruction.ESP);
        code.op(ISUB, 4);
        code.store(Code.ADDRESS);
        code.write(Code.ADDRESS, Code.T1, 4);
        code.load(Code.ADDRESS);
        code.setRegister(GuestInstruction.ESP);
    }

    private boolean pop(GuestInstruction i) {
        popValue();
        code.store(Code.T1);
        release(4);
        code.load(Code.T1);
        code.setRegister(i.reg);
        return true;
    }

    /** Has the top of the guest's stack on ours. */
    void popValue() {
        code.cpu();
        code.register(GuestInstruction.ESP);
        code.onCpu("read32", "(I)I");
    }

    void release(int bytes) {
        code.register(GuestInstruction.ESP);
        code.op(IADD, bytes);
        code.setRegister(GuestInstruction.ESP);
    }

    private boolean leave() {
        code.cpu();
        code.register(GuestInstruction.EBP);
        code.onCpu("read32", "(I)I");
        code.store(Code.T1);
        code.register(GuestInstruction.EBP);
        code.op(IADD, 4);
        code.setRegister(GuestInstruction.ESP);
        code.load(Code.T1);
        code.setRegister(GuestInstruction.EBP);
        return true;
    }
}
