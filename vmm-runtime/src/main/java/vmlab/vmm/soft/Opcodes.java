// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.Insn.EndSemantics;
import vmlab.vmm.soft.Insn.Semantics;

/**
 * The one-byte opcodes: from encoding to operation.
 *
 * @spec SDM 2, appendix A, table A-2
 */
final class Opcodes {
    private final Decoder d;
    private final Opcodes0F twoByte;

    Opcodes(Decoder decoder) {
        d = decoder;
        twoByte = new Opcodes0F(decoder, this);
    }

    /** An {@link Op} or, where the block ends, a {@link Term}. */
    Object decode(int opcode) {
        if (d.lock && !mayBeLocked(opcode)) {
            return undefined(opcode);
        }
        if (opcode < 0x40 && (opcode & 7) < 6) {
            return arithmetic(opcode);
        }
        switch (opcode >>> 3) {
            case 0x40 >>> 3:
                return increment(opcode & 7, true);
            case 0x48 >>> 3:
                return increment(opcode & 7, false);
            case 0x50 >>> 3:
                return push(opcode & 7);
            case 0x58 >>> 3:
                return pop(opcode & 7);
            case 0x70 >>> 3:
            case 0x78 >>> 3:
                return conditional(opcode & 15, d.fetchSigned8());
            case 0xB0 >>> 3:
                return moveImmediate8(opcode & 7);
            case 0xB8 >>> 3:
                return moveImmediate(opcode & 7);
            case 0xD8 >>> 3:
                return escape(opcode);
            default:
                return opcode < 0x80 ? decodeLow(opcode) : decodeHigh(opcode);
        }
    }

    /** LOCK is for read-modify-write forms on memory only (SDM 2, LOCK); the r/m form is checked with the operand. */
    private static boolean mayBeLocked(int opcode) {
        return opcode == 0x0F
                || opcode < 0x38 && (opcode & 7) < 2
                || opcode >= 0x80 && opcode <= 0x83
                || opcode == 0x86
                || opcode == 0x87
                || opcode == 0xF6
                || opcode == 0xF7
                || opcode == 0xFE
                || opcode == 0xFF;
    }

    /** Whether LOCK stands before something it must not stand before, now that the operand is known. */
    boolean wrongLock(Insn i, boolean modifies) {
        return d.lock && (!i.isMemory() || !modifies);
    }

    private Object decodeLow(int opcode) {
        switch (opcode) {
            case 0x06, 0x0E, 0x16, 0x1E:
                return pushSegment(opcode >>> 3);
            case 0x07, 0x17, 0x1F:
                return popSegment(opcode >>> 3);
            case 0x0F:
                return twoByte.decode(d.fetch8());
            case 0x27:
                return simple(1, (c, i) -> Alu.decimalAdjustAdd(c));
            case 0x2F:
                return simple(1, (c, i) -> Alu.decimalAdjustSubtract(c));
            case 0x37:
                return simple(1, (c, i) -> Alu.asciiAdjust(c, 1));
            case 0x3F:
                return simple(1, (c, i) -> Alu.asciiAdjust(c, -1));
            case 0x60:
                return simple(d.operandBytes(), Instructions::pushAll);
            case 0x61:
                return simple(d.operandBytes(), Instructions::popAll);
            case 0x62:
                return bound();
            case 0x63:
                return op(d.withModrm(2), SystemInstructions::adjustRpl);
            case 0x68:
                return pushImmediate(d.fetchImmediate(d.operandBytes()));
            case 0x69:
                return multiplyImmediate(false);
            case 0x6A:
                return pushImmediate(d.fetchSigned8());
            case 0x6B:
                return multiplyImmediate(true);
            case 0x6C:
                return portString(1, Strings::input);
            case 0x6D:
                return portString(d.operandBytes(), Strings::input);
            case 0x6E:
                return portString(1, Strings::output);
            case 0x6F:
                return portString(d.operandBytes(), Strings::output);
            default:
                return undefined(opcode);
        }
    }

