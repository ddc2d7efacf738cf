// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Hardware task switches between 32-bit task states: what Linux uses to survive a double fault.
 *
 * <p>Not modelled: 16-bit task states (reported, and #TS); the page-fault atomicity of the commit point.
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
    static void transfer(Cpu c, int selector, boolean nested) {
        change(c, selector, nested, false, 0);
    }

    /** An interrupt through a task gate. */
    static void interrupt(Cpu c, int selector, int external) {
        change(c, selector, true, false, external);
    }

    /** IRET of a nested task. */
    static void back(Cpu c) {
        int link = c.mmu.readSystem16(c.task.base);
        change(c, link, false, true, 0);
    }

    private static void change(Cpu c, int selector, boolean nested, boolean back, int external) {
        Descriptors d = c.descriptors;
        int error = Descriptors.error(selector) + external;
        int wanted = back ? BUSY_32 : AVAILABLE_32;
        boolean known = !Descriptors.isNull(selector) && (selector & 4) == 0 && d.fetch(selector);
        if (!known || d.systemType() != wanted) {
            if (known && (d.systemType() & ~2) == AVAILABLE_16) {
                c.board.events().report("cpu", "a switch to a 16-bit task, which this CPU doesn't have");
            }
            throw c.raise(back ? CpuFault.TS : CpuFault.GP, error);
        }
        if (!d.isPresent()) {
            throw c.raise(CpuFault.NP, error);
        }
        if (Integer.compareUnsigned(d.limit(), LIMIT_32) < 0) {
            throw c.raise(CpuFault.TS, error);
        }
        int base = d.base();
        int limit = d.limit();
        int attributes = d.attributes() | Attributes.BUSY;
        int oldSelector = c.task.selector;
        save(c, back);
        if (!nested) {
            d.fetch(oldSelector);
            d.markBusy(false);
        }
        if (!back) {
            d.fetch(selector);
            d.markBusy(true);
        }
        if (nested) {
            c.mmu.writeSystem(base, 2, oldSelector);
        }
        Descriptors.set(c.task, selector, base, limit, attributes);
        load(c, nested);
    }

    private static void save(Cpu c, boolean back) {
        int base = c.task.base;
        c.mmu.writeSystem(base + EIP, 4, c.eip);
        c.mmu.writeSystem(base + EFLAGS, 4, back ? c.eflags() & ~Eflags.NT : c.eflags());
        for (int k = 0; k < 8; k++) {
            c.mmu.writeSystem(base + REGISTERS + 4 * k, 4, c.r[k]);
        }
        for (int k = 0; k < 6; k++) {
            c.mmu.writeSystem(base + SEGMENTS + 4 * k, 2, c.selector[k]);
        }
    }

    /** From here on a fault belongs to the new task. */
    private static void load(Cpu c, boolean nested) {
        int base = c.task.base;
        int[] words = new int[LDT / 4 + 1];
        for (int k = CR3 / 4; k < words.length; k++) {
            words[k] = c.mmu.readSystem32(base + 4 * k);
        }
        int trap = c.mmu.readSystem16(base + TRAP);
        c.cr0 |= Cr0.TS;
        if ((c.cr0 & Cr0.PG) != 0 && c.cr3 != words[CR3 / 4]) {
            c.cr3 = words[CR3 / 4];
            c.mmu.dropVolatile();
        }
        c.eip = words[EIP / 4];
        c.eflags(words[EFLAGS / 4] | (nested ? Eflags.NT : 0), Eflags.SETTABLE);
        System.arraycopy(words, REGISTERS / 4, c.r, 0, 8);
        c.dr[7] &= ~0x155;
        loadSegments(c, words);
        if ((trap & 1) != 0) {
            c.dr[6] |= DebugRegisters.DR6_TASK_SWITCH;
            throw c.raise(CpuFault.DB, 0);
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
