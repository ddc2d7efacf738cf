// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.Hypercalls;

/**
 * What the unprivileged integer instructions do, for any operand size and segment.
 *
 * @spec SDM 2, the instructions' pages
 */
final class Instructions {
    private Instructions() {}

    // ---- arithmetic

    static void arithmeticToRm(Cpu c, Insn i) {
        int a = i.loadToModify(c);
        i.store(c, Alu.operate(c, i.opcode, a, i.loadReg(c), i.bytes));
    }

    static void arithmeticToRegister(Cpu c, Insn i) {
        int b = i.load(c);
        i.storeReg(c, Alu.operate(c, i.opcode, i.loadReg(c), b, i.bytes));
    }

    static void arithmeticImmediate(Cpu c, Insn i) {
        i.store(c, Alu.operate(c, i.opcode, i.loadToModify(c), i.immediate, i.bytes));
    }

    static void increment(Cpu c, Insn i) {
        i.store(c, Alu.increment(c, i.loadToModify(c), i.bytes));
    }

    static void decrement(Cpu c, Insn i) {
        i.store(c, Alu.decrement(c, i.loadToModify(c), i.bytes));
    }

    static void negate(Cpu c, Insn i) {
        i.store(c, Alu.negate(c, i.loadToModify(c), i.bytes));
    }

    static void shift(Cpu c, Insn i, int count) {
        i.store(c, Alu.shift(c, i.reg, i.loadToModify(c), count, i.bytes));
    }

    static void exchange(Cpu c, Insn i) {
        int a = i.loadToModify(c);
        int b = i.loadReg(c);
        i.store(c, b);
        i.storeReg(c, a);
    }

    static void exchangeAdd(Cpu c, Insn i) {
        int a = i.loadToModify(c);
        int b = i.loadReg(c);
        int sum = Alu.operate(c, Alu.ADD, a, b, i.bytes);
        if (i.isMemory()) {
            // The register may be part of the address: memory first.
            i.store(c, sum);
            i.storeReg(c, a);
        } else {
            // XADD EAX, EAX keeps the sum.
            i.storeReg(c, a);
            i.store(c, sum);
        }
    }

    static void compareExchange(Cpu c, Insn i) {
        int a = i.loadToModify(c);
        int accumulator = c.register(Cpu.EAX, i.bytes);
        Alu.operate(c, Alu.CMP, accumulator, a, i.bytes);
        if (a == accumulator) {
            i.store(c, i.loadReg(c));
        } else {
            c.register(Cpu.EAX, i.bytes, a);
        }
    }

    static void compareExchange8(Cpu c, Insn i) {
        int linear = i.linear(c, 8, true);
        c.mmu.probeWrite(linear, 8);
        long value = c.read64(linear);
        long expected = (long) c.r[Cpu.EDX] << 32 | c.r[Cpu.EAX] & 0xFFFFFFFFL;
        boolean equal = value == expected;
        if (equal) {
            c.write64(linear, (long) c.r[Cpu.ECX] << 32 | c.r[Cpu.EBX] & 0xFFFFFFFFL);
        } else {
            c.r[Cpu.EAX] = (int) value;
            c.r[Cpu.EDX] = (int) (value >>> 32);
        }
        c.eflags(equal ? Eflags.ZF : 0, Eflags.ZF);
    }

    static void shiftLeftDouble(Cpu c, Insn i, int count) {
        i.store(c, Alu.shiftLeftDouble(c, i.loadToModify(c), i.loadReg(c), count, i.bytes));
    }

    static void shiftRightDouble(Cpu c, Insn i, int count) {
        i.store(c, Alu.shiftRightDouble(c, i.loadToModify(c), i.loadReg(c), count, i.bytes));
    }

    // ---- bits

    private static final int BIT_TEST = 0;
    private static final int BIT_SET = 1;
    private static final int BIT_RESET = 2;

    /** BT BTS BTR BTC with the number in an immediate: it counts within the operand. */
    static void bitImmediate(Cpu c, Insn i) {
        int bit = i.immediate & (8 * i.bytes - 1);
        if (i.opcode == BIT_TEST) {
            takeBit(c, i.load(c), bit);
        } else {
            int value = i.loadToModify(c);
            i.store(c, changeBit(i.opcode, value, bit));
            takeBit(c, value, bit);
        }
    }