    private Object decodeHigh(int opcode) {
        switch (opcode) {
            case 0x80, 0x82:
                return group1(1, true);
            case 0x81:
                return group1(d.operandBytes(), false);
            case 0x83:
                return group1(d.operandBytes(), true);
            case 0x84:
                return twoOperands(Alu.TEST, d.withModrm(1), false);
            case 0x85:
                return twoOperands(Alu.TEST, d.withModrm(d.operandBytes()), false);
            case 0x86:
                return exchange(1);
            case 0x87:
                return exchange(d.operandBytes());
            case 0x88:
                return move8(false);
            case 0x89:
                return move(false);
            case 0x8A:
                return move8(true);
            case 0x8B:
                return move(true);
            case 0x8C:
                return moveFromSegment();
            case 0x8D:
                return loadEffectiveAddress();
            case 0x8E:
                return moveToSegment();
            case 0x8F:
                return popMemory();
            case 0x90:
                return new Moves.Nop();
            case 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97:
                return exchangeAccumulator(opcode & 7);
            case 0x98:
                return simple(
                        d.operandBytes(),
                        (c, i) -> c.register(
                                Cpu.EAX, i.bytes, i.bytes == 4 ? (short) c.r[Cpu.EAX] : (byte) c.r[Cpu.EAX]));
            case 0x99:
                return d.operand32
                        ? new Moves.Cdq()
                        : simple(2, (c, i) -> c.register(Cpu.EDX, 2, (short) c.r[Cpu.EAX] >> 15));
            case 0x9A:
                return farPointer(Transfers::callFar);
            case 0x9B:
                return simple(1, FloatUnits::await);
            case 0x9C:
                return simple(d.operandBytes(), Instructions::pushFlags);
            case 0x9D:
                return end(d.insn(d.operandBytes()), Instructions::popFlags);
            case 0x9E:
                return simple(1, (c, i) -> c.eflags(c.r[Cpu.EAX] >>> 8, 0xD5));
            case 0x9F:
                return simple(1, (c, i) -> c.register(4, 1, c.eflags()));
            case 0xA0:
                return moveDirect(1, true);
            case 0xA1:
                return moveDirect(d.operandBytes(), true);
            case 0xA2:
                return moveDirect(1, false);
            case 0xA3:
                return moveDirect(d.operandBytes(), false);
            case 0xA4:
                return string(1, Strings::move, Strings::moveRepeated);
            case 0xA5:
                return string(d.operandBytes(), Strings::move, Strings::moveRepeated);
            case 0xA6:
                return string(1, Strings::compare, Strings::compareRepeated);
            case 0xA7:
                return string(d.operandBytes(), Strings::compare, Strings::compareRepeated);
            case 0xA8:
                return testAccumulator(1);
            case 0xA9:
                return testAccumulator(d.operandBytes());
            case 0xAA:
                return string(1, Strings::store, Strings::storeRepeated);
            case 0xAB:
                return string(d.operandBytes(), Strings::store, Strings::storeRepeated);
            case 0xAC:
                return string(1, Strings::load, Strings::loadRepeated);
            case 0xAD:
                return string(d.operandBytes(), Strings::load, Strings::loadRepeated);
            case 0xAE:
                return string(1, Strings::scan, Strings::scanRepeated);
            case 0xAF:
                return string(d.operandBytes(), Strings::scan, Strings::scanRepeated);
            default:
                return decodeHighest(opcode);
        }
    }

