// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Far jumps, calls and returns, call gates, and the return from interrupts.
 *
 * @spec SDM 2, JMP, CALL, RET, IRET; SDM 3A, 5.8
 */
final class Transfers {
    private static final int CALL_GATE_16 = 4;
    private static final int TASK_GATE = 5;
    private static final int CALL_GATE_32 = 12;

    private Transfers() {}

    static Block jumpFar(Cpu c, Insn i, int next) {
        return jump(c, i, i.immediate2, i.immediate, next);
    }

    static Block callFar(Cpu c, Insn i, int next) {
        return call(c, i, i.immediate2, i.immediate, next);
    }

    static Block jumpFarThroughMemory(Cpu c, Insn i, int next) {
        int offset = i.load(c);
        return jump(c, i, pointerSelector(c, i), i.bytes == 2 ? offset & 0xFFFF : offset, next);
    }

    static Block callFarThroughMemory(Cpu c, Insn i, int next) {
        int offset = i.load(c);
        return call(c, i, pointerSelector(c, i), i.bytes == 2 ? offset & 0xFFFF : offset, next);
    }

    /** The selector behind the offset of a far pointer in memory. */
    static int pointerSelector(Cpu c, Insn i) {
        return c.load16(i.address.segment, i.address.offset(c) + i.bytes & i.address.mask);
    }

    private static void fetchTarget(Cpu c, int selector) {
        if (Descriptors.isNull(selector)) {
            throw c.generalProtection();
        }
        if (!c.descriptors.fetch(selector)) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
    }

    /** The checks of a direct transfer to a code segment at the same privilege. */
    private static void checkCode(Cpu c, int selector) {
        Descriptors d = c.descriptors;
        boolean ok = d.isConforming() ? d.dpl() <= c.cpl : (selector & 3) <= c.cpl && d.dpl() == c.cpl;
        if (!ok) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
        requirePresent(c, selector);
    }

    private static void requirePresent(Cpu c, int selector) {
        if (!c.descriptors.isPresent()) {
            throw c.raise(CpuFault.NP, Descriptors.error(selector));
        }
    }

    private static void requireInside(Cpu c, int offset) {
        if (Integer.compareUnsigned(offset, c.descriptors.limit()) > 0) {
            throw c.generalProtection();
        }
    }

    private static Block jump(Cpu c, Insn i, int selector, int offset, int next) {
        if (!c.isProtected()) {
            Instructions.checkTarget(c, offset);
            c.descriptors.loadReal(Cpu.CS, selector);
            c.eip = offset;
            return Block.LOOKUP;
        }
        fetchTarget(c, selector);
        Descriptors d = c.descriptors;
        if (d.isCode()) {
            checkCode(c, selector);
            requireInside(c, offset);
            d.commit(Cpu.CS, selector & ~3 | c.cpl);
            c.eip = offset;
            return Block.LOOKUP;
        }
        return throughSystemDescriptor(c, selector, next, false);
    }

