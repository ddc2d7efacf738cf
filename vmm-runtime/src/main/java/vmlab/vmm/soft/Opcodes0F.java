// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.Insn.Semantics;
import vmlab.vmm.soft.simd.SimdEntry;
import vmlab.vmm.soft.simd.SimdTable;

/**
 * The two-byte opcodes (0F xx): from encoding to operation.
 *
 * @spec SDM 2, appendix A, table A-3
 */
final class Opcodes0F {
    private static final int PREFIX = 0x100;
    private static final int EMMS = 0x77;

    private final Decoder d;
    private final Opcodes oneByte;

    Opcodes0F(Decoder decoder, Opcodes oneByte) {
        d = decoder;
        this.oneByte = oneByte;
    }

    Object decode(int opcode) {
        if (d.lock && !mayBeLocked(opcode)) {
            return undefined(opcode);
        }
        SimdEntry simd = simdEntry(opcode);
        if (simd != null) {
            return simd(simd, opcode);
        }
        switch (opcode >>> 4) {
            case 4:
                return conditionalMove(opcode & 15);
            case 8:
                return oneByte.conditional(opcode & 15, d.fetchImmediate(d.operandBytes()));
            case 9:
                return setOn(opcode & 15);
            case 0, 1, 2, 3:
                return decodeSystem(opcode);
            default:
                return decodeOther(opcode);
        }
    }

    private static boolean mayBeLocked(int opcode) {
        return opcode == 0xAB
                || opcode == 0xB3
                || opcode == 0xBA
                || opcode == 0xBB
                || opcode == 0xB0
                || opcode == 0xB1
                || opcode == 0xC0
                || opcode == 0xC1
                || opcode == 0xC7;
    }

    private Object undefined(int opcode) {
        return oneByte.undefined(PREFIX | opcode);
    }

    /** Only the rows of the map that hold SIMD are asked: all of theirs but EMMS have the ModRM byte that is peeked at. */
    private SimdEntry simdEntry(int opcode) {
        boolean candidate = opcode >= 0x10 && opcode <= 0x18
                || opcode >= 0x28 && opcode <= 0x2F
                || opcode >= 0x50 && opcode <= 0x7F
                || opcode == 0xAE
                || opcode >= 0xC2 && opcode <= 0xC6
                || opcode >= 0xD0;
        if (!candidate) {
            return null;
        }
        return SimdTable.find(mandatoryPrefix(), opcode, opcode == EMMS ? 0 : d.peek8());
    }

    /** The prefix that chooses among SIMD encodings: the last of F2 and F3, else 66 (SDM 2, 2.1.2). */
    private int mandatoryPrefix() {
        return d.repeat != Insn.NO_REPEAT ? d.repeat : d.operandPrefix ? 0x66 : 0;
    }

    private Op simd(SimdEntry entry, int opcode) {
        Insn i = opcode == EMMS ? d.insn(4) : d.withModrm(4);
        if (entry.hasImmediate()) {
            i.immediate = d.fetch8();
        }
        return new FloatUnits.SimdOp(i, entry);
    }

    private Object decodeSystem(int opcode) {
        switch (opcode) {
            case 0x00:
                return group6();
            case 0x01:
                return group7();
            case 0x02:
                return oneByte.op(d.withModrm(d.operandBytes()), SystemInstructions::loadAccessRights);
            case 0x03:
                return oneByte.op(d.withModrm(d.operandBytes()), SystemInstructions::loadLimit);
            case 0x06:
                return oneByte.simple(1, SystemInstructions::clearTaskSwitched);
            case 0x08, 0x09:
                return oneByte.simple(1, SystemInstructions::requireKernel);
            case 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F:
                d.withModrm(4);
                return new Moves.Nop();
            case 0x20:
                return control(SystemInstructions::moveFromControl);
            case 0x21:
                return control(SystemInstructions::moveFromDebug);
            case 0x22:
                return oneByte.end(controlOperands(), SystemInstructions::moveToControl);
            case 0x23:
                return oneByte.end(controlOperands(), SystemInstructions::moveToDebug);
            case 0x30:
                return oneByte.end(d.insn(4), SystemInstructions::writeMsr);
            case 0x31:
                return oneByte.end(d.insn(4), SystemInstructions::readTimeStamp);
            case 0x32:
                return oneByte.end(d.insn(4), SystemInstructions::readMsr);
            case 0x34:
                return oneByte.end(d.insn(4), SystemInstructions::sysenter);
            case 0x35:
                return oneByte.end(d.insn(4), SystemInstructions::sysexit);
            default:
                return undefined(opcode);
        }
    }

