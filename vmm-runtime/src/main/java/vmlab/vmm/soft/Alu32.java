// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.RawMemory;

/**
 * The 32-bit two-operand arithmetic that makes up most of a guest's time, one class for each operation and operand form, in
 * flat segments. Everything rarer goes through {@link Alu}.
 *
 * <p>One small class each is what makes an interpreter in Java fast: every {@code execute} is compiled by itself, and the
 * call is the dispatch.
 */
final class Alu32 {
    private Alu32() {}

    /** Destination register, source register. */
    abstract static class RegReg extends Op {
        int to;
        int from;

        final RegReg of(int toRegister, int fromRegister) {
            to = toRegister;
            from = fromRegister;
            return this;
        }
    }

    /** Destination register, immediate. */
    abstract static class RegImm extends Op {
        int to;
        int value;

        final RegImm of(int toRegister, int immediate) {
            to = toRegister;
            value = immediate;
            return this;
        }
    }

    /** A register and memory. */
    abstract static class RegMem extends MemOp {
        int register;

        final RegMem of(int number, Address a) {
            register = number;
            return at(a, RegMem.class);
        }
    }

    /** Memory and an immediate. */
    abstract static class MemImm extends MemOp {
        int value;

        final MemImm of(int immediate, Address a) {
            value = immediate;
            return at(a, MemImm.class);
        }
    }

    static final class AddRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a + b;
            c.flagKind = Cpu.FLAGS_ADD;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class AddRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a + b;
            c.flagKind = Cpu.FLAGS_ADD;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class AddRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a + b;
            c.flagKind = Cpu.FLAGS_ADD;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[register] = x;
        }
    }

    static final class AddMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = c.r[register];
            int x = a + b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_ADD;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class AddMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = value;
            int x = a + b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_ADD;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class OrRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a | b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class OrRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a | b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class OrRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a | b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[register] = x;
        }
    }

    static final class OrMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = c.r[register];
            int x = a | b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class OrMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = value;
            int x = a | b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class AndRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class AndRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class AndRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[register] = x;
        }
    }

    static final class AndMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = c.r[register];
            int x = a & b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class AndMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = value;
            int x = a & b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class SubRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class SubRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class SubRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
            c.r[register] = x;
        }
    }

    static final class SubMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = c.r[register];
            int x = a - b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class SubMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = value;
            int x = a - b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class XorRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a ^ b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class XorRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a ^ b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[to] = x;
        }
    }

    static final class XorRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a ^ b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            c.r[register] = x;
        }
    }

    static final class XorMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = c.r[register];
            int x = a ^ b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class XorMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int linear = address(c);
            long host = c.host32(linear);
            int a = host != 0 ? RawMemory.get32(host) : c.readToModify32(linear);
            int b = value;
            int x = a ^ b;
            if (host != 0) {
                RawMemory.put32(host, x);
            } else {
                c.write32(linear, x);
            }
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class CmpRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class CmpRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class CmpRegMem extends RegMem {
        @Override
        void execute(Cpu c) {
            int b = c.read32(address(c));
            int a = c.r[register];
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class CmpMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int a = c.read32(address(c));
            int b = c.r[register];
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class CmpMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int a = c.read32(address(c));
            int b = value;
            int x = a - b;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = x;
        }
    }

    static final class TestRegReg extends RegReg {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class TestRegImm extends RegImm {
        @Override
        void execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class TestMemReg extends RegMem {
        @Override
        void execute(Cpu c) {
            int a = c.read32(address(c));
            int b = c.r[register];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    static final class TestMemImm extends MemImm {
        @Override
        void execute(Cpu c) {
            int a = c.read32(address(c));
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
        }
    }

    /** The operation of a two-operand form; null if it has no class here. */
    static RegReg regReg(int operation) {
        switch (operation) {
            case Alu.ADD:
                return new AddRegReg();
            case Alu.OR:
                return new OrRegReg();
            case Alu.AND:
                return new AndRegReg();
            case Alu.SUB:
                return new SubRegReg();
            case Alu.XOR:
                return new XorRegReg();
            case Alu.CMP:
                return new CmpRegReg();
            case Alu.TEST:
                return new TestRegReg();
            default:
                return null;
        }
    }

    /** The operation of a two-operand form; null if it has no class here. */
    static RegImm regImm(int operation) {
        switch (operation) {
            case Alu.ADD:
                return new AddRegImm();
            case Alu.OR:
                return new OrRegImm();
            case Alu.AND:
                return new AndRegImm();
            case Alu.SUB:
                return new SubRegImm();
            case Alu.XOR:
                return new XorRegImm();
            case Alu.CMP:
                return new CmpRegImm();
            case Alu.TEST:
                return new TestRegImm();
            default:
                return null;
        }
    }

    /** The operation of a two-operand form; null if it has no class here. */
    static RegMem regMem(int operation) {
        switch (operation) {
            case Alu.ADD:
                return new AddRegMem();
            case Alu.OR:
                return new OrRegMem();
            case Alu.AND:
                return new AndRegMem();
            case Alu.SUB:
                return new SubRegMem();
            case Alu.XOR:
                return new XorRegMem();
            case Alu.CMP:
                return new CmpRegMem();
            default:
                return null;
        }
    }

    /** The operation of a two-operand form; null if it has no class here. */
    static RegMem memReg(int operation) {
        switch (operation) {
            case Alu.ADD:
                return new AddMemReg();
            case Alu.OR:
                return new OrMemReg();
            case Alu.AND:
                return new AndMemReg();
            case Alu.SUB:
                return new SubMemReg();
            case Alu.XOR:
                return new XorMemReg();
            case Alu.CMP:
                return new CmpMemReg();
            case Alu.TEST:
                return new TestMemReg();
            default:
                return null;
        }
    }

    /** The operation of a two-operand form; null if it has no class here. */
    static MemImm memImm(int operation) {
        switch (operation) {
            case Alu.ADD:
                return new AddMemImm();
            case Alu.OR:
                return new OrMemImm();
            case Alu.AND:
                return new AndMemImm();
            case Alu.SUB:
                return new SubMemImm();
            case Alu.XOR:
                return new XorMemImm();
            case Alu.CMP:
                return new CmpMemImm();
            case Alu.TEST:
                return new TestMemImm();
            default:
                return null;
        }
    }
}
