// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.Cpu.SystemSegment;

/**
 * Hardware task switches between 32-bit task states: what Linux uses to survive a double fault.
 *
 * <p>Not modelled: 16-bit task states (reported, and #GP or #TS).
 *
 * @spec SDM 3A, chapter 7
 */
final class Tasks {
    static final int AVAILABLE_16 = 1;
    static final int AVAILABLE_32 = 9;
    private static final int BUSY_32 = 11;

    private static final int LIMIT_32 = 103;
    private static final int CR3 = 0x1C;
    private static final int EIP = 0x20;
    private static final int EFLAGS = 0x24;
    private static final int REGISTERS = 0x28;
    private static final int SEGMENTS = 0x48;
    private static final int LDT = 0x60;
    private static final int TRAP = 0x64;

    private Tasks() {}

    /** JMP or CALL to a task. */
    static void transfer(Cpu c, int selector, int next, boolean nested) {
        change(c, selector, next, nested, false, 0);
    }

    /** An interrupt through a task gate. */
    static void interrupt(Cpu c, int selector, int returnAddress, int external) {
        change(c, selector, returnAddress, true, false, external);
    }

    /** IRET of a nested task. */
    static void back(Cpu c, int next) {
        int link = c.mmu.readSystem16(c.task.base);
        change(c, link, next, false, true, 0);
    }

    private static void change(Cpu c, int selector, int returnAddress, boolean nested, boolean back, int external) {
        boolean saved = c.precise;
        // Nothing of the block comes after a task switch: it needs no restart to be seen at its time.
        c.precise = true;
        try {
            SystemSegment to = target(c, selector, back, external);
            int[] words = read(c, to.base);
            leave(c, to, returnAddress, nested, back);
            Descriptors.set(c.task, selector, to.base, to.limit, to.attributes);
            enter(c, words, nested);
        } finally {
            c.precise = saved;
        }
    }

    /** The checks that still belong to the old task. */
    private static SystemSegment target(Cpu c, int selector, boolean back, int external) {
        Descriptors d = c.descriptors;
        int error = Descriptors.error(selector) + external;
        int wanted = back ? BUSY_32 : AVAILABLE_32;
        boolean known = !Descriptors.isNull(selector) && (selector & 4) == 0 && d.fetch(selector);
        if (!known || d.systemType() != wanted) {
            if (known && (d.systemType() & ~2) == AVAILABLE_16) {
                c.report("a switch to a 16-bit task, which this CPU doesn't have");
            }
            throw c.raise(back ? CpuFault.TS : CpuFault.GP, error);
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.NP, error);
        }
        if (Integer.compareUnsigned(d.limit(), LIMIT_32) < 0) {
            throw c.raise(CpuFault.TS, error);
        }
        SystemSegment to = new SystemSegment();
        Descriptors.set(to, selector, d.base(), d.limit(), d.attributes() | Attributes.BUSY);
        return to;
    }

    /** The words of a task state. */
    private static int[] read(Cpu c, int base) {
        int[] words = new int[TRAP / 4 + 1];
        for (int k = CR3 / 4; k < words.length; k++) {
            words[k] = c.mmu.readSystem32(base + 4 * k);
        }
        return words;
    }

    /** Saves the old task and marks which tasks are busy (SDM 3A, table 7-2). */
    private static void leave(Cpu c, SystemSegment to, int returnAddress, boolean nested, boolean back) {
        int base = c.task.base;
        int old = c.task.selector;
        c.mmu.probeSystemWrite(base + EIP, LDT - EIP);
        if (nested) {
            c.mmu.writeSystem(to.base, 2, old);
        }
        c.mmu.writeSystem(base + EIP, 4, returnAddress);
        c.mmu.writeSystem(base + EFLAGS, 4, back ? c.eflags() & ~Eflags.NT : c.eflags());
        for (int k = 0; k < 8; k++) {
            c.mmu.writeSystem(base + REGISTERS + 4 * k, 4, c.r[k]);
        }
        for (int k = 0; k < 6; k++) {
            c.mmu.writeSystem(base + SEGMENTS + 4 * k, 2, c.selector[k]);
        }
        Descriptors d = c.descriptors;
        if (!nested && d.fetch(old)) {
            d.markBusy(false);
        }
        if (!back) {
            d.fetch(to.selector);
            d.markBusy(true);
        }
    }

    /** From here on a fault belongs to the new task. */
    private static void enter(Cpu c, int[] words, boolean nested) {
        c.cr0 |= Cr0.TS;
        if ((c.cr0 & Cr0.PG) != 0 && c.cr3 != words[CR3 / 4]) {
            c.cr3 = words[CR3 / 4];
            c.mmu.dropVolatile();
        }
        c.eip = words[EIP / 4];
        c.eflags(words[EFLAGS / 4] | (nested ? Eflags.NT : 0), Eflags.SETTABLE);
        System.arraycopy(words, REGISTERS / 4, c.r, 0, 8);
        c.dr[7] &= ~0x155;
        try {
            loadSegments(c, words);
            if ((words[TRAP / 4] & 1) != 0) {
                c.dr[6] |= DebugRegisters.DR6_TASK_SWITCH;
                throw c.raise(CpuFault.DB, 0);
            }
        } catch (CpuFault f) {
            f.settled = true;
            throw f;
        }
    }

    private static void loadSegments(Cpu c, int[] words) {
        int code = words[SEGMENTS / 4 + Cpu.CS] & 0xFFFF;
        for (int k = 0; k < 6; k++) {
            c.segment(k, words[SEGMENTS / 4 + k] & 0xFFFF, 0, 0, 0);
        }
        c.privilege(code & 3);
        Descriptors d = c.descriptors;
        int local = words[LDT / 4] & 0xFFFF;
        Descriptors.set(c.ldt, local, 0, 0, 0);
        try {
            d.loadLdt(local);
        } catch (CpuFault f) {
            throw f.vector == CpuFault.PF ? f : c.raise(CpuFault.TS, Descriptors.error(local));
        }
        int dpl = code & 3;
        boolean ok = !Descriptors.isNull(code)
                && d.fetch(code)
                && d.isCode()
                && (d.isConforming() ? d.dpl() <= dpl : d.dpl() == dpl);
        if (!ok) {
            throw c.raise(CpuFault.TS, Descriptors.error(code));
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.NP, Descriptors.error(code));
        }
        d.commit(Cpu.CS, code);
        for (int k : new int[] {Cpu.SS, Cpu.ES, Cpu.DS, Cpu.FS, Cpu.GS}) {
            int selector = words[SEGMENTS / 4 + k] & 0xFFFF;
            try {
                d.load(k, selector);
            } catch (CpuFault f) {
                throw f.vector == CpuFault.GP ? c.raise(CpuFault.TS, Descriptors.error(selector)) : f;
            }
        }
    }
}
