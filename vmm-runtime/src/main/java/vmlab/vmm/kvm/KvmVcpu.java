// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.kvm.KvmApi.Cap;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Regs;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * The run loop on KVM, of two levels: the outer one looks at kicks, alarms and interrupts, the inner one is in the guest and
 * does what an exit asks for ({@link ExitHandler}).
 *
 * <p>An exit for a device comes in the middle of an instruction, which KVM finishes at the next entry; so before this comes
 * back to its caller it enters once more, for that only. Registers are therefore always between two instructions.
 *
 * <p>Threads: as {@link Vcpu}; the thread that runs the guest keeps the kick signal blocked.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.10 KVM_RUN, 4.16 KVM_INTERRUPT, 5
 */
final class KvmVcpu implements Vcpu, AutoCloseable {
    private static final int IF = 1 << 9;
    private static final VcpuExit STOPPED = new VcpuExit(VcpuExit.Kind.STOPPED, "halted with interrupts disabled");
    /** With no alarm at all, one in a day does no harm and is one case less. */
    private static final long NANOS_PER_DAY = 86_400_000_000_000L;
    /** How soon a guest is found that waits for ever. */
    private static final long LOOK_EVERY_NANOS = 100_000_000;

    private static final VcpuExit STEPPED = new VcpuExit(VcpuExit.Kind.STEPPED, "");

    private final KvmDescriptor vcpu;
    private final int number;
    private final Board board;
    /** KVM's own interrupt chips; null if the machine's are used. */
    private final KvmChips chips;

    private final long pageAddress;
    private final long pageBytes;
    private final RunPage page;
    private final ExitHandler exits;
    private final Kicker kicker;
    private final GuestTime time;
    private final TimeStampCounter counter;
    private final NativeStruct regs = new NativeStruct(Regs.SIZE);
    private final VcpuRegisters registers;
    private final Stepper stepper;
    private final NativeStruct vector = new NativeStruct(4);
    /** Null where KVM defers nothing. */
    private final DeferredWrites deferred;
    /** Whether KVM leaves the general registers in the page. */
    private final boolean synced;

    private final NativeStruct activity = new NativeStruct(4);

    private boolean halted;
    private final Breakpoints breakpoints;
    /** The last run of the guest ended because of a signal. */
    private boolean interrupted;

    private boolean stepping;
    /** The debug registers are the stepper's. */
    private boolean exactly;

    private boolean holdsInterrupts;
    /** KVM has to finish an instruction whose access was done. */
    private boolean unfinished;
    /** What the timer is set to; no alarm has this time. */
    private long alarm = Long.MIN_VALUE;

    /**
     * What the CPUs of a machine have in common.
     *
     * @param chips empty if the machine's own are used
     */
    record Shared(KvmDescriptor vm, Board board, GuestTime time, Optional<KvmChips> chips) {}

    private KvmVcpu(
            KvmDescriptor system, Shared shared, KvmDescriptor vcpu, int number, long pageAddress, long pageBytes) {
        this.vcpu = vcpu;
        this.number = number;
        board = shared.board;
        time = shared.time;
        chips = shared.chips.orElse(null);
        this.pageAddress = pageAddress;
        this.pageBytes = pageBytes;
        page = new RunPage(pageAddress);
        ModelSpecificRegisters modelSpecific = new ModelSpecificRegisters(board.events());
        exits = new ExitHandler(page, board.ports(), board.mmio(), modelSpecific);
        registers = new VcpuRegisters(vcpu, modelSpecific, board.cpus() > 1);
        stepper = new Stepper(vcpu, board.memory());
        int notes = DeferredWrites.page(system);
        deferred = notes == 0
                ? null
                : new DeferredWrites(shared.vm, board.ports(), pageAddress + (long) notes * GuestMemory.PAGE_BYTES);
        synced = (system.capability(Cap.KVM_CAP_SYNC_REGS) & Value.KVM_SYNC_X86_REGS) != 0;
        page.syncRegisters(synced);
        kicker = new Kicker(vcpu);
        counter = new TimeStampCounter(vcpu);
        time.add(counter);
        int debugging = shared.vm.capability(Cap.KVM_CAP_SET_GUEST_DEBUG2);
        boolean canHoldInterrupts = (debugging & Value.KVM_GUESTDBG_BLOCKIRQ) != 0;
        breakpoints = new Breakpoints(vcpu, new PlantedBreakpoints(board.memory()), canHoldInterrupts);
    }

