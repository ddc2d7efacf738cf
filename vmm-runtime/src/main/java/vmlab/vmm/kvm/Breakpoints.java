// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Access;
import vmlab.vmm.DebugPoints.Hit;
import vmlab.vmm.DebugPoints.Watch;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.PageWalk;
import vmlab.vmm.kvm.KvmApi.GuestDebug;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * A debugger's points on KVM: watched data and then code take the four debug registers of the host's CPU, and the code that is
 * left an INT3 each, which is in the guest's memory only while a CPU is in the guest.
 *
 * <p>Not modelled: the guest's own debug registers while the host's are taken; a breakpoint beyond the fourth on a page that
 * isn't mapped when the CPU goes for the guest, which isn't stopped at until it comes back. Threads: the vCPU's.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.87 KVM_SET_GUEST_DEBUG; SDM 3B, 17.2.4 and 17.2.5
 */
final class Breakpoints implements AutoCloseable {
    private static final int REGISTERS = 4;
    private static final int DR7_ONES = 0x400;
    private static final int DR7_WRITE = 1;
    private static final int DR7_READ_WRITE = 3;

    /** What debug registers can watch, the largest first, by their encoding in DR7. */
    private static final int[] SIZES = {8, 4, 2, 1};

    private static final int[] ENCODINGS = {2, 3, 1, 0};

    private static final int DEBUG_EXCEPTION = 1;

    /** One debug register; {@code watch} is empty for code. */
    private record Register(long address, int control, Optional<Watch> watch) {}

    private final KvmDescriptor vcpu;
    private final PlantedBreakpoints planted;
    private final boolean canHoldInterrupts;
    private final NativeStruct debug = new NativeStruct(GuestDebug.SIZE);
    private DebugPoints points = DebugPoints.NONE;
    private List<Register> registers = List.of();
    private Set<Long> software = Set.of();

    /** The linear address that the CPU was stopped at and hasn't got on from. */
    private OptionalLong stoppedBefore = OptionalLong.empty();

    /** @param canHoldInterrupts KVM's own interrupt controller can be told to wait */
    Breakpoints(KvmDescriptor vcpu, PlantedBreakpoints planted, boolean canHoldInterrupts) {
        this.vcpu = vcpu;
        this.planted = planted;
        this.canHoldInterrupts = canHoldInterrupts;
    }

    /** @throws IllegalArgumentException if the watched data need more than four registers */
    void set(DebugPoints wanted) {
        List<Register> taken = new ArrayList<>();
        wanted.data().forEach(watch -> split(watch, taken));
        if (taken.size() > REGISTERS) {
            throw new IllegalArgumentException(
                    "the host's CPU watches four aligned words at a time; these take " + taken.size());
        }
        Set<Long> left = new TreeSet<>();
        for (long address : new TreeSet<>(wanted.code())) {
            if (taken.size() < REGISTERS) {
                taken.add(new Register(address, 0, Optional.empty()));
            } else {
                left.add(address);
            }
        }
        registers = List.copyOf(taken);
        software = left;
        points = wanted;
    }

    /** A register's range is aligned to its size. */
    private static void split(Watch watch, List<Register> registers) {
        int type = watch.access() == Access.WRITE ? DR7_WRITE : DR7_READ_WRITE;
        long at = watch.address();
        long left = watch.bytes();
        while (left > 0 && registers.size() <= REGISTERS) {
            int size = 0;
            while (SIZES[size] > left || (at & SIZES[size] - 1) != 0) {
                size++;
            }
            registers.add(new Register(at, type | ENCODINGS[size] << 2, Optional.of(watch)));
            at += SIZES[size];
            left -= SIZES[size];
        }
    }

    boolean holdInterrupts() {
        return points.holdsInterrupts();
    }

    // ---- around the guest

