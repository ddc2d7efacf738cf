// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;

/**
 * The run loop of the Java CPU: blocks of decoded instructions, cut to slices so that alarms fire and interrupts arrive at
 * exact instruction counts.
 *
 * <p>Between slices it looks at kicks, alarms and interrupts; inside one it only executes. An instruction that may have
 * changed what an interrupt depends on (port accesses, STI, POPF, IRET, HLT) ends the slice.
 */
final class SoftVcpu implements Vcpu {
    /** Guest time of one instruction; a round number near what the interpreter reaches, so that busy guests feel real. */
    static final int NANOS_PER_INSTRUCTION = 10;

    /** How long a kick from another thread may go unseen, in instructions. */
    private static final int LONGEST_SLICE = 200_000;

    private final Cpu c;
    private final Board board;
    private volatile boolean kicked;

    SoftVcpu(Board board) {
        this.board = board;
        c = new Cpu(board);
        board.clock().useSource(() -> c.count() * NANOS_PER_INSTRUCTION, () -> {});
        restore(CpuState.reset());
    }

    void close() {
        c.mmu.close();
    }

    @Override
    public void kick() {
        kicked = true;
    }

    @Override
    public VcpuExit run() {
        while (true) {
            if (kicked) {
                kicked = false;
                return new VcpuExit(VcpuExit.Kind.KICKED, "");
            }
            board.clock().fireDue();
            if (takesInterrupt() && !interrupt(board.interrupts().acknowledge())) {
                return tripleFault();
            }
            if (c.halted) {
                return c.flag(Eflags.IF)
                        ? new VcpuExit(VcpuExit.Kind.HALTED, "")
                        : new VcpuExit(VcpuExit.Kind.STOPPED, "halted with interrupts disabled");
            }
            boolean alive = c.breaks.isHit() || (c.inShadow() || c.isTraced() || c.breaks.passes() ? step() : slice());
            if (!alive) {
                return tripleFault();
            }
            if (c.breaks.isHit()) {
                return VcpuExit.breakpoint(c.breaks.take());
            }
        }
    }

    private boolean takesInterrupt() {
        return !c.inShadow()
                && c.flag(Eflags.IF)
                && !c.breaks.holdInterrupts()
                && board.interrupts().pending();
    }

    private boolean interrupt(int vector) {
        c.precise = true;
        try {
            Interrupts.external(c, vector);
            return true;
        } catch (CpuFault f) {
            return Interrupts.exception(c, f.vector, f.errorCode);
        } finally {
            c.precise = false;
        }
    }

    private VcpuExit tripleFault() {
        return new VcpuExit(VcpuExit.Kind.SHUTDOWN, "triple fault\n" + describe());
    }

    /** Sets the budget to the next alarm, but not beyond the longest slice. */
    private void openSlice() {
        long count = c.count();
        long nanosLeft = board.clock().nextDeadline() - board.clock().nanos();
        long instructions = Math.max(1, (nanosLeft - 1) / NANOS_PER_INSTRUCTION + 1);
        budget(count, (int) Math.min(instructions, LONGEST_SLICE));
    }

    private void budget(long count, int instructions) {
        c.budget = instructions;
        c.countAtSliceEnd = count + instructions;
    }

    /** Runs until the budget is used up or an instruction asks to look around; false on a triple fault. */
    private boolean slice() {
        openSlice();
        Block block = Block.LOOKUP;
        while (true) {
            if (block == Block.LOOKUP) {
                if (c.budget <= 0) {
                    return true;
                }
                try {
                    block = c.mmu.block();
                } catch (CpuFault f) {
                    if (!Interrupts.exception(c, f.vector, f.errorCode)) {
                        return false;
                    }
                    c.budget--;
                    continue;
                }
            }
            if (block.count > c.budget) {
                return c.budget <= 0 || executeSome(c.budget);
            }
            c.budget -= block.count;
            int i = 0;
            Op[] ops = block.ops;
            try {
                for (; i < ops.length; i++) {
                    ops[i].execute(c);
                }
                block = block.last.execute(c);
                if (block == null) {
                    return true;
                }
            } catch (CpuFault f) {
                if (!faulted(block, i, f)) {
                    return false;
                }
                block = Block.LOOKUP;
            } catch (RestartPrecisely e) {
                return restart(block, i);
            } catch (Breakpoints.Reached e) {
                c.budget += block.count;
                return true;
            }
        }
    }

    /** Delivers the fault of a block's i-th instruction. */
    private boolean faulted(Block block, int i, CpuFault f) {
        int index = i < block.ops.length ? block.ops[i].index : block.last.index;
        c.budget += block.count - index - 1;
        if (!f.settled) {
            c.eip += i < block.ops.length ? block.ops[i].offset : block.last.offset;
        }
        return Interrupts.exception(c, f.vector, f.errorCode);
    }

    /** Executes a block's i-th instruction again, by itself and at its exact time, then looks around. */
    private boolean restart(Block block, int i) {
        int index = i < block.ops.length ? block.ops[i].index : block.last.index;
        c.budget += block.count - index;
        c.eip += i < block.ops.length ? block.ops[i].offset : block.last.offset;
        return executeSome(1);
    }

    /** Executes up to that many instructions, device accesses allowed; false on a triple fault. */
    private boolean executeSome(int instructions) {
        Block block;
        try {
            block = c.mmu.uncached(instructions);
        } catch (CpuFault f) {
            c.budget--;
            return Interrupts.exception(c, f.vector, f.errorCode);
        }
        c.budget -= block.count;
        c.precise = instructions == 1;
        int i = 0;
        try {
            for (; i < block.ops.length; i++) {
                block.ops[i].execute(c);
            }
            block.last.execute(c);
            return true;
        } catch (CpuFault f) {
            return faulted(block, i, f);
        } catch (RestartPrecisely e) {
            return restart(block, i);
        } catch (Breakpoints.Reached e) {
            c.budget += block.count;
            return true;
        } finally {
            c.precise = false;
        }
    }

