// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.SoftCpu;
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
    private final Regions regions;
    private final Digests digests;
    private volatile boolean kicked;

    SoftVcpu(Board board, SoftCpu kind) {
        this.board = board;
        c = new Cpu(board);
        regions = new Regions(c.mmu, kind);
        digests = Digests.asked(board.memory().address(), board.memory().sizeBytes());
        board.clock().useSource(() -> c.count() * NANOS_PER_INSTRUCTION, () -> {});
        restore(CpuState.reset());
    }

    void close() {
        if (digests != null) {
            digests.close();
        }
        // Who asks an ended machine for its time needn't keep all the code that its CPU has decoded.
        long worked = c.count() * NANOS_PER_INSTRUCTION;
        board.clock().useSource(() -> worked, () -> {});
        c.mmu.close();
    }

    @Override
    public void kick() {
        kicked = true;
    }

    @Override
    public VcpuExit run() {
        while (true) {
            board.clock().fireDue();
            // Behind the alarms: a kick of theirs would be seen a slice later, and where that ends what is cached
            // decides.
            if (kicked) {
                kicked = false;
                return new VcpuExit(VcpuExit.Kind.KICKED, "");
            }
            if (!deliver()) {
                return tripleFault();
            }
            if (c.halted) {
                return halted();
            }
            boolean alive = c.breaks.isHit() || (goesAlone() ? single() : slice());
            if (!alive) {
                return tripleFault();
            }
            if (digests != null) {
                digests.lookAround(c);
            }
            if (c.breaks.isHit()) {
                return VcpuExit.breakpoint(c.breaks.take());
            }
        }
    }

    @Override
    public VcpuExit step() {
        board.clock().fireDue();
        if (kicked) {
            kicked = false;
            return new VcpuExit(VcpuExit.Kind.KICKED, "");
        }
        boolean alive;
        if (hasEvent()) {
            alive = deliver();
        } else if (c.halted) {
            return halted();
        } else {
            c.breaks.pass();
            alive = single();
        }
        if (!alive) {
            return tripleFault();
        }
        return c.breaks.isHit() ? VcpuExit.breakpoint(c.breaks.take()) : new VcpuExit(VcpuExit.Kind.STEPPED, "");
    }

    /** Whether the next instruction is executed by itself. */
    private boolean goesAlone() {
        return c.inShadow() || c.isTraced() || c.breaks.passes();
    }

    private VcpuExit halted() {
        return c.flag(Eflags.IF)
                ? new VcpuExit(VcpuExit.Kind.HALTED, "")
                : new VcpuExit(VcpuExit.Kind.STOPPED, "halted with interrupts disabled");
    }

    private boolean hasEvent() {
        return c.undelivered != null
                || !c.inShadow()
                        && c.flag(Eflags.IF)
                        && !c.breaks.holdInterrupts()
                        && board.interrupts().pending();
    }

    /** Enters the handler of what has to be delivered now, if anything; false on a triple fault. */
    private boolean deliver() {
        if (!hasEvent()) {
            return true;
        }
        CpuState.Event event = c.undelivered;
        if (event == null) {
            return interrupt(board.interrupts().acknowledge());
        }
        c.undelivered = null;
        return event.external()
                ? interrupt(event.vector())
                : Interrupts.exception(c, event.vector(), event.errorCode().orElse(0));
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
        return new VcpuExit(
                VcpuExit.Kind.SHUTDOWN,
                "triple fault\n" + state().describe() + "\nafter %d instructions".formatted(c.count()));
    }

    /** Sets the budget to the next alarm, but not beyond the longest slice. */
    private void openSlice() {
        long count = c.count();
        long nanosLeft = board.clock().nextDeadline() - board.clock().nanos();
        long instructions = Math.max(1, (nanosLeft - 1) / NANOS_PER_INSTRUCTION + 1);
        long most = digests == null ? LONGEST_SLICE : Math.min(LONGEST_SLICE, digests.room(count));
        budget(count, (int) Math.min(instructions, most));
    }

    private void budget(long count, int instructions) {
        c.budget = instructions;
        c.countAtSliceEnd = count + instructions;
    }

    /** Runs until the budget is used up or an instruction asks to look around; false on a triple fault. */
    private boolean slice() {
        openSlice();
        regions.update();
        int untilLook = regions.untilFirstLook();
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
            if (--untilLook <= 0) {
                regions.look(block);
                untilLook = regions.untilLook();
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
    private boolean single() {
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
        return CpuStates.of(c);
    }

    @Override
    public void restore(CpuState s) {
        CpuStates.restore(c, s);
    }
}