    /** BT BTS BTR BTC with the number in a register: in memory it reaches beyond the operand, to both sides. */
    static void bitRegister(Cpu c, Insn i) {
        int number = i.loadReg(c);
        int bit = number & (8 * i.bytes - 1);
        if (!i.isMemory()) {
            int value = i.load(c);
            i.store(c, changeBit(i.opcode, value, bit));
            takeBit(c, value, bit);
            return;
        }
        int away = i.bytes == 4 ? number >> 5 << 2 : number >> 4 << 1;
        int offset = i.address.offset(c) + away & i.address.mask;
        boolean write = i.opcode != BIT_TEST;
        int linear = c.linear(i.address.segment, offset, i.bytes, write);
        if (write) {
            c.mmu.probeWrite(linear, i.bytes);
        }
        int value = c.read(linear, i.bytes);
        if (write) {
            c.write(linear, i.bytes, changeBit(i.opcode, value, bit));
        }
        takeBit(c, value, bit);
    }

    private static int changeBit(int operation, int value, int bit) {
        switch (operation) {
            case BIT_TEST:
                return value;
            case BIT_SET:
                return value | 1 << bit;
            case BIT_RESET:
                return value & ~(1 << bit);
            default:
                return value ^ 1 << bit;
        }
    }

    private static void takeBit(Cpu c, int value, int bit) {
        c.carryAndOverflow((value >>> bit & 1) != 0, c.overflow());
    }

    /** A zero source leaves the destination as it is: documented by AMD, and what Intel's chips do. */
    static void bitScanForward(Cpu c, Insn i) {
        int value = i.load(c);
        if (value != 0) {
            i.storeReg(c, Integer.numberOfTrailingZeros(value));
        }
        scanned(c, value);
    }

    static void bitScanReverse(Cpu c, Insn i) {
        int value = i.bytes == 2 ? i.load(c) & 0xFFFF : i.load(c);
        if (value != 0) {
            i.storeReg(c, 31 - Integer.numberOfLeadingZeros(value));
        }
        scanned(c, value);
    }

    private static void scanned(Cpu c, int value) {
        Alu.logic(c, value);
    }

    static void byteSwap(Cpu c, Insn i) {
        c.r[i.rm] = Integer.reverseBytes(c.r[i.rm]);
    }

    // ---- the stack

    static void pushAll(Cpu c, Insn i) {
        int n = i.bytes;
        int stack = c.r[Cpu.ESP];
        for (int k = 1; k <= 8; k++) {
            c.mmu.probeWrite(c.linear(Cpu.SS, stack - k * n & c.stackMask(), n, true), n);
        }
        for (int k = 0; k < 8; k++) {
            c.push(k == Cpu.ESP ? stack : c.r[k], n);
        }
    }

    static void popAll(Cpu c, Insn i) {
        int n = i.bytes;
        int[] values = new int[8];
        for (int k = 0; k < 8; k++) {
            values[k] = c.peek((7 - k) * n, n);
        }
        c.drop(8 * n);
        for (int k = 0; k < 8; k++) {
            if (k != Cpu.ESP) {
                c.register(k, n, values[k]);
            }
        }
    }

    /** An address by ESP sees the incremented pointer; a fault puts it back. */
    static void popRm(Cpu c, Insn i) {
        int stack = c.r[Cpu.ESP];
        int value = c.peek(0, i.bytes);
        c.drop(i.bytes);
        try {
            i.store(c, value);
        } catch (CpuFault | RestartPrecisely e) {
            c.r[Cpu.ESP] = stack;
            throw e;
        }
    }

    static void pushFlags(Cpu c, Insn i) {
        c.push(c.eflags() & ~(Eflags.VM | Eflags.RF), i.bytes);
    }

    static Block popFlags(Cpu c, Insn i, int next) {
        int value = c.peek(0, i.bytes);
        c.drop(i.bytes);
        int mask = i.bytes == 4 ? Eflags.SETTABLE & ~Eflags.RF : Eflags.SETTABLE & 0xFFFF;
        if (c.isProtected()) {
            mask &= c.cpl == 0 ? -1 : ~Eflags.IOPL;
            mask &= c.cpl <= c.ioPrivilege() ? -1 : ~Eflags.IF;
        }
        c.eflags(value, mask);
        c.eip = next;
        return Interrupts.afterFlagsChange(c);
    }

    static void leave(Cpu c, Insn i) {
        int frame = c.r[Cpu.EBP];
        int linear = c.linear(Cpu.SS, frame & c.stackMask(), i.bytes, false);
        int value = c.read(linear, i.bytes);
        c.stackPointer(frame + i.bytes);
        c.register(Cpu.EBP, i.bytes, value);
    }

