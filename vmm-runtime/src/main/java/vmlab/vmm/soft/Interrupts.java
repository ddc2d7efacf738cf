// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Delivery of interrupts and exceptions.
 *
 * @spec SDM 3A, chapter 6; real mode: 20.1.4
 */
final class Interrupts {
    private static final int IDT_ERROR = 2;

    private Interrupts() {}

    /** INT n, INT3, INTO: the saved address is that of the next instruction. */
    static Block software(Cpu c, int vector, int next) {
        deliver(c, vector, next, false, 0, 0, true);
        return null;
    }

    /** INT1, which no gate's privilege keeps out and which counts as external (SDM 2, INT n). */
    static Block debugTrap(Cpu c, int next) {
        deliver(c, CpuFault.DB, next, false, 0, 1, false);
        return null;
    }

    /** An interrupt of the controller. */
    static void external(Cpu c, int vector) {
        deliver(c, vector, c.eip, false, 0, 1, false);
    }

    /** An exception at {@link Cpu#eip}; false if it ended in a triple fault (SDM 3A, 6.15, interrupt 8). */
    static boolean exception(Cpu c, int firstVector, int firstErrorCode) {
        int vector = firstVector;
        int errorCode = firstErrorCode;
        boolean saved = c.precise;
        c.precise = true;
        try {
            while (true) {
                if (vector != CpuFault.DB) {
                    // In the saved image it keeps an instruction breakpoint from firing again (SDM 3B, 17.3.1.1).
                    c.eflags(vector == CpuFault.DF ? 0 : Eflags.RF, Eflags.RF);
                }
                try {
                    deliver(c, vector, c.eip, CpuFault.hasErrorCode(vector), errorCode, 1, false);
                    return true;
                } catch (CpuFault second) {
                    if (vector == CpuFault.DF) {
                        return false;
                    }
                    boolean doubleFault = CpuFault.isContributory(second.vector)
                                    && (CpuFault.isContributory(vector) || vector == CpuFault.PF)
                            || second.vector == CpuFault.PF && vector == CpuFault.PF;
                    vector = doubleFault ? CpuFault.DF : second.vector;
                    errorCode = doubleFault ? 0 : second.errorCode;
                }
            }
        } finally {
            c.precise = saved;
        }
    }

    /** Whether execution can go on, or interrupts and traps must be looked at, after IF, TF or RF may have been set. */
    static Block afterFlagsChange(Cpu c) {
        boolean look = c.flag(Eflags.TF | Eflags.RF)
                || c.flag(Eflags.IF) && c.board.interrupts().pending();
        return look ? null : Block.LOOKUP;
    }

    private static void deliver(
            Cpu c, int vector, int returnAddress, boolean hasError, int errorCode, int external, boolean software) {
        if (c.repeatedAt == c.count()) {
            // Between two parts of a repeated instruction (SDM 3B, 17.3.1.1).
            c.eflags(Eflags.RF, Eflags.RF);
        }
        c.repeatedAt = -1;
        if (c.isProtected()) {
            throughGate(c, vector, returnAddress, hasError, errorCode, external, software);
        } else {
            realMode(c, vector, returnAddress);
        }
        if (vector == CpuFault.DB && !software) {
            c.dr[7] &= ~DebugRegisters.DR7_GENERAL_DETECT;
        }
        c.halted = false;
        c.trapDue = false;
        c.watchHits = 0;
    }

    private static void realMode(Cpu c, int vector, int returnAddress) {
        if (Integer.compareUnsigned(vector * 4 + 3, c.idtLimit) > 0) {
            throw c.raise(CpuFault.GP, 0);
        }
        int entry = c.mmu.readSystem32(c.idtBase + vector * 4);
        int top = c.r[Cpu.ESP];
        for (int k = 1; k <= 3; k++) {
            c.mmu.probeWrite(c.linear(Cpu.SS, top - 2 * k & c.stackMask(), 2, true), 2);
        }
        c.push(c.eflags(), 2);
        c.push(c.selector[Cpu.CS], 2);
        c.push(returnAddress, 2);
        c.eflags(0, Eflags.IF | Eflags.TF | Eflags.AC | Eflags.RF);
        c.descriptors.loadReal(Cpu.CS, entry >>> 16);
        c.eip = entry & 0xFFFF;
    }

    private static void throughGate(
            Cpu c, int vector, int returnAddress, boolean hasError, int errorCode, int external, boolean software) {
        int named = vector * 8 + IDT_ERROR + external;
        if (Integer.compareUnsigned(vector * 8 + 7, c.idtLimit) > 0) {
            throw c.raise(CpuFault.GP, named);
        }
        int low = c.mmu.readSystem32(c.idtBase + vector * 8);
        int high = c.mmu.readSystem32(c.idtBase + vector * 8 + 4);
        int type = high >>> 8 & 0x1F;
        if (type != 5 && type != 6 && type != 7 && type != 14 && type != 15
                || software && Attributes.dpl(high) < c.cpl) {
            throw c.raise(CpuFault.GP, named);
        }
        if ((high & Attributes.PRESENT) == 0) {
            throw c.raise(CpuFault.NP, named);
        }
        if (type == 5) {
            Tasks.interrupt(c, low >>> 16, returnAddress, external);
            if (hasError) {
                c.push(errorCode, 4);
            }
            return;
        }
        int bytes = type >= 14 ? 4 : 2;
        int offset = bytes == 4 ? low & 0xFFFF | high & 0xFFFF0000 : low & 0xFFFF;
        enter(c, low >>> 16, offset, bytes, returnAddress, hasError, errorCode, external);
        c.eflags(0, Eflags.TF | Eflags.NT | Eflags.RF | ((type & 1) == 0 ? Eflags.IF : 0));
    }

    private static void enter(
            Cpu c,
            int selector,
            int offset,
            int bytes,
            int returnAddress,
            boolean hasError,
            int errorCode,
            int external) {
        Descriptors d = c.descriptors;
        if (Descriptors.isNull(selector)) {
            throw c.raise(CpuFault.GP, external);
        }
        if (!d.fetch(selector) || !d.isCode() || d.dpl() > c.cpl) {
            throw c.raise(CpuFault.GP, Descriptors.error(selector) + external);
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.NP, Descriptors.error(selector) + external);
        }
        int level = d.isConforming() ? c.cpl : d.dpl();
        int codeBase = d.base();
        int codeLimit = d.limit();
        if (Integer.compareUnsigned(offset, codeLimit) > 0) {
            throw c.raise(CpuFault.GP, external);
        }
        d.markAccessed();
        int codeAttributes = d.attributes();
        Frame frame = c.frame;
        if (level < c.cpl) {
            frame.openInner(level, bytes, 5 + (hasError ? 1 : 0), external);
            frame.push(c.selector[Cpu.SS]);
            frame.push(c.r[Cpu.ESP]);
        } else {
            frame.openSame(bytes, 3 + (hasError ? 1 : 0), external);
        }
        frame.push(c.eflags());
        frame.push(c.selector[Cpu.CS]);
        frame.push(returnAddress);
        if (hasError) {
            frame.push(errorCode);
        }
        frame.commit();
        c.segment(Cpu.CS, selector & ~3 | level, codeBase, codeLimit, codeAttributes);
        c.privilege(level);
        c.eip = offset;
    }
}