    /** Makes the CPU of this number, which is its APIC's, too. */
    static KvmVcpu create(KvmDescriptor system, Shared shared, int number) {
        long bytes = system.call("KVM_GET_VCPU_MMAP_SIZE", Ioctl.KVM_GET_VCPU_MMAP_SIZE, 0);
        KvmDescriptor descriptor = shared.vm.create("KVM_CREATE_VCPU", Ioctl.KVM_CREATE_VCPU, number);
        // The kernel chooses the place and keeps the page until munmap, whatever becomes of the descriptor.
        long page = Libc.mmap(0, bytes, Libc.PROT_READ_WRITE, Libc.MAP_SHARED, descriptor.number(), 0);
        if (page == -1) {
            String reason = Libc.describe(Libc.errno());
            descriptor.close();
            throw new HostMistake("KVM's run page can't be mapped: " + reason, "free some of the host's memory");
        }
        KvmVcpu vcpu = new KvmVcpu(system, shared, descriptor, number, page, bytes);
        try {
            GuestCpuid.set(system, descriptor, shared.board.cpu(), number, shared.board.cpus());
            if (number == 0) {
                // The others are as KVM makes them, and wait for the boot CPU's word.
                vcpu.restore(CpuState.reset());
            }
            return vcpu;
        } catch (RuntimeException | Error e) {
            vcpu.close();
            throw e;
        }
    }

    @Override
    public void kick() {
        kicker.kick();
    }

    @Override
    public VcpuExit run() {
        board.turn().lock();
        try {
            return runInTurn();
        } finally {
            board.turn().unlock();
        }
    }

    private VcpuExit runInTurn() {
        if (breakpoints.stoppedBefore().isPresent()) {
            Optional<VcpuExit> instead =
                    passBreakpoint(breakpoints.stoppedBefore().getAsLong());
            if (instead.isPresent()) {
                return instead.get();
            }
        }
        if (!breakpoints.needsPlanting()) {
            return inGuest(this::loop);
        }
        breakpoints.plant(state(), board.memory());
        try {
            return inGuest(this::loop);
        } finally {
            breakpoints.unplant();
        }
    }

    private VcpuExit inGuest(Supplier<VcpuExit> work) {
        kicker.enter();
        try {
            time.enter(counter);
            if (chips != null) {
                chips.go();
            }
            alarm = Long.MIN_VALUE;
            VcpuExit exit = work.get();
            VcpuExit worse = finishInstruction();
            return worse == null ? exit : worse;
        } finally {
            if (chips == null) {
                time.leave();
            }
            kicker.leave();
        }
    }

    /** Between runs KVM's chips go on, and time with them; only here they stop. */
    @Override
    public void hold() {
        if (chips != null) {
            chips.stop();
            time.leave();
        }
    }

    /** A debugger that holds interrupts steps over them; else a step goes into their handlers. */
    @Override
    public VcpuExit step() {
        board.turn().lock();
        try {
            return breakpoints.holdInterrupts() ? stepWithoutInterrupts() : stepExactly();
        } finally {
            board.turn().unlock();
        }
    }

    /** Gets on from where the last run ended; what happened instead, if anything did. */
    private Optional<VcpuExit> passBreakpoint(long address) {
        if (nextInstruction() != address) {
            breakpoints.passed();
            return Optional.empty();
        }
        VcpuExit exit = stepWithoutInterrupts();
        return exit.kind() == VcpuExit.Kind.STEPPED ? Optional.empty() : Optional.of(exit);
    }