    private Object decodeHighest(int opcode) {
        switch (opcode) {
            case 0xC0:
                return shift(1, -1);
            case 0xC1:
                return shift(d.operandBytes(), -1);
            case 0xC2:
                return returnNear(d.fetch16());
            case 0xC3:
                return returnNear(0);
            case 0xC4:
                return loadFarPointer(Cpu.ES);
            case 0xC5:
                return loadFarPointer(Cpu.DS);
            case 0xC6:
                return storeImmediate(1);
            case 0xC7:
                return storeImmediate(d.operandBytes());
            case 0xC8:
                return enter();
            case 0xC9:
                return d.fast && d.operand32 ? new Moves.Leave() : simple(d.operandBytes(), Instructions::leave);
            case 0xCA:
                return returnFar(d.fetch16());
            case 0xCB:
                return returnFar(0);
            case 0xCC:
                return end(d.insn(1), (c, i, next) -> Interrupts.software(c, CpuFault.BP, next));
            case 0xCD:
                return interrupt(d.fetch8());
            case 0xCE:
                return end(d.insn(1), Instructions::interruptOnOverflow);
            case 0xCF:
                return end(d.insn(d.operandBytes()), Transfers::interruptReturn);
            case 0xD0:
                return shift(1, 1);
            case 0xD1:
                return shift(d.operandBytes(), 1);
            case 0xD2:
                return shiftByCl(1);
            case 0xD3:
                return shiftByCl(d.operandBytes());
            case 0xD4:
                return immediate(d.fetch8(), (c, i) -> Alu.asciiAdjustMultiply(c, i.immediate));
            case 0xD5:
                return immediate(d.fetch8(), (c, i) -> Alu.asciiAdjustDivide(c, i.immediate));
            case 0xD6:
                return simple(1, (c, i) -> c.register(Cpu.EAX, 1, c.carry() ? 0xFF : 0));
            case 0xD7:
                return simple(1, Instructions::translate);
            case 0xE0, 0xE1, 0xE2, 0xE3:
                return loop(opcode);
            case 0xE4:
                return port(1, Instructions::input, d.fetch8());
            case 0xE5:
                return port(d.operandBytes(), Instructions::input, d.fetch8());
            case 0xE6:
                return port(1, Instructions::output, d.fetch8());
            case 0xE7:
                return port(d.operandBytes(), Instructions::output, d.fetch8());
            case 0xE8:
                return callNear(d.fetchImmediate(d.operandBytes()));
            case 0xE9:
                return jumpNear(d.fetchImmediate(d.operandBytes()));
            case 0xEA:
                return farPointer(Transfers::jumpFar);
            case 0xEB:
                return jumpNear(d.fetchSigned8());
            case 0xEC:
                return port(1, Instructions::input, -1);
            case 0xED:
                return port(d.operandBytes(), Instructions::input, -1);
            case 0xEE:
                return port(1, Instructions::output, -1);
            case 0xEF:
                return port(d.operandBytes(), Instructions::output, -1);
            case 0xF1:
                return end(d.insn(1), (c, i, next) -> Interrupts.debugTrap(c, next));
            case 0xF4:
                return end(d.insn(1), SystemInstructions::halt);
            case 0xF5:
                return simple(1, (c, i) -> c.carryAndOverflow(!c.carry(), c.overflow()));
            case 0xF6:
                return group3(d.withModrm(1));
            case 0xF7:
                return group3(d.withModrm(d.operandBytes()));
            case 0xF8:
                return simple(1, (c, i) -> c.carryAndOverflow(false, c.overflow()));
            case 0xF9:
                return simple(1, (c, i) -> c.carryAndOverflow(true, c.overflow()));
            case 0xFA:
                return simple(1, SystemInstructions::clearInterrupts);
            case 0xFB:
                return end(d.insn(1), SystemInstructions::setInterrupts);
            case 0xFC:
                return simple(1, (c, i) -> c.eflags(0, Eflags.DF));
            case 0xFD:
                return simple(1, (c, i) -> c.eflags(Eflags.DF, Eflags.DF));
            case 0xFE:
                return group4();
            case 0xFF:
                return group5();
            default:
                return undefined(opcode);
        }
    }

    // ---- building blocks, shared with the two-byte opcodes

    Op op(Insn i, Semantics semantics) {
        return new Insn.Simple(i, semantics);
    }

    Op simple(int bytes, Semantics semantics) {
        return op(d.insn(bytes), semantics);
    }

    private Op immediate(int value, Semantics semantics) {
        Insn i = d.insn(1);
        i.immediate = value;
        return op(i, semantics);
    }

    Term end(Insn i, EndSemantics semantics) {
        return new Insn.Ending(i, semantics);
    }

    /** #UD, and one line in the log for each opcode: nothing is silently wrong. */
    Term undefined(int opcode) {
        Insn i = d.insn(1);
        i.opcode = opcode;
        return end(i, (c, insn, next) -> SystemInstructions.undefinedOpcode(c, insn.opcode));
    }

    // ---- arithmetic

    private Object arithmetic(int opcode) {
        int operation = opcode >>> 3;
        int form = opcode & 7;
        int bytes = (form & 1) == 0 ? 1 : d.operandBytes();
        if (form >= 4) {
            return registerImmediate(operation, Cpu.EAX, d.fetchImmediate(bytes), bytes);
        }
        return twoOperands(operation, d.withModrm(bytes), form >= 2);
    }