    /** A far jump or call to a gate or a task; its descriptor was fetched. */
    private static Block throughSystemDescriptor(Cpu c, int selector, int next, boolean call) {
        Descriptors d = c.descriptors;
        switch (d.systemType()) {
            case CALL_GATE_16, CALL_GATE_32:
                return call ? callThroughGate(c, selector, next) : jumpThroughGate(c, selector);
            case TASK_GATE:
                checkGate(c, selector);
                Tasks.transfer(c, d.low >>> 16, next, call);
                return null;
            case Tasks.AVAILABLE_16, Tasks.AVAILABLE_32:
                checkGate(c, selector);
                Tasks.transfer(c, selector, next, call);
                return null;
            default:
                throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
    }

    private static void checkGate(Cpu c, int selector) {
        Descriptors d = c.descriptors;
        if (d.dpl() < c.cpl || d.dpl() < (selector & 3)) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
        requirePresent(c, selector);
    }

    private static Block jumpThroughGate(Cpu c, int gateSelector) {
        checkGate(c, gateSelector);
        Descriptors d = c.descriptors;
        int selector = d.low >>> 16;
        int offset = gateOffset(d);
        fetchTarget(c, selector);
        boolean ok = d.isCode() && (d.isConforming() ? d.dpl() <= c.cpl : d.dpl() == c.cpl);
        if (!ok) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
        requirePresent(c, selector);
        requireInside(c, offset);
        d.commit(Cpu.CS, selector & ~3 | c.cpl);
        c.eip = offset;
        return Block.LOOKUP;
    }

    private static int gateOffset(Descriptors d) {
        return d.systemType() == CALL_GATE_32 ? d.low & 0xFFFF | d.high & 0xFFFF0000 : d.low & 0xFFFF;
    }

    private static Block call(Cpu c, Insn i, int selector, int offset, int next) {
        int n = i.bytes;
        if (!c.isProtected()) {
            Instructions.checkTarget(c, offset);
            pushReturn(c, n, next);
            c.descriptors.loadReal(Cpu.CS, selector);
            c.eip = offset;
            return Block.LOOKUP;
        }
        fetchTarget(c, selector);
        Descriptors d = c.descriptors;
        if (d.isCode()) {
            checkCode(c, selector);
            requireInside(c, offset);
            // Before the push: what follows it must not fault.
            d.markAccessed();
            pushReturn(c, n, next);
            d.commit(Cpu.CS, selector & ~3 | c.cpl);
            c.eip = offset;
            return Block.LOOKUP;
        }
        return throughSystemDescriptor(c, selector, next, true);
    }

    private static void pushReturn(Cpu c, int bytes, int next) {
        Frame frame = c.frame;
        frame.openSame(bytes, 2, 0);
        frame.push(c.selector[Cpu.CS]);
        frame.push(next);
        frame.commit();
    }

    private static Block callThroughGate(Cpu c, int gateSelector, int next) {
        checkGate(c, gateSelector);
        Descriptors d = c.descriptors;
        int selector = d.low >>> 16;
        int offset = gateOffset(d);
        int n = d.systemType() == CALL_GATE_32 ? 4 : 2;
        int copied = d.high & 31;
        fetchTarget(c, selector);
        if (!d.isCode() || d.dpl() > c.cpl) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
        requirePresent(c, selector);
        requireInside(c, offset);
        int level = d.isConforming() ? c.cpl : d.dpl();
        int base = d.base();
        int limit = d.limit();
        d.markAccessed();
        int attributes = d.attributes();
        Frame frame = c.frame;
        if (level < c.cpl) {
            frame.openInner(level, n, 4 + copied, 0);
            int[] parameters = new int[copied];
            for (int k = 0; k < copied; k++) {
                parameters[k] = c.peek(k * n, n);
            }
            frame.push(c.selector[Cpu.SS]);
            frame.push(c.r[Cpu.ESP]);
            for (int k = copied - 1; k >= 0; k--) {
                frame.push(parameters[k]);
            }
        } else {
            frame.openSame(n, 2, 0);
        }
        frame.push(c.selector[Cpu.CS]);
        frame.push(next);
        frame.commit();
        c.segment(Cpu.CS, selector & ~3 | level, base, limit, attributes);
        c.privilege(level);
        c.eip = offset;
        return Block.LOOKUP;
    }

    // ---- returns

    static Block returnFar(Cpu c, Insn i, int next) {
        int n = i.bytes;
        int offset = c.peek(0, n);
        int selector = c.peek(n, n) & 0xFFFF;
        if (!c.isProtected()) {
            Instructions.checkTarget(c, offset);
            c.drop(2 * n + i.immediate);
            c.descriptors.loadReal(Cpu.CS, selector);
            c.eip = offset;
            return Block.LOOKUP;
        }
        fetchReturn(c, selector, offset);
        int level = selector & 3;
        if (level == c.cpl) {
            c.descriptors.commit(Cpu.CS, selector);
            c.drop(2 * n + i.immediate);
        } else {
            int pointer = c.peek(2 * n + i.immediate, n);
            int stack = c.peek(3 * n + i.immediate, n) & 0xFFFF;
            returnOutward(c, selector, pointer, stack, n);
            c.stackPointer(c.r[Cpu.ESP] + i.immediate);
        }
        c.eip = offset;
        return Block.LOOKUP;
    }

    private static void fetchReturn(Cpu c, int selector, int offset) {
        fetchTarget(c, selector);
        Descriptors d = c.descriptors;
        int level = selector & 3;
        boolean ok = d.isCode() && level >= c.cpl && (d.isConforming() ? d.dpl() <= level : d.dpl() == level);
        if (!ok) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector));
        }
        requirePresent(c, selector);
        requireInside(c, offset);
    }

    /** To a less privileged level, with its stack; data segments it may not see become null. */
    private static void returnOutward(Cpu c, int selector, int pointer, int stackSelector, int bytes) {
        Descriptors d = c.descriptors;
        int level = selector & 3;
        int base = d.base();
        int limit = d.limit();
        d.markAccessed();
        int attributes = d.attributes();
        if (Descriptors.isNull(stackSelector)) {
            throw c.generalProtection();
        }
        boolean ok = d.fetch(stackSelector) && (stackSelector & 3) == level && d.dpl() == level && d.isWritableData();
        if (!ok) {
            throw c.raise(CpuFault.GP, Descriptors.error(stackSelector));
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.SS, Descriptors.error(stackSelector));
        }
        d.commit(Cpu.SS, stackSelector);
        c.segment(Cpu.CS, selector, base, limit, attributes);
        c.privilege(level);
        c.r[Cpu.ESP] = bytes == 4 && c.stackMask() == -1 ? pointer : c.r[Cpu.ESP] & 0xFFFF0000 | pointer & 0xFFFF;
        for (int register : new int[] {Cpu.ES, Cpu.DS, Cpu.FS, Cpu.GS}) {
            int a = c.attributes[register];
            boolean conforming =
                    (a & (Attributes.CODE | Attributes.CONFORMING)) == (Attributes.CODE | Attributes.CONFORMING);
            if (!conforming && Attributes.dpl(a) < level) {
                c.segment(register, 0, 0, 0, 0);
            }
        }
    }

    static Block interruptReturn(Cpu c, Insn i, int next) {
        int n = i.bytes;
        if (c.isProtected() && c.flag(Eflags.NT)) {
            Tasks.back(c, next);
            return null;
        }
        int offset = c.peek(0, n);
        int selector = c.peek(n, n) & 0xFFFF;
        int flags = c.peek(2 * n, n);
        int mask = n == 4 ? Eflags.SETTABLE : Eflags.SETTABLE & 0xFFFF;
        if (!c.isProtected()) {
            Instructions.checkTarget(c, offset);
            c.drop(3 * n);
            c.descriptors.loadReal(Cpu.CS, selector);
        } else {
            if (n == 4 && (flags & Eflags.VM) != 0 && c.cpl == 0) {
                c.report("IRET to virtual-8086 mode, which this CPU doesn't have");
                throw c.generalProtection();
            }
            mask &= c.cpl == 0 ? -1 : ~Eflags.IOPL;
            mask &= c.cpl <= c.ioPrivilege() ? -1 : ~Eflags.IF;
            fetchReturn(c, selector, offset);
            if ((selector & 3) == c.cpl) {
                c.descriptors.commit(Cpu.CS, selector);
                c.drop(3 * n);
            } else {
                returnOutward(c, selector, c.peek(3 * n, n), c.peek(4 * n, n) & 0xFFFF, n);
            }
        }
        c.eflags(flags, mask);
        c.eip = offset;
        return Interrupts.afterFlagsChange(c);
    }
}