    private VcpuExit stepWithoutInterrupts() {
        stepping = true;
        holdsInterrupts = true;
        breakpoints.arm(true, true);
        try {
            return stepped(inGuest(this::loop));
        } finally {
            endStep();
        }
    }

    private VcpuExit stepExactly() {
        board.clock().fireDue();
        if (kicker.take()) {
            return new VcpuExit(VcpuExit.Kind.KICKED, "");
        }
        CpuState before = state();
        OptionalInt vector = nextEvent(before);
        if (vector.isEmpty()) {
            if (halted) {
                return halted();
            }
            stepper.stopAfter(before);
        } else if (!stepper.stopAtHandler(before, vector.getAsInt())) {
            return failed("interrupt %#x leads to no handler that can be stepped into".formatted(vector.getAsInt()));
        }
        page.requestInterruptWindow(false);
        stepping = true;
        exactly = true;
        try {
            VcpuExit exit = stepped(inGuest(this::stepOn));
            if (exit == STEPPED && vector.isEmpty()) {
                stepper.repair(before, state());
            }
            return exit;
        } finally {
            exactly = false;
            endStep();
        }
    }

    private VcpuExit stepped(VcpuExit exit) {
        if (exit.kind() != VcpuExit.Kind.KICKED) {
            breakpoints.passed();
        }
        return exit;
    }

    /** KVM is told of a debugger's points again, or of none. */
    private void endStep() {
        stepping = false;
        holdsInterrupts = breakpoints.holdInterrupts();
        breakpoints.arm(false, holdsInterrupts);
    }

    /** The vector of what comes before the next instruction; an interrupt of the controller has been injected then. */
    private OptionalInt nextEvent(CpuState s) {
        CpuState.Activity now = s.activity();
        if (now.undelivered().isPresent()) {
            return OptionalInt.of(now.undelivered().get().vector());
        }
        boolean open = (s.eflags() & IF) != 0 && now.shadow() == CpuState.Shadow.NONE;
        if (chips != null || !open || !board.interrupts().pending()) {
            return OptionalInt.empty();
        }
        inject();
        return OptionalInt.of(vector.get32(0));
    }

    private VcpuExit stepOn() {
        while (true) {
            VcpuExit exit = enterGuest();
            if (exit == null && unfinished) {
                VcpuExit worse = finishInstruction();
                return worse == null ? STEPPED : worse;
            }
            if (exit != null) {
                return exit;
            }
            if (kicker.take()) {
                return new VcpuExit(VcpuExit.Kind.KICKED, "");
            }
        }
    }

    /** The linear address of what comes next. */
    private long nextInstruction() {
        CpuState s = state();
        boolean wide = (s.control().efer() & CpuState.Control.EFER_LMA) != 0
                && (s.cs().attributes() & CpuState.Segment.LONG) != 0;
        long rip = s.general().rip();
        return wide ? rip : s.cs().base() + rip & 0xFFFFFFFFL;
    }

    void deferWrites(AddressRange ofPorts) {
        if (deferred != null) {
            deferred.defer(ofPorts);
        }
    }

    /** The turn is a method of its own for the JIT compiler: it counts calls sooner than the turns of a loop that ends often. */
    private VcpuExit loop() {
        VcpuExit exit;
        do {
            exit = turn();
        } while (exit == null);
        return exit;
    }

    /** Looks around, and goes into the guest until its next exit; null to go on. */
    private VcpuExit turn() {
        board.clock().fireDue();
        // Behind the alarms: a kick of theirs sends no signal, and would wait for the next exit.
        if (kicker.take()) {
            return new VcpuExit(VcpuExit.Kind.KICKED, "");
        }
        if (chips == null && unfinished && board.interrupts().pending() && page.readyForInterrupt()) {
            // Its end may be an exception, as for an unknown register: KVM would forget the interrupt over it.
            return finishInstruction();
        }
        if (chips == null) {
            offerInterrupt();
        } else if (waitsForEver()) {
            return STOPPED;
        }
        if (halted) {
            return halted();
        }
        setTimer();
        return enterGuest();
    }