    private Op registerImmediate(int operation, int register, int value, int bytes) {
        if (bytes == 4) {
            Alu32.RegImm fast = Alu32.regImm(operation);
            if (fast != null) {
                return fast.of(register, value);
            }
        }
        Insn i = d.insn(bytes);
        i.opcode = operation;
        i.rm = register;
        i.immediate = value;
        return operation >= Alu.CMP ? new Comparisons.Immediate(i) : op(i, Instructions::arithmeticImmediate);
    }

    /** Operations of a register and an r/m operand; {@code toRegister}: the register is the destination. */
    private Object twoOperands(int operation, Insn i, boolean toRegister) {
        if (wrongLock(i, !toRegister && operation < Alu.CMP)) {
            return undefined(operation << 3);
        }
        if (i.bytes == 4) {
            Op fast = fastTwoOperands(operation, i, toRegister);
            if (fast != null) {
                return fast;
            }
        }
        i.opcode = operation;
        if (operation >= Alu.CMP) {
            return new Comparisons.Register(i, toRegister);
        }
        return op(i, toRegister ? Instructions::arithmeticToRegister : Instructions::arithmeticToRm);
    }

    private Op fastTwoOperands(int operation, Insn i, boolean toRegister) {
        if (!i.isMemory()) {
            Alu32.RegReg fast = Alu32.regReg(operation);
            return fast == null ? null : toRegister ? fast.of(i.reg, i.rm) : fast.of(i.rm, i.reg);
        }
        if (!d.isFlat(i.address)) {
            return null;
        }
        Alu32.RegMem fast = toRegister ? Alu32.regMem(operation) : Alu32.memReg(operation);
        return fast == null ? null : fast.of(i.reg, i.address);
    }

    private Object group1(int bytes, boolean shortImmediate) {
        Insn i = d.withModrm(bytes);
        i.immediate = shortImmediate ? d.fetchSigned8() : d.fetchImmediate(bytes);
        i.opcode = i.reg;
        if (wrongLock(i, i.reg < Alu.CMP)) {
            return undefined(0x80);
        }
        return immediateOperand(i.reg, i);
    }

    private Op immediateOperand(int operation, Insn i) {
        if (!i.isMemory()) {
            return registerImmediate(operation, i.rm, i.immediate, i.bytes);
        }
        if (i.bytes == 4 && d.isFlat(i.address)) {
            Alu32.MemImm fast = Alu32.memImm(operation);
            if (fast != null) {
                return fast.of(i.immediate, i.address);
            }
        }
        i.opcode = operation;
        return operation >= Alu.CMP ? new Comparisons.Immediate(i) : op(i, Instructions::arithmeticImmediate);
    }

    private Op testAccumulator(int bytes) {
        return registerImmediate(Alu.TEST, Cpu.EAX, d.fetchImmediate(bytes), bytes);
    }

    private Op increment(int register, boolean up) {
        if (d.operand32) {
            return (up ? new Moves.IncReg() : new Moves.DecReg()).of(register, register);
        }
        Insn i = d.insn(2);
        i.rm = register;
        return op(i, up ? Instructions::increment : Instructions::decrement);
    }

    private Op multiplyImmediate(boolean shortImmediate) {
        Insn i = d.withModrm(d.operandBytes());
        i.immediate = shortImmediate ? d.fetchSigned8() : d.fetchImmediate(i.bytes);
        return op(i, (c, insn) -> insn.storeReg(c, Alu.multiply(c, insn.load(c), insn.immediate, insn.bytes)));
    }

    private Op shift(int bytes, int count) {
        Insn i = d.withModrm(bytes);
        i.immediate = count >= 0 ? count : d.fetch8() & 31;
        if (bytes == 4 && !i.isMemory() && i.immediate > 0) {
            switch (i.reg) {
                case 0:
                    return new Moves.RolRegImm().of(i.rm, i.immediate);
                case 1:
                    return new Moves.RorRegImm().of(i.rm, i.immediate);
                case 4, 6:
                    return new Moves.ShlRegImm().of(i.rm, i.immediate);
                case 5:
                    return new Moves.ShrRegImm().of(i.rm, i.immediate);
                case 7:
                    return new Moves.SarRegImm().of(i.rm, i.immediate);
                default:
                    break;
            }
        }
        return op(i, (c, insn) -> Instructions.shift(c, insn, insn.immediate));
    }

    private Op shiftByCl(int bytes) {
        return op(d.withModrm(bytes), (c, i) -> Instructions.shift(c, i, c.r[Cpu.ECX]));
    }

