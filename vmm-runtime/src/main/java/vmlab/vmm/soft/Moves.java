// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.Alu32.MemImm;
import vmlab.vmm.soft.Alu32.RegImm;
import vmlab.vmm.soft.Alu32.RegMem;
import vmlab.vmm.soft.Alu32.RegReg;

/** The data movements that make up most of a guest's time, one class each, in flat segments. */
final class Moves {
    private Moves() {}

    static final class MovRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[from];
        }
    }

    static final class MovRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            c.r[to] = value;
        }
    }

    static final class Load32 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read32(address(c));
        }
    }

    /** A base register and a displacement: most loads. */
    static final class Load32Simple extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read32(c.r[base] + displacement);
        }
    }

    static final class Store32 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.write32(address(c), c.r[register]);
        }
    }

    static final class Store32Simple extends RegMem {
        @Override
        void execute(Cpu c) {
            c.write32(c.r[base] + displacement, c.r[register]);
        }
    }

    static final class Store32Imm extends MemImm {
        @Override
        void execute(Cpu c) {
            c.write32(address(c), value);
        }
    }

    static final class Load16 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.r[register] & 0xFFFF0000 | c.read16(address(c)) & 0xFFFF;
        }
    }

    static final class Store16 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.write16(address(c), c.r[register]);
        }
    }

    /** AL, CL, DL, BL. */
    static final class LoadLow8 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.r[register] & 0xFFFFFF00 | c.read8(address(c)) & 0xFF;
        }
    }

    static final class StoreLow8 extends RegMem {
        @Override
        void execute(Cpu c) {
            c.write8(address(c), c.r[register]);
        }
    }

    static final class Store8Imm extends MemImm {
        @Override
        void execute(Cpu c) {
            c.write8(address(c), value);
        }
    }

    static final class MovLow8Imm extends RegImm {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[to] & 0xFFFFFF00 | value & 0xFF;
        }
    }

    static final class MovLow8 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[to] & 0xFFFFFF00 | c.r[from] & 0xFF;
        }
    }

    static final class ZeroExtend8Mem extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read8(address(c)) & 0xFF;
        }
    }

    static final class ZeroExtend16Mem extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read16(address(c)) & 0xFFFF;
        }
    }

    static final class SignExtend8Mem extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read8(address(c));
        }
    }

    static final class SignExtend16Mem extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = c.read16(address(c));
        }
    }

    static final class ZeroExtendLow8 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[from] & 0xFF;
        }
    }

    static final class ZeroExtendHigh8 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[from] >>> 8 & 0xFF;
        }
    }

    static final class ZeroExtend16 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[from] & 0xFFFF;
        }
    }

    static final class SignExtendLow8 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = (byte) c.r[from];
        }
    }

    static final class SignExtend16 extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = (short) c.r[from];
        }
    }

    static final class Lea extends RegMem {
        @Override
        void execute(Cpu c) {
            c.r[register] = address(c);
        }
    }

    static final class PushReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, c.r[from]);
            c.r[Cpu.ESP] = top;
        }
    }

    static final class PushImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, value);
            c.r[Cpu.ESP] = top;
        }
    }

    static final class PushMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int v = c.read32(address(c));
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, v);
            c.r[Cpu.ESP] = top;
        }
    }

    static final class PopReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int v = c.read32(c.r[Cpu.ESP]);
            c.r[Cpu.ESP] += 4;
            c.r[to] = v;
        }
    }

    static final class Leave extends Op {
        @Override
        void execute(Cpu c) {
            int frame = c.r[Cpu.EBP];
            int v = c.read32(frame);
            c.r[Cpu.ESP] = frame + 4;
            c.r[Cpu.EBP] = v;
        }
    }

    static final class IncReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            c.flagB = c.carry() ? 1 : 0;
            c.flagA = a;
            c.flagKind = Cpu.FLAGS_INC;
            c.flagResult = a + 1;
            c.r[to] = a + 1;
        }
    }

    static final class DecReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            c.flagB = c.carry() ? 1 : 0;
            c.flagA = a;
            c.flagKind = Cpu.FLAGS_DEC;
            c.flagResult = a - 1;
            c.r[to] = a - 1;
        }
    }

    /** The count is 1 to 31. */
    static final class ShlRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int x = a << value;
            int carry = a >>> (32 - value) & 1;
            c.flagKind = Cpu.FLAGS_RESULT;
            c.flagA = carry | (x >>> 31 ^ carry) << 11;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    /** The count is 1 to 31. */
    static final class ShrRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int x = a >>> value;
            c.flagKind = Cpu.FLAGS_RESULT;
            c.flagA = a >>> (value - 1) & 1 | (value == 1 ? a >>> 31 << 11 : 0);
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    /** The count is 1 to 31. */
    static final class SarRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int x = a >> value;
            c.flagKind = Cpu.FLAGS_RESULT;
            c.flagA = a >> (value - 1) & 1;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    /** The count is 1 to 31. */
    static final class RolRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int x = Integer.rotateLeft(c.r[to], value);
            c.carryAndOverflow((x & 1) != 0, (x >>> 31 ^ x & 1) != 0);
            c.r[to] = x;
        }
    }

    /** The count is 1 to 31. */
    static final class RorRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int x = Integer.rotateRight(c.r[to], value);
            c.carryAndOverflow(x < 0, (x ^ x << 1) < 0);
            c.r[to] = x;
        }
    }

    /** CMOVcc r32, r32. */
    static final class CmovRegReg extends RegReg {
        final int condition;

        CmovRegReg(int condition) {
            this.condition = condition;
        }

        @Override
        void execute(Cpu c) {
            if (c.condition(condition)) {
                c.r[to] = c.r[from];
            }
        }
    }

    /** SETcc on AL, CL, DL, BL. */
    static final class SetLow8 extends RegImm {
        @Override
        void execute(Cpu c) {
            c.r[to] = c.r[to] & 0xFFFFFF00 | (c.condition(value) ? 1 : 0);
        }
    }

    static final class ImulRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            c.r[to] = Alu.multiply(c, c.r[to], c.r[from], 4);
        }
    }

    static final class Cdq extends Op {
        @Override
        void execute(Cpu c) {
            c.r[Cpu.EDX] = c.r[Cpu.EAX] >> 31;
        }
    }

    static final class Nop extends Op {
        @Override
        void execute(Cpu c) {}
    }

    /** A load or store through FS or GS with a flat limit: thread and per-CPU variables. */
    static final class LoadSegment32 extends RegMem {
        private final int segment;

        LoadSegment32(int segment) {
            this.segment = segment;
        }

        @Override
        void execute(Cpu c) {
            c.r[register] = c.read32(c.linear(segment, address(c), 4, false));
        }
    }

    static final class StoreSegment32 extends RegMem {
        private final int segment;

        StoreSegment32(int segment) {
            this.segment = segment;
        }

        @Override
        void execute(Cpu c) {
            c.write32(c.linear(segment, address(c), 4, true), c.r[register]);
        }
    }
}