    /** Where KVM waits for interrupts itself it doesn't say that none can come: it is looked at after every alarm. */
    private boolean waitsForEver() {
        if (!interrupted || page.interruptFlag()) {
            return false;
        }
        // Who asks again finds it so again, unless another CPU has started this one anew.
        interrupted = isHalted();
        return interrupted;
    }

    /** Acknowledges as late as it can: only an interrupt that the guest takes at once. */
    private void offerInterrupt() {
        boolean pending = !holdsInterrupts && board.interrupts().pending();
        if (pending && page.readyForInterrupt()) {
            inject();
            pending = board.interrupts().pending();
        }
        page.requestInterruptWindow(pending);
    }

    private void inject() {
        vector.put32(0, board.interrupts().acknowledge());
        vcpu.call("KVM_INTERRUPT", Ioctl.KVM_INTERRUPT, vector.address());
        page.notReadyForInterrupt();
        halted = false;
    }

    private VcpuExit halted() {
        return page.interruptFlag() ? new VcpuExit(VcpuExit.Kind.HALTED, "") : STOPPED;
    }

    private void setTimer() {
        long next = board.clock().nextDeadline();
        if (next != alarm) {
            alarm = next;
            kicker.wakeIn(Math.min(next - board.clock().nanos(), chips == null ? NANOS_PER_DAY : LOOK_EVERY_NANOS));
        }
    }

    /** In the guest until its next exit; null to go on. */
    private VcpuExit enterGuest() {
        unfinished = false;
        int answer = runGuest();
        if (deferred != null) {
            deferred.flush();
        }
        if (answer >= 0) {
            return act(exits.handle());
        }
        if (answer == -Libc.EINTR || answer == -Libc.EAGAIN) {
            kicker.drain();
            // The alarm it may have been can be some nanoseconds early by Java's clock: it is set again, or nobody
            // comes.
            alarm = Long.MIN_VALUE;
            interrupted = true;
            return null;
        }
        return failed(
                answer == -Libc.EFAULT
                        ? "the host has no memory for a page that the guest touched"
                        : "KVM_RUN: " + Libc.describe(-answer));
    }

    /** While the guest runs, devices are the other CPUs'. */
    private int runGuest() {
        board.turn().unlock();
        try {
            // The kernel writes to the page and to guest RAM only, both ours as long as this vCPU is open.
            return vcpu.attempt(Ioctl.KVM_RUN, 0);
        } finally {
            board.turn().lock();
        }
    }

    private VcpuExit act(ExitHandler.Verdict verdict) {
        switch (verdict) {
            case ACCESS_DONE -> unfinished = true;
            case DOORBELL -> {
                unfinished = true;
                VcpuExit exit = finishInstruction();
                if (exit != null) {
                    return exit;
                }
                dispatch(false);
            }
            case XEN_HYPERCALL -> {
                unfinished = true;
                dispatch(true);
            }
            case HALTED -> {
                halted = true;
                return stepping ? STEPPED : null;
            }
            case DEBUG -> {
                if (exactly) {
                    return STEPPED;
                }
                Optional<DebugPoints.Hit> hit = breakpoints.hit(page, stepping);
                return hit.isPresent() ? VcpuExit.breakpoint(hit.get()) : stepping ? STEPPED : null;
            }
            case SHUTDOWN -> {
                return new VcpuExit(VcpuExit.Kind.SHUTDOWN, tripleFault());
            }
            case FAILED -> {
                return failed(exits.failure());
            }
            case LOOK -> {}
        }
        return null;
    }

    /** Has KVM end the instruction that the last access was part of; null if nothing else happened. */
    private VcpuExit finishInstruction() {
        while (unfinished) {
            page.immediateExit(true);
            try {
                VcpuExit exit = enterGuest();
                if (exit != null) {
                    return exit;
                }
            } finally {
                page.immediateExit(false);
            }
        }
        return null;
    }