    private Object group3(Insn i) {
        if (wrongLock(i, i.reg == 2 || i.reg == 3)) {
            return undefined(0xF6);
        }
        switch (i.reg) {
            case 0, 1:
                i.immediate = d.fetchImmediate(i.bytes);
                return immediateOperand(Alu.TEST, i);
            case 2:
                return op(i, (c, insn) -> insn.store(c, ~insn.loadToModify(c)));
            case 3:
                return op(i, Instructions::negate);
            case 4:
                return op(i, (c, insn) -> Alu.multiplyUnsigned(c, insn.load(c), insn.bytes));
            case 5:
                return op(i, (c, insn) -> Alu.multiplySigned(c, insn.load(c), insn.bytes));
            case 6:
                return op(i, (c, insn) -> Alu.divideUnsigned(c, insn.load(c), insn.bytes));
            default:
                return op(i, (c, insn) -> Alu.divideSigned(c, insn.load(c), insn.bytes));
        }
    }

    private Object group4() {
        Insn i = d.withModrm(1);
        if (i.reg > 1 || wrongLock(i, true)) {
            return undefined(0xFE);
        }
        return op(i, i.reg == 0 ? Instructions::increment : Instructions::decrement);
    }

    private Object group5() {
        Insn i = d.withModrm(d.operandBytes());
        if (wrongLock(i, i.reg < 2) || (i.reg == 3 || i.reg == 5) && !i.isMemory() || i.reg == 7) {
            return undefined(0xFF);
        }
        boolean fast = d.fast && d.operand32;
        switch (i.reg) {
            case 0:
                return op(i, Instructions::increment);
            case 1:
                return op(i, Instructions::decrement);
            case 2:
                if (fast) {
                    return i.isMemory() ? new Branches.CallMem(i.address) : new Branches.CallReg(i.rm);
                }
                return end(i, Instructions::callNear);
            case 3:
                return end(i, Transfers::callFarThroughMemory);
            case 4:
                if (fast) {
                    return i.isMemory() ? new Branches.JmpMem(i.address) : new Branches.JmpReg(i.rm);
                }
                return end(i, (c, insn, next) -> Instructions.jump(c, insn, insn.load(c)));
            case 5:
                return end(i, Transfers::jumpFarThroughMemory);
            default:
                if (fast && i.isMemory() && d.isFlat(i.address)) {
                    return new Moves.PushMem().of(0, i.address);
                }
                return op(i, (c, insn) -> c.push(insn.load(c), insn.bytes));
        }
    }

    // ---- moves

    private Op move8(boolean toRegister) {
        Insn i = d.withModrm(1);
        if (i.reg < 4) {
            if (i.isMemory() && d.isFlat(i.address)) {
                return (toRegister ? new Moves.LoadLow8() : new Moves.StoreLow8()).of(i.reg, i.address);
            }
            if (!i.isMemory() && i.rm < 4) {
                return toRegister ? new Moves.MovLow8().of(i.reg, i.rm) : new Moves.MovLow8().of(i.rm, i.reg);
            }
        }
        return genericMove(i, toRegister);
    }

    private Op move(boolean toRegister) {
        Insn i = d.withModrm(d.operandBytes());
        if (i.isMemory()) {
            return moveMemory(i, toRegister);
        }
        if (i.bytes == 4) {
            return toRegister ? new Moves.MovRegReg().of(i.reg, i.rm) : new Moves.MovRegReg().of(i.rm, i.reg);
        }
        return genericMove(i, toRegister);
    }

    private Op moveMemory(Insn i, boolean toRegister) {
        Address a = i.address;
        if (d.isFlat(a)) {
            if (i.bytes == 2) {
                return (toRegister ? new Moves.Load16() : new Moves.Store16()).of(i.reg, a);
            }
            if (i.bytes == 4 && a.index == Cpu.NONE) {
                return (toRegister ? new Moves.Load32Simple() : new Moves.Store32Simple()).of(i.reg, a);
            }
            if (i.bytes == 4) {
                return (toRegister ? new Moves.Load32() : new Moves.Store32()).of(i.reg, a);
            }
            if (i.reg < 4) {
                return (toRegister ? new Moves.LoadLow8() : new Moves.StoreLow8()).of(i.reg, a);
            }
        }
        if (i.bytes == 4 && a.mask == -1 && a.segment >= Cpu.FS) {
            return toRegister
                    ? new Moves.LoadSegment32(a.segment).of(i.reg, a)
                    : new Moves.StoreSegment32(a.segment).of(i.reg, a);
        }
        return genericMove(i, toRegister);
    }

