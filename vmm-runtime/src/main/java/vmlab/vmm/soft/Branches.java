// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Near transfers of control with 32-bit offsets in flat segments, and comparisons fused with the jump behind them.
 *
 * <p>A jump remembers its target's block: in its own page for good, because both are mapped, or not, together; elsewhere
 * as long as no translation changes.
 */
final class Branches {
    private Branches() {}

    /** A successor at a fixed distance. */
    static final class Exit {
        /** From the block's start to the target. */
        final int distance;

        /** Whether the target is in the block's page, so that it stays the target whatever the page tables say. */
        private final boolean samePage;

        private Block target;
        private int stamp;

        /** Where the target was met: a page may be mapped twice, with other neighbours. */
        private int address;

        Exit(int distance, boolean samePage) {
            this.distance = distance;
            this.samePage = samePage;
        }

        Block take(Cpu c) {
            c.eip += distance;
            return follow(c);
        }

        /** The block at the target, which is where EIP is already. */
        Block follow(Cpu c) {
            Block t = target;
            return t != null && t.valid && (samePage || address == c.eip && c.mmu.holds(stamp)) ? t : find(c);
        }

        private Block find(Cpu c) {
            Block known = c.mmu.known(c.eip);
            if (known != Block.LOOKUP && !(samePage && known.isSplit())) {
                target = known;
                stamp = c.mmu.stamp(c.eip);
                address = c.eip;
            }
            return known;
        }
    }

    /** The end of a block that runs into the next: a full block, or the end of the page. */
    static final class Fall extends Term {
        final Exit exit;

        Fall(Exit exit) {
            this.exit = exit;
        }

        @Override
        Block execute(Cpu c) {
            return exit.take(c);
        }
    }

    static final class Jmp extends Term {
        final Exit exit;

        Jmp(Exit exit) {
            this.exit = exit;
        }

        @Override
        Block execute(Cpu c) {
            return exit.take(c);
        }
    }

    static final class Call extends Term {
        final Exit exit;

        Call(Exit exit) {
            this.exit = exit;
        }