    /** The ModRM byte of these always names registers, whatever its mod field says (SDM 2, MOV). */
    private Insn controlOperands() {
        Insn i = d.insn(4);
        i.modrm = d.fetch8();
        i.reg = i.modrm >>> 3 & 7;
        i.rm = i.modrm & 7;
        return i;
    }

    private Op control(Semantics semantics) {
        return oneByte.op(controlOperands(), semantics);
    }

    private Object group6() {
        Insn i = d.withModrm(d.operandBytes());
        switch (i.reg) {
            case 0:
                return oneByte.op(i, SystemInstructions::storeLdt);
            case 1:
                return oneByte.op(i, SystemInstructions::storeTask);
            case 2:
                return oneByte.op(i, SystemInstructions::loadLdt);
            case 3:
                return oneByte.op(i, SystemInstructions::loadTask);
            case 4:
                return oneByte.op(i, SystemInstructions::verifyRead);
            case 5:
                return oneByte.op(i, SystemInstructions::verifyWrite);
            default:
                return undefined(0x00);
        }
    }

    private Object group7() {
        Insn i = d.withModrm(d.operandBytes());
        if (!i.isMemory() && i.reg != 4 && i.reg != 6) {
            return i.modrm == 0xC1 || i.modrm == 0xD9 ? oneByte.end(i, SystemInstructions::hypercall) : undefined(0x01);
        }
        switch (i.reg) {
            case 0:
                return oneByte.op(i, SystemInstructions::storeGdt);
            case 1:
                return oneByte.op(i, SystemInstructions::storeIdt);
            case 2:
                return oneByte.op(i, SystemInstructions::loadGdt);
            case 3:
                return oneByte.op(i, SystemInstructions::loadIdt);
            case 4:
                return oneByte.op(i, SystemInstructions::storeMachineStatus);
            case 6:
                return oneByte.end(i, SystemInstructions::loadMachineStatus);
            case 7:
                return oneByte.end(i, SystemInstructions::invalidatePage);
            default:
                return undefined(0x01);
        }
    }

    private Object decodeOther(int opcode) {
        int n = d.operandBytes();
        switch (opcode) {
            case 0xA0:
                return oneByte.pushSegment(Cpu.FS);
            case 0xA1:
                return oneByte.popSegment(Cpu.FS);
            case 0xA2:
                return oneByte.simple(4, SystemInstructions::identify);
            case 0xA3:
                return bitByRegister(0);
            case 0xA4, 0xAC:
                return doubleShift(opcode, true);
            case 0xA5, 0xAD:
                return doubleShift(opcode, false);
            case 0xA8:
                return oneByte.pushSegment(Cpu.GS);
            case 0xA9:
                return oneByte.popSegment(Cpu.GS);
            case 0xAB:
                return bitByRegister(1);
            case 0xAE:
                return group15();
            case 0xAF:
                return multiply();
            case 0xB0:
                return modify(1, Instructions::compareExchange);
            case 0xB1:
                return modify(n, Instructions::compareExchange);
            case 0xB2:
                return oneByte.loadFarPointer(Cpu.SS);
            case 0xB3:
                return bitByRegister(2);
            case 0xB4:
                return oneByte.loadFarPointer(Cpu.FS);
            case 0xB5:
                return oneByte.loadFarPointer(Cpu.GS);
            case 0xB6:
                return extend(1, false);
            case 0xB7:
                return extend(2, false);
            case 0xB9, 0xFF:
                d.withModrm(n);
                return undefined(opcode);
            case 0xBA:
                return bitByImmediate();
            case 0xBB:
                return bitByRegister(3);
            case 0xBC:
                return oneByte.op(d.withModrm(n), Instructions::bitScanForward);
            case 0xBD:
                return oneByte.op(d.withModrm(n), Instructions::bitScanReverse);
            case 0xBE:
                return extend(1, true);
            case 0xBF:
                return extend(2, true);
            case 0xC0:
                return modify(1, Instructions::exchangeAdd);
            case 0xC1:
                return modify(n, Instructions::exchangeAdd);
            case 0xC7:
                return compareExchange8();
            case 0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF:
                return byteSwap(opcode & 7);
            default:
                return undefined(opcode);
        }
    }

    /** What of group 15 isn't SIMD's. */
    private Object group15() {
        Insn i = d.withModrm(4);
        if (!i.isMemory() || i.reg > 1 || mandatoryPrefix() != 0) {
            return undefined(0xAE);
        }
        return oneByte.op(i, i.reg == 0 ? FloatUnits::save : FloatUnits::restore);
    }

    private Object modify(int bytes, Semantics semantics) {
        Insn i = d.withModrm(bytes);
        return oneByte.wrongLock(i, true) ? undefined(0xB0) : oneByte.op(i, semantics);
    }