    private Op genericMove(Insn i, boolean toRegister) {
        return op(
                i,
                toRegister ? (c, insn) -> insn.storeReg(c, insn.load(c)) : (c, insn) -> insn.store(c, insn.loadReg(c)));
    }

    private Op moveDirect(int bytes, boolean toAccumulator) {
        Insn i = d.insn(bytes);
        i.address = d.directAddress();
        i.reg = Cpu.EAX;
        return moveMemory(i, toAccumulator);
    }

    private Op moveImmediate8(int register) {
        int value = d.fetchSigned8();
        return register < 4 ? new Moves.MovLow8Imm().of(register, value) : loadRegisterImmediate(register, value, 1);
    }

    private Op moveImmediate(int register) {
        return d.operand32
                ? new Moves.MovRegImm().of(register, d.fetch32())
                : loadRegisterImmediate(register, d.fetch16(), 2);
    }

    private Op loadRegisterImmediate(int register, int value, int bytes) {
        Insn i = d.insn(bytes);
        i.reg = register;
        i.immediate = value;
        return op(i, (c, insn) -> insn.storeReg(c, insn.immediate));
    }

    private Object storeImmediate(int bytes) {
        Insn i = d.withModrm(bytes);
        i.immediate = d.fetchImmediate(bytes);
        if (i.reg != 0) {
            return undefined(0xC6);
        }
        if (i.isMemory() && d.isFlat(i.address) && bytes != 2) {
            return (bytes == 4 ? new Moves.Store32Imm() : new Moves.Store8Imm()).of(i.immediate, i.address);
        }
        return op(i, (c, insn) -> insn.store(c, insn.immediate));
    }

    private Object loadEffectiveAddress() {
        Insn i = d.withModrm(d.operandBytes());
        if (!i.isMemory()) {
            return undefined(0x8D);
        }
        if (i.bytes == 4 && i.address.mask == -1) {
            return new Moves.Lea().of(i.reg, i.address);
        }
        return op(i, (c, insn) -> insn.storeReg(c, insn.address.offset(c)));
    }

    private Object exchange(int bytes) {
        Insn i = d.withModrm(bytes);
        return wrongLock(i, true) ? undefined(0x86) : op(i, Instructions::exchange);
    }

    private Op exchangeAccumulator(int register) {
        Insn i = d.insn(d.operandBytes());
        i.reg = Cpu.EAX;
        i.rm = register;
        return op(i, Instructions::exchange);
    }

    // ---- the stack

    private Op push(int register) {
        if (d.fast && d.operand32) {
            return new Moves.PushReg().of(0, register);
        }
        Insn i = d.insn(d.operandBytes());
        i.rm = register;
        return op(i, (c, insn) -> c.push(insn.load(c), insn.bytes));
    }

    private Op pop(int register) {
        if (d.fast && d.operand32) {
            return new Moves.PopReg().of(register, register);
        }
        Insn i = d.insn(d.operandBytes());
        i.rm = register;
        return op(i, (c, insn) -> {
            int value = c.peek(0, insn.bytes);
            c.drop(insn.bytes);
            insn.store(c, value);
        });
    }

    private Op pushImmediate(int value) {
        if (d.fast && d.operand32) {
            return new Moves.PushImm().of(0, value);
        }
        Insn i = d.insn(d.operandBytes());
        i.immediate = value;
        return op(i, (c, insn) -> c.push(insn.immediate, insn.bytes));
    }

    private Object popMemory() {
        Insn i = d.withModrm(d.operandBytes());
        return i.reg != 0 ? undefined(0x8F) : op(i, Instructions::popRm);
    }

    private Object enter() {
        Insn i = d.insn(d.operandBytes());
        i.immediate = d.fetch16();
        i.immediate2 = d.fetch8() & 31;
        return op(i, Instructions::enter);
    }

    // ---- segments and far pointers

    Op pushSegment(int register) {
        Insn i = d.insn(d.operandBytes());
        i.reg = register;
        return op(i, (c, insn) -> c.push(c.selector[insn.reg], insn.bytes));
    }

    Term popSegment(int register) {
        Insn i = d.insn(d.operandBytes());
        i.reg = register;
        return end(i, SystemInstructions::popSegment);
    }

