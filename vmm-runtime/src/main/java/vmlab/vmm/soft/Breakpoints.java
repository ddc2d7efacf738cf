// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Hit;
import vmlab.vmm.DebugPoints.Watch;

/**
 * Where a debugger outside of the guest wants the CPU to stop.
 *
 * <p>Code costs nothing where there is no breakpoint: an instruction at a page offset that some breakpoint has becomes a block
 * by itself, with a {@link Gate} in front that compares the linear address. Watched pages never enter the software TLB; an
 * access to a watched byte has its instruction executed again, by itself, and the CPU stops behind it. Of a repeated string
 * instruction that is the one element.
 *
 * <p>Not modelled: a breakpoint on a repeated string instruction stops again when an interrupt has come in between.
 */
final class Breakpoints {
    private static final int PAGE_BYTES = 0x1000;

    /** Thrown by the gate of an instruction at which to stop; it has not been executed. */
    static final class Reached extends RuntimeException {
        static final Reached INSTANCE = new Reached();

        private Reached() {
            super(null, null, false, false);
        }
    }

    /** Stands before the only instruction of its block. */
    static final class Gate extends Op {
        @Override
        void execute(Cpu c) {
            // The run loop has counted the instruction already.
            if (c.breaks.stopBefore(c.count() - 1)) {
                throw Reached.INSTANCE;
            }
        }
    }

    private final Cpu c;
    private DebugPoints points = DebugPoints.NONE;
    private final Set<Integer> code = new HashSet<>();

    /** Offsets in their pages of the addresses in {@link #code}: blocks are shared by all mappings of a page. */
    private final BitSet offsets = new BitSet(PAGE_BYTES);

    /** Whether any data is watched. */
    boolean watching;

    /** What stopped the CPU and was not reported yet; or null. */
    private Hit hit;

    /** The count at which the instruction at {@link #passAddress} isn't stopped at, as it was before. */
    private long passAt = -1;

    private int passAddress;

    Breakpoints(Cpu cpu) {
        c = cpu;
    }

    void set(DebugPoints wanted) {
        if (!wanted.code().equals(points.code())) {
            Set<Integer> before = Set.copyOf(code);
            code.clear();
            offsets.clear();
            wanted.code().forEach(this::add);
            before.stream().filter(address -> !code.contains(address)).forEach(this::decodeAnew);
            code.stream().filter(address -> !before.contains(address)).forEach(this::decodeAnew);
        }
        if (!wanted.data().equals(points.data())) {
            watching = !wanted.data().isEmpty();
            c.mmu.dropAll();
        }
        points = wanted;
    }

    /** An address that no 32-bit CPU has is never come to. */
    private void add(long address) {
        if (address >>> 32 == 0) {
            code.add((int) address);
            offsets.set((int) address & 0xFFF);
        }
    }

    private void decodeAnew(int address) {
        c.mmu.code.invalidateAtOffset(address & 0xFFF);
    }

    // ---- code

    /** Whether the instruction at this address, linear or physical, needs a gate. */
    boolean mayStopAt(int address) {
        return !offsets.isEmpty() && offsets.get(address & 0xFFF);
    }

    /** Whether to stop before the instruction at CS:EIP; if so, notes it. {@code count} instructions were done before it. */
    boolean stopBefore(long count) {
        int linear = c.base[Cpu.CS] + c.eip;
        if (!code.contains(linear) || c.repeatedAt == count || passes(count)) {
            return false;
        }
        hit = new Hit(linear & 0xFFFFFFFFL, Optional.empty());
        passAt = count;
        passAddress = linear;
        return true;
    }

    /** The next instruction isn't stopped at. */
    void pass() {
        passAt = c.count();
        passAddress = c.base[Cpu.CS] + c.eip;
    }

    /** Whether the next instruction is one that was stopped at: it goes by itself, so that interrupts come right behind it. */
    boolean passes() {
        return passes(c.count());
    }

    private boolean passes(long count) {
        return passAt == count && passAddress == c.base[Cpu.CS] + c.eip;
    }

    /** Whether interrupts wait: the debugger wants it so, or the instruction that it has seen comes first. */
    boolean holdInterrupts() {
        return points.holdsInterrupts() || passes();
    }

    // ---- data

    boolean watchesPage(int linear) {
        long page = linear & Mmu.PAGE_MASK & 0xFFFFFFFFL;
        return points.data().stream().anyMatch(watch -> watch.isTouchedBy(page, PAGE_BYTES));
    }

    /** Whether an access of some kind to these bytes would stop the CPU. */
    boolean watches(int linear, int bytes) {
        return points.data().stream().anyMatch(watch -> watch.isTouchedBy(linear & 0xFFFFFFFFL, bytes));
    }

    /** An access within one page; if it is watched and its instruction doesn't run by itself, it will. */
    void accessed(int linear, int bytes, boolean write) {
        long address = linear & 0xFFFFFFFFL;
        for (Watch watch : points.data()) {
            boolean wanted = write || watch.access() == DebugPoints.Access.READ_OR_WRITE;
            if (wanted && watch.isTouchedBy(address, bytes)) {
                c.mmu.requirePrecision();
                if (hit == null) {
                    hit = new Hit(Math.max(address, watch.address()), Optional.of(watch));
                }
                c.endSlice();
            }
        }
    }

    // ---- for the run loop

    boolean isHit() {
        return hit != null;
    }

    /** What stopped the CPU; from now on nothing has. */
    Hit take() {
        Hit taken = hit;
        hit = null;
        return taken;
    }
}