    static void enter(Cpu c, Insn i) {
        int n = i.bytes;
        int mask = c.stackMask();
        int stack = c.r[Cpu.ESP];
        int level = i.immediate2;
        int frame = stack - n;
        int lowest = stack - n * (level + 1);
        c.mmu.probeWrite(c.linear(Cpu.SS, lowest & mask, n, true), n);
        // The frame need not be touched here, but must be there.
        c.mmu.probeWrite(c.linear(Cpu.SS, lowest - i.immediate & mask, 1, true), 1);
        try {
            c.push(c.r[Cpu.EBP], n);
            for (int k = 1; k < level; k++) {
                c.push(c.read(c.linear(Cpu.SS, c.r[Cpu.EBP] - k * n & mask, n, false), n), n);
            }
            if (level > 0) {
                c.push(frame, n);
            }
        } catch (CpuFault | RestartPrecisely e) {
            c.r[Cpu.ESP] = stack;
            throw e;
        }
        c.register(Cpu.EBP, n, frame);
        c.stackPointer(c.r[Cpu.ESP] - i.immediate);
    }

    // ---- near transfers with checks

    /** Jumps within the code segment; a 16-bit operand cuts the offset. */
    static Block jump(Cpu c, Insn i, int target) {
        int offset = i.bytes == 2 ? target & 0xFFFF : target;
        checkTarget(c, offset);
        c.eip = offset;
        return Block.LOOKUP;
    }

    /** A relative jump by the immediate; where it isn't taken, the operand size cuts nothing. */
    static Block jumpIf(Cpu c, Insn i, boolean taken, int next) {
        if (taken) {
            return jump(c, i, next + i.immediate);
        }
        c.eip = next;
        return Block.LOOKUP;
    }

    static void checkTarget(Cpu c, int offset) {
        if (Integer.compareUnsigned(offset, c.limit[Cpu.CS]) > 0) {
            throw c.generalProtection();
        }
    }

    static Block callRelative(Cpu c, Insn i, int next) {
        return call(c, i, next + i.immediate, next);
    }

    static Block callNear(Cpu c, Insn i, int next) {
        return call(c, i, i.load(c), next);
    }

    private static Block call(Cpu c, Insn i, int target, int next) {
        int offset = i.bytes == 2 ? target & 0xFFFF : target;
        checkTarget(c, offset);
        c.push(next, i.bytes);
        c.eip = offset;
        return Block.LOOKUP;
    }

    static Block returnNear(Cpu c, Insn i, int next) {
        int target = c.peek(0, i.bytes);
        checkTarget(c, target);
        c.drop(i.bytes + i.immediate);
        c.eip = target;
        return Block.LOOKUP;
    }

    /** LOOPNE LOOPE LOOP JCXZ, by the address size. */
    static Block loop(Cpu c, Insn i, int next) {
        int mask = i.addressMask;
        int count = c.r[Cpu.ECX] & mask;
        boolean taken;
        if (i.opcode == 0xE3) {
            taken = count == 0;
        } else {
            count = count - 1 & mask;
            taken = count != 0 && (i.opcode == 0xE2 || c.zero() == (i.opcode == 0xE1));
        }
        Block following = jumpIf(c, i, taken, next);
        if (i.opcode != 0xE3) {
            c.r[Cpu.ECX] = c.r[Cpu.ECX] & ~mask | count;
        }
        return following;
    }

    static Block interruptOnOverflow(Cpu c, Insn i, int next) {
        if (c.overflow()) {
            return Interrupts.software(c, CpuFault.OF, next);
        }
        c.eip = next;
        return Block.LOOKUP;
    }

    static void bound(Cpu c, Insn i) {
        int offset = i.address.offset(c);
        int n = i.bytes;
        int low = c.read(c.linear(i.address.segment, offset, n, false), n);
        int high = c.read(c.linear(i.address.segment, offset + n, n, false), n);
        int value = i.loadReg(c);
        if (value < low || value > high) {
            throw c.raise(CpuFault.BR, 0);
        }
    }

    static void translate(Cpu c, Insn i) {
        int offset = c.r[Cpu.EBX] + (c.r[Cpu.EAX] & 0xFF) & i.addressMask;
        c.register(Cpu.EAX, 1, c.load8(i.segment, offset));
    }

    // ---- ports

    static Block input(Cpu c, Insn i, int next) {
        int port = i.immediate >= 0 ? i.immediate : c.r[Cpu.EDX] & 0xFFFF;
        SystemInstructions.checkPort(c, port, i.bytes);
        c.register(Cpu.EAX, i.bytes, (int) c.board.ports().read(port, i.bytes));
        c.eip = next;
        return null;
    }

    static Block output(Cpu c, Insn i, int next) {
        int port = i.immediate >= 0 ? i.immediate : c.r[Cpu.EDX] & 0xFFFF;
        SystemInstructions.checkPort(c, port, i.bytes);
        c.eip = next;
        if (port == Hypercalls.DOORBELL_PORT) {
            c.board.hypercalls().dispatch(c);
        } else {
            c.board.ports().write(port, i.bytes, c.r[Cpu.EAX]);
        }
        return null;
    }
}