    private Op conditionalMove(int condition) {
        Insn i = d.withModrm(d.operandBytes());
        if (i.bytes == 4 && !i.isMemory()) {
            return new Moves.CmovRegReg(condition).of(i.reg, i.rm);
        }
        i.opcode = condition;
        // The operand is read, and may fault, whether it is moved or not (SDM 2, CMOVcc).
        return oneByte.op(i, (c, insn) -> {
            int value = insn.load(c);
            if (c.condition(insn.opcode)) {
                insn.storeReg(c, value);
            }
        });
    }

    private Op setOn(int condition) {
        Insn i = d.withModrm(1);
        if (!i.isMemory() && i.rm < 4) {
            return new Moves.SetLow8().of(i.rm, condition);
        }
        i.opcode = condition;
        return oneByte.op(i, (c, insn) -> insn.store(c, c.condition(insn.opcode) ? 1 : 0));
    }

    private Object bitByRegister(int operation) {
        Insn i = d.withModrm(d.operandBytes());
        i.opcode = operation;
        return oneByte.wrongLock(i, operation != 0) ? undefined(0xAB) : oneByte.op(i, Instructions::bitRegister);
    }

    private Object bitByImmediate() {
        Insn i = d.withModrm(d.operandBytes());
        i.immediate = d.fetch8();
        i.opcode = i.reg & 3;
        return i.reg < 4 || oneByte.wrongLock(i, i.reg > 4)
                ? undefined(0xBA)
                : oneByte.op(i, Instructions::bitImmediate);
    }

    private Op doubleShift(int opcode, boolean immediate) {
        Insn i = d.withModrm(d.operandBytes());
        boolean left = opcode < 0xA8;
        if (immediate) {
            i.immediate = d.fetch8();
            return oneByte.op(
                    i,
                    left
                            ? (c, insn) -> Instructions.shiftLeftDouble(c, insn, insn.immediate)
                            : (c, insn) -> Instructions.shiftRightDouble(c, insn, insn.immediate));
        }
        return oneByte.op(
                i,
                left
                        ? (c, insn) -> Instructions.shiftLeftDouble(c, insn, c.r[Cpu.ECX])
                        : (c, insn) -> Instructions.shiftRightDouble(c, insn, c.r[Cpu.ECX]));
    }

    private Op multiply() {
        Insn i = d.withModrm(d.operandBytes());
        if (i.bytes == 4 && !i.isMemory()) {
            return new Moves.ImulRegReg().of(i.reg, i.rm);
        }
        return oneByte.op(i, (c, insn) -> {
            int b = insn.load(c);
            insn.storeReg(c, Alu.multiply(c, insn.loadReg(c), b, insn.bytes));
        });
    }

    /** MOVZX and MOVSX. */
    private Op extend(int fromBytes, boolean signed) {
        Insn i = d.withModrm(d.operandBytes());
        if (i.bytes == 4 && i.isMemory() && d.isFlat(i.address)) {
            return extendFromMemory(fromBytes, signed).of(i.reg, i.address);
        }
        if (i.bytes == 4 && !i.isMemory()) {
            Alu32.RegReg fast = extendRegister(i, fromBytes, signed);
            if (fast != null) {
                return fast;
            }
        }
        int mask = fromBytes == 1 ? 0xFF : 0xFFFF;
        return oneByte.op(
                i,
                signed
                        ? (c, insn) -> insn.storeReg(c, insn.load(c, fromBytes))
                        : (c, insn) -> insn.storeReg(c, insn.load(c, fromBytes) & mask));
    }

    private static Alu32.RegMem extendFromMemory(int fromBytes, boolean signed) {
        if (fromBytes == 1) {
            return signed ? new Moves.SignExtend8Mem() : new Moves.ZeroExtend8Mem();
        }
        return signed ? new Moves.SignExtend16Mem() : new Moves.ZeroExtend16Mem();
    }

    private static Alu32.RegReg extendRegister(Insn i, int fromBytes, boolean signed) {
        if (fromBytes == 2) {
            return (signed ? new Moves.SignExtend16() : new Moves.ZeroExtend16()).of(i.reg, i.rm);
        }
        if (i.rm < 4) {
            return (signed ? new Moves.SignExtendLow8() : new Moves.ZeroExtendLow8()).of(i.reg, i.rm);
        }
        return signed ? null : new Moves.ZeroExtendHigh8().of(i.reg, i.rm - 4);
    }

    private Object compareExchange8() {
        Insn i = d.withModrm(d.operandBytes());
        return i.reg != 1 || !i.isMemory() ? undefined(0xC7) : oneByte.op(i, Instructions::compareExchange8);
    }

    private Op byteSwap(int register) {
        Insn i = d.insn(4);
        i.rm = register;
        return oneByte.op(i, Instructions::byteSwap);
    }
}