    private Object moveFromSegment() {
        Insn i = d.withModrm(d.operandBytes());
        if (i.reg > Cpu.GS) {
            return undefined(0x8C);
        }
        if (i.isMemory()) {
            i.bytes = 2;
        }
        return op(i, (c, insn) -> insn.store(c, c.selector[insn.reg]));
    }

    private Object moveToSegment() {
        Insn i = d.withModrm(2);
        if (i.reg > Cpu.GS || i.reg == Cpu.CS) {
            return undefined(0x8E);
        }
        return end(i, SystemInstructions::moveToSegment);
    }

    Object loadFarPointer(int register) {
        Insn i = d.withModrm(d.operandBytes());
        if (!i.isMemory()) {
            return undefined(0xC4);
        }
        i.immediate = register;
        return end(i, SystemInstructions::loadFarPointer);
    }

    private Term farPointer(EndSemantics semantics) {
        Insn i = d.insn(d.operandBytes());
        i.immediate = d.operand32 ? d.fetch32() : d.fetch16();
        i.immediate2 = d.fetch16();
        return end(i, semantics);
    }

    private Object bound() {
        Insn i = d.withModrm(d.operandBytes());
        return i.isMemory() ? op(i, Instructions::bound) : undefined(0x62);
    }

    // ---- control

    /** Jcc, fused with the comparison before it where there is one. */
    Term conditional(int condition, int distance) {
        if (!d.fast || !d.operand32) {
            Insn i = d.insn(d.operandBytes());
            i.opcode = condition;
            i.immediate = distance;
            return end(i, (c, insn, next) -> Instructions.jumpIf(c, insn, c.condition(insn.opcode), next));
        }
        Branches.Exit taken = d.exit(distance);
        Branches.Exit fallen = d.exit(0);
        Branches.Conditional jump = Fusion.of(d, d.previous(), condition);
        if (jump != null) {
            d.swallowPrevious();
        } else if (condition == 4) {
            jump = new Branches.Jz();
        } else if (condition == 5) {
            jump = new Branches.Jnz();
        } else {
            jump = new Branches.Jcc();
        }
        return jump.to(condition, taken, fallen);
    }

    private Term jumpNear(int distance) {
        if (d.fast && d.operand32) {
            return new Branches.Jmp(d.exit(distance));
        }
        Insn i = d.insn(d.operandBytes());
        i.immediate = distance;
        return end(i, (c, insn, next) -> Instructions.jump(c, insn, next + insn.immediate));
    }

    private Term callNear(int distance) {
        if (d.fast && d.operand32) {
            return new Branches.Call(d.exit(distance));
        }
        Insn i = d.insn(d.operandBytes());
        i.immediate = distance;
        return end(i, Instructions::callRelative);
    }

    private Term returnNear(int released) {
        if (d.fast && d.operand32) {
            return new Branches.Ret(released);
        }
        Insn i = d.insn(d.operandBytes());
        i.immediate = released;
        return end(i, Instructions::returnNear);
    }

    private Term returnFar(int released) {
        Insn i = d.insn(d.operandBytes());
        i.immediate = released;
        return end(i, Transfers::returnFar);
    }

    private Term interrupt(int vector) {
        Insn i = d.insn(1);
        i.immediate = vector;
        return end(i, (c, insn, next) -> Interrupts.software(c, insn.immediate, next));
    }

    private Term loop(int opcode) {
        Insn i = d.insn(d.operandBytes());
        i.opcode = opcode;
        i.immediate = d.fetchSigned8();
        return end(i, Instructions::loop);
    }

    // ---- others

    private Object string(int bytes, Semantics once, EndSemantics repeated) {
        Insn i = d.insn(bytes);
        i.immediate = d.lengthSoFar();
        return i.repeat == Insn.NO_REPEAT ? op(i, once) : end(i, repeated);
    }

    private Term portString(int bytes, EndSemantics semantics) {
        Insn i = d.insn(bytes);
        i.immediate = d.lengthSoFar();
        return end(i, semantics);
    }

    private Term port(int bytes, EndSemantics semantics, int number) {
        Insn i = d.insn(bytes);
        i.immediate = number;
        return end(i, semantics);
    }

    private Object escape(int opcode) {
        return new FloatUnits.Escape(d.withModrm(d.operandBytes()), opcode);
    }
}