    /** Tells KVM what to stop at. A single step isn't stopped before its instruction. */
    void arm(boolean stepping, boolean withoutInterrupts) {
        boolean hardware = registers.stream().anyMatch(register -> !stepping || register.watch.isPresent());
        int control = (stepping ? Value.KVM_GUESTDBG_SINGLESTEP : 0)
                | (hardware ? Value.KVM_GUESTDBG_USE_HW_BP : 0)
                | (!stepping && !software.isEmpty() ? Value.KVM_GUESTDBG_USE_SW_BP : 0);
        if (control != 0 && withoutInterrupts && canHoldInterrupts) {
            control |= Value.KVM_GUESTDBG_BLOCKIRQ;
        }
        tell(control, stepping);
    }

    private void tell(int control, boolean stepping) {
        debug.clear();
        debug.put32(GuestDebug.CONTROL, control == 0 ? 0 : control | Value.KVM_GUESTDBG_ENABLE);
        long dr7 = DR7_ONES;
        for (int n = 0; n < registers.size(); n++) {
            Register register = registers.get(n);
            debug.put64(GuestDebug.DEBUGREG + 8 * n, register.address);
            if (!stepping || register.watch.isPresent()) {
                dr7 |= 2L << 2 * n | (long) register.control << 16 + 4 * n;
            }
        }
        debug.put64(GuestDebug.DEBUGREG + 8 * 7, dr7);
        vcpu.call("KVM_SET_GUEST_DEBUG", Ioctl.KVM_SET_GUEST_DEBUG, debug.address());
    }

    boolean needsPlanting() {
        return !software.isEmpty();
    }

    /** Puts the INT3s where this CPU has the code mapped. */
    void plant(CpuState state, GuestMemory memory) {
        PageWalk walk = new PageWalk(
                memory,
                state.control().cr0(),
                state.control().cr3(),
                state.control().cr4(),
                (state.control().efer() & CpuState.Control.EFER_LMA) != 0);
        Set<Long> physical = new TreeSet<>();
        software.forEach(address -> walk.physical(address).ifPresent(there -> physical.add(there)));
        planted.enter(physical);
    }

    void unplant() {
        planted.leave();
    }

    // ---- exits

    /** What stopped the guest; empty if it was a single step, or an exception of the guest's own, which it gets. */
    Optional<Hit> hit(RunPage page, boolean stepping) {
        long address = page.debugAddress();
        if (page.debugException() != DEBUG_EXCEPTION) {
            if (software.contains(address)) {
                return stop(address);
            }
            handOn(Value.KVM_GUESTDBG_INJECT_BP, stepping);
            return Optional.empty();
        }
        Optional<Register> matched = matched(page.debugStatus());
        if (matched.isEmpty()) {
            if (!stepping) {
                handOn(Value.KVM_GUESTDBG_INJECT_DB, false);
            }
            return Optional.empty();
        }
        Optional<Watch> watch = matched.get().watch;
        return watch.isEmpty() ? stop(address) : Optional.of(new Hit(matched.get().address, watch));
    }

    private Optional<Hit> stop(long address) {
        stoppedBefore = OptionalLong.of(address);
        return Optional.of(new Hit(address, Optional.empty()));
    }

    /** Data first: their access has happened. */
    private Optional<Register> matched(long dr6) {
        Optional<Register> code = Optional.empty();
        for (int n = 0; n < registers.size(); n++) {
            Register register = registers.get(n);
            if ((dr6 >>> n & 1) != 0 && register.watch.isPresent()) {
                return Optional.of(register);
            }
            if ((dr6 >>> n & 1) != 0) {
                code = Optional.of(register);
            }
        }
        return code;
    }

    private void handOn(int how, boolean stepping) {
        tell(how, stepping);
        arm(stepping, holdInterrupts());
    }

    OptionalLong stoppedBefore() {
        return stoppedBefore;
    }

    /** The CPU has got on from there. */
    void passed() {
        stoppedBefore = OptionalLong.empty();
    }

    @Override
    public void close() {
        debug.close();
    }
}