    /** One instruction with its traps (SDM 3B, 17.3.1); false on a triple fault. */
    private boolean step() {
        budget(c.count(), 1);
        if (c.breaks.stopBefore(c.count())) {
            return true;
        }
        boolean quiet = c.quietAt == c.count();
        boolean unchecked = quiet || c.repeatedAt == c.count() || c.flag(Eflags.RF);
        int hits = unchecked ? 0 : DebugRegisters.executionHits(c.dr, c.base[Cpu.CS] + c.eip);
        if (hits != 0) {
            c.budget--;
            c.dr[6] |= hits;
            return Interrupts.exception(c, CpuFault.DB, 0);
        }
        c.eflags(0, Eflags.RF);
        if (!quiet) {
            c.watchHits = 0;
        }
        c.trapDue = c.flag(Eflags.TF);
        if (!executeSome(1)) {
            return false;
        }
        int causes = c.watchHits | (c.trapDue ? DebugRegisters.DR6_SINGLE_STEP : 0);
        // The traps of a MOV SS wait for the instruction behind it.
        if (causes == 0 || c.quietAt == c.count()) {
            return true;
        }
        c.dr[6] |= causes;
        return Interrupts.exception(c, CpuFault.DB, 0);
    }

    @Override
    public void debug(DebugPoints points) {
        c.breaks.set(points);
    }

    // ---- state

    @Override
    public CpuState state() {
        int[] r = c.r;
        return new CpuState(
                r[Cpu.EAX],
                r[Cpu.ECX],
                r[Cpu.EDX],
                r[Cpu.EBX],
                r[Cpu.ESP],
                r[Cpu.EBP],
                r[Cpu.ESI],
                r[Cpu.EDI],
                c.eip,
                c.eflags(),
                segment(Cpu.ES),
                segment(Cpu.CS),
                segment(Cpu.SS),
                segment(Cpu.DS),
                segment(Cpu.FS),
                segment(Cpu.GS),
                segment(c.ldt),
                segment(c.task),
                new Table(c.gdtBase, c.gdtLimit),
                new Table(c.idtBase, c.idtLimit),
                c.cr0,
                c.cr2,
                c.cr3,
                c.cr4);
    }

    private Segment segment(int register) {
        return new Segment(c.selector[register], c.base[register], c.limit[register], c.attributes[register]);
    }

    private static Segment segment(Cpu.SystemSegment s) {
        return new Segment(s.selector, s.base, s.limit, s.attributes);
    }

    @Override
    public void restore(CpuState s) {
        int[] general = {s.eax(), s.ecx(), s.edx(), s.ebx(), s.esp(), s.ebp(), s.esi(), s.edi()};
        System.arraycopy(general, 0, c.r, 0, 8);
        c.eip = s.eip();
        c.eflags(s.eflags(), Eflags.SETTABLE);
        c.cr0 = s.cr0();
        c.cr2 = s.cr2();
        c.cr3 = s.cr3();
        c.cr4 = s.cr4();
        c.gdtBase = s.gdtr().base();
        c.gdtLimit = s.gdtr().limit();
        c.idtBase = s.idtr().base();
        c.idtLimit = s.idtr().limit();
        Segment[] segments = {s.es(), s.cs(), s.ss(), s.ds(), s.fs(), s.gs()};
        for (int k = 0; k < 6; k++) {
            Segment x = segments[k];
            c.segment(k, x.selector(), x.base(), x.limit(), x.attributes());
        }
        Descriptors.set(
                c.ldt,
                s.ldtr().selector(),
                s.ldtr().base(),
                s.ldtr().limit(),
                s.ldtr().attributes());
        Descriptors.set(c.task, s.tr().selector(), s.tr().base(), s.tr().limit(), s.tr().attributes());
        c.privilege(c.isProtected() ? Attributes.dpl(s.ss().attributes()) : 0);
        c.halted = false;
        c.shadowAt = -1;
        c.quietAt = -1;
        c.repeatedAt = -1;
        c.dr[6] = DebugRegisters.DR6_ONES;
        c.dr[7] = 0x400;
        c.mmu.dropAll();
        c.mmu.code.clear();
    }

    /** The registers, for people. */
    String describe() {
        int[] r = c.r;
        return """
                EAX=%08x EBX=%08x ECX=%08x EDX=%08x ESI=%08x EDI=%08x EBP=%08x ESP=%08x
                EIP=%08x EFL=%08x CPL=%d CS=%04x SS=%04x DS=%04x ES=%04x FS=%04x GS=%04x TR=%04x
                CR0=%08x CR2=%08x CR3=%08x CR4=%08x GDT=%08x,%04x IDT=%08x,%04x
                after %d instructions""".formatted(
                        r[Cpu.EAX],
                        r[Cpu.EBX],
                        r[Cpu.ECX],
                        r[Cpu.EDX],
                        r[Cpu.ESI],
                        r[Cpu.EDI],
                        r[Cpu.EBP],
                        r[Cpu.ESP],
                        c.eip,
                        c.eflags(),
                        c.cpl,
                        c.selector[Cpu.CS],
                        c.selector[Cpu.SS],
                        c.selector[Cpu.DS],
                        c.selector[Cpu.ES],
                        c.selector[Cpu.FS],
                        c.selector[Cpu.GS],
                        c.task.selector,
                        c.cr0,
                        c.cr2,
                        c.cr3,
                        c.cr4,
                        c.gdtBase,
                        c.gdtLimit,
                        c.idtBase,
                        c.idtLimit,
                        c.count());
    }
}