        @Override
        Block execute(Cpu c) {
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, c.eip + end);
            c.r[Cpu.ESP] = top;
            return exit.take(c);
        }
    }

    static final class Ret extends Term {
        private final int released;

        Ret(int released) {
            this.released = released;
        }

        @Override
        Block execute(Cpu c) {
            int target = c.read32(c.r[Cpu.ESP]);
            c.r[Cpu.ESP] += 4 + released;
            c.eip = target;
            return c.mmu.known(target);
        }
    }

    static final class JmpReg extends Term {
        private final int register;

        JmpReg(int register) {
            this.register = register;
        }

        @Override
        Block execute(Cpu c) {
            c.eip = c.r[register];
            return c.mmu.known(c.eip);
        }
    }

    static final class CallReg extends Term {
        private final int register;

        CallReg(int register) {
            this.register = register;
        }

        @Override
        Block execute(Cpu c) {
            int target = c.r[register];
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, c.eip + end);
            c.r[Cpu.ESP] = top;
            c.eip = target;
            return c.mmu.known(target);
        }
    }

    static final class JmpMem extends Term {
        private final Address address;

        JmpMem(Address address) {
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            c.eip = c.read32(c.linear(address.segment, address.offset(c), 4, false));
            return c.mmu.known(c.eip);
        }
    }

    static final class CallMem extends Term {
        private final Address address;

        CallMem(Address address) {
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int target = c.read32(c.linear(address.segment, address.offset(c), 4, false));
            int top = c.r[Cpu.ESP] - 4;
            c.write32(top, c.eip + end);
            c.r[Cpu.ESP] = top;
            c.eip = target;
            return c.mmu.known(target);
        }
    }

    /** A jump on a condition. */
    abstract static class Conditional extends Term {
        int condition;
        Exit taken;
        Exit fallen;

        final Conditional to(int code, Exit takenExit, Exit fallenExit) {
            condition = code;
            taken = takenExit;
            fallen = fallenExit;
            return this;
        }
    }

    static final class Jcc extends Conditional {
        @Override
        Block execute(Cpu c) {
            return (c.condition(condition) ? taken : fallen).take(c);
        }
    }

    static final class Jz extends Conditional {
        @Override
        Block execute(Cpu c) {
            return (c.zero() ? taken : fallen).take(c);
        }
    }

    static final class Jnz extends Conditional {
        @Override
        Block execute(Cpu c) {
            return (c.zero() ? fallen : taken).take(c);
        }
    }

    /** A condition after a - b = x (SDM 2, table B-10); parity isn't asked for here. */
    static boolean afterCompare(int condition, int a, int b, int sizedDifference) {
        switch (condition) {
            case 2:
                return Cpu.below(a, b);
            case 3:
                return !Cpu.below(a, b);
            case 4:
                return a == b;
            case 5:
                return a != b;
            case 6:
                return !Cpu.below(b, a);
            case 7:
                return Cpu.below(b, a);
            case 8:
                return sizedDifference < 0;
            case 9:
                return sizedDifference >= 0;
            case 12:
                return a < b;
            case 13:
                return a >= b;
            case 14:
                return a <= b;
            default:
                return a > b;
        }
    }

    /** A condition after a logical operation with result x: CF and OF are clear. */
    static boolean afterLogic(int condition, int x) {
        switch (condition) {
            case 2:
                return false;
            case 3:
                return true;
            case 4:
            case 6:
                return x == 0;
            case 5:
            case 7:
                return x != 0;
            case 8:
            case 12:
                return x < 0;
            case 9:
            case 13:
                return x >= 0;
            case 14:
                return x <= 0;
            default:
                return x > 0;
        }
    }

    /** Whether a comparison can be fused with this condition: all but overflow and parity. */
    static boolean isFusible(int condition) {
        return condition > 1 && condition != 10 && condition != 11;
    }

    static final class CmpRegRegJcc extends Conditional {
        private final int to;
        private final int from;

        CmpRegRegJcc(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = a - b;
            return (afterCompare(condition, a, b, a - b) ? taken : fallen).take(c);
        }
    }

    static final class CmpRegImmJcc extends Conditional {
        private final int to;
        private final int value;

        CmpRegImmJcc(int to, int value) {
            this.to = to;
            this.value = value;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = a - b;
            return (afterCompare(condition, a, b, a - b) ? taken : fallen).take(c);
        }
    }

    static final class CmpRegMemJcc extends Conditional {
        private final int register;
        private final Address address;

        CmpRegMemJcc(int register, Address address) {
            this.register = register;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int b = c.read32(address.offset(c));
            int a = c.r[register];
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = a - b;
            return (afterCompare(condition, a, b, a - b) ? taken : fallen).take(c);
        }
    }

    static final class CmpMemRegJcc extends Conditional {
        private final int register;
        private final Address address;

        CmpMemRegJcc(int register, Address address) {
            this.register = register;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read32(address.offset(c));
            int b = c.r[register];
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = a - b;
            return (afterCompare(condition, a, b, a - b) ? taken : fallen).take(c);
        }
    }

    static final class CmpMemImmJcc extends Conditional {
        private final int value;
        private final Address address;

        CmpMemImmJcc(int value, Address address) {
            this.value = value;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read32(address.offset(c));
            int b = value;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            c.flagResult = a - b;
            return (afterCompare(condition, a, b, a - b) ? taken : fallen).take(c);
        }
    }

    static final class CmpMem8ImmJcc extends Conditional {
        private final int value;
        private final Address address;

        CmpMem8ImmJcc(int value, Address address) {
            this.value = value;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read8(address.offset(c));
            int b = value;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            int x = (byte) (a - b);
            c.flagResult = x;
            return (afterCompare(condition, a, b, x) ? taken : fallen).take(c);
        }
    }

    static final class CmpLow8ImmJcc extends Conditional {
        private final int to;
        private final int value;

        CmpLow8ImmJcc(int to, int value) {
            this.to = to;
            this.value = value;
        }

        @Override
        Block execute(Cpu c) {
            int a = (byte) c.r[to];
            int b = value;
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            int x = (byte) (a - b);
            c.flagResult = x;
            return (afterCompare(condition, a, b, x) ? taken : fallen).take(c);
        }
    }

    static final class CmpLow8Low8Jcc extends Conditional {
        private final int to;
        private final int from;

        CmpLow8Low8Jcc(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        Block execute(Cpu c) {
            int a = (byte) c.r[to];
            int b = (byte) c.r[from];
            c.flagKind = Cpu.FLAGS_SUB;
            c.flagA = a;
            c.flagB = b;
            int x = (byte) (a - b);
            c.flagResult = x;
            return (afterCompare(condition, a, b, x) ? taken : fallen).take(c);
        }
    }

    static final class TestRegRegJcc extends Conditional {
        private final int to;
        private final int from;

        TestRegRegJcc(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.r[to];
            int b = c.r[from];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestRegImmJcc extends Conditional {
        private final int to;
        private final int value;

        TestRegImmJcc(int to, int value) {
            this.to = to;
            this.value = value;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.r[to];
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestMemRegJcc extends Conditional {
        private final int register;
        private final Address address;

        TestMemRegJcc(int register, Address address) {
            this.register = register;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read32(address.offset(c));
            int b = c.r[register];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestMemImmJcc extends Conditional {
        private final int value;
        private final Address address;

        TestMemImmJcc(int value, Address address) {
            this.value = value;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read32(address.offset(c));
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestMem8ImmJcc extends Conditional {
        private final int value;
        private final Address address;

        TestMem8ImmJcc(int value, Address address) {
            this.value = value;
            this.address = address;
        }

        @Override
        Block execute(Cpu c) {
            int a = c.read8(address.offset(c));
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestLow8ImmJcc extends Conditional {
        private final int to;
        private final int value;

        TestLow8ImmJcc(int to, int value) {
            this.to = to;
            this.value = value;
        }

        @Override
        Block execute(Cpu c) {
            int a = (byte) c.r[to];
            int b = value;
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }

    static final class TestLow8Low8Jcc extends Conditional {
        private final int to;
        private final int from;

        TestLow8Low8Jcc(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        Block execute(Cpu c) {
            int a = (byte) c.r[to];
            int b = (byte) c.r[from];
            int x = a & b;
            c.flagKind = Cpu.FLAGS_LOGIC;
            c.flagResult = x;
            return (afterLogic(condition, x) ? taken : fallen).take(c);
        }
    }
}