    private VcpuExit failed(String reason) {
        return new VcpuExit(VcpuExit.Kind.FAILED, reason + "\n" + state().describe());
    }

    // ---- hypercalls

    /** The registers of the caller, as the exit left them. */
    private final class Call implements Hypercall {
        private final boolean intercepted;

        private Call(boolean intercepted) {
            this.intercepted = intercepted;
        }

        @Override
        public int cpu() {
            return number;
        }

        @Override
        public int eax() {
            return (int) regs.get64(Regs.RAX);
        }

        @Override
        public int ebx() {
            return (int) regs.get64(Regs.RBX);
        }

        @Override
        public int ecx() {
            return (int) regs.get64(Regs.RCX);
        }

        @Override
        public int edx() {
            return (int) regs.get64(Regs.RDX);
        }

        @Override
        public int esi() {
            return (int) regs.get64(Regs.RSI);
        }

        @Override
        public void result(int value) {
            if (intercepted) {
                page.xenResult(value);
            } else {
                regs.put64(Regs.RAX, value & 0xFFFFFFFFL);
                vcpu.call("KVM_SET_REGS", Ioctl.KVM_SET_REGS, regs.address());
            }
        }
    }

    private void dispatch(boolean intercepted) {
        if (synced) {
            page.registers(regs);
        } else {
            vcpu.call("KVM_GET_REGS", Ioctl.KVM_GET_REGS, regs.address());
        }
        Call call = new Call(intercepted);
        if (intercepted) {
            // KVM sets EAX in any case: to what it was, unless the handler says otherwise.
            call.result(call.eax());
        }
        board.hypercalls().dispatch(call);
    }

    @Override
    public void debug(DebugPoints points) {
        breakpoints.set(points);
        holdsInterrupts = points.holdsInterrupts();
        breakpoints.arm(false, holdsInterrupts);
    }

    // ---- state

    @Override
    public CpuState state() {
        return registers.read(isHalted(), time.state(counter));
    }

    @Override
    public void restore(CpuState s) {
        registers.write(s);
        if (!time.restore(counter, s.timeStamp())) {
            board.events()
                    .report(
                            "cpu",
                            "this host can't run the time stamp counter at %d kHz: a guest that keeps time by it is wrong"
                                    .formatted(s.timeStamp().kilohertz()));
        }
        halt(s.activity().halted());
        page.interruptFlag((s.eflags() & IF) != 0);
        page.notReadyForInterrupt();
    }

    /** With its own chips KVM waits itself, and keeps whether it does. */
    private boolean isHalted() {
        if (chips == null) {
            return halted;
        }
        vcpu.call("KVM_GET_MP_STATE", Ioctl.KVM_GET_MP_STATE, activity.address());
        return activity.get32(0) == Value.KVM_MP_STATE_HALTED;
    }

    private void halt(boolean isHalted) {
        if (chips == null) {
            halted = isHalted;
        } else {
            activity.put32(0, isHalted ? Value.KVM_MP_STATE_HALTED : Value.KVM_MP_STATE_RUNNABLE);
            vcpu.call("KVM_SET_MP_STATE", Ioctl.KVM_SET_MP_STATE, activity.address());
        }
    }

    /** On AMD the kernel has reset the CPU by now, and its registers tell nothing. */
    private String tripleFault() {
        CpuState now = state();
        boolean reset = now.eip() == 0xFFF0 && now.cs().selector() == 0xF000;
        return reset
                ? "triple fault (KVM has reset the CPU: where it was is not known)"
                : "triple fault\n" + now.describe();
    }

    @Override
    public void close() {
        kicker.close();
        counter.close();
        // Nobody runs the guest any more: the page isn't in use.
        Libc.munmap(pageAddress, pageBytes);
        vcpu.close();
        regs.close();
        registers.close();
        stepper.close();
        breakpoints.close();
        vector.close();
        activity.close();
    }
}
