// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * All of one virtual machine, wired: memory, buses, devices, clock and a CPU with the thread that runs it.
 *
 * <p>Built in steps: construct, map and {@link #add} devices, {@link #open} a back end on it, load a boot image,
 * {@link #start}. It can be held and let go on any number of times; it ends once.
 *
 * <p>Not modelled: power states. Threads: one for each CPU. The public methods may be called from any thread unless they say
 * otherwise; devices, alarms and posted tasks run on the CPUs' threads, one at a time.
 */
public final class Machine implements AutoCloseable {
    /** How guest time relates to the host's. */
    public enum Pace {
        /** Idle time is skipped: the guest sees the same times in every run. */
        VIRTUAL,
        /** Idle time takes as long as it says: for people at a console. */
        REAL_TIME
    }

    private final String name;
    private final GuestMemory memory;
    private final GuestEvents events;
    private final IoBus ports;
    private final IoBus mmio;
    private final VmClock clock = new VmClock();
    private final Hypercalls hypercalls;
    private final List<Device> devices = new ArrayList<>();
    private final int cpus;
    private final RunLoop loop;
    /** Guards {@link #vm}; comes before the loop's own. */
    private final ReentrantLock lock = new ReentrantLock();

    private Consumer<Optional<ChipSet>> onChips = chips -> {};
    private Hypervisor hypervisor;
    private Hypervisor.Board board;
    private Vm vm;

    /** A machine without devices, which will have one CPU. */
    public Machine(String name, GuestMemory memory, GuestEvents events) {
        this(name, memory, events, 1);
    }

    /** A machine without devices, which will have so many CPUs. */
    public Machine(String name, GuestMemory memory, GuestEvents events, int cpus) {
        this.name = Objects.requireNonNull(name);
        this.memory = Objects.requireNonNull(memory);
        this.events = Objects.requireNonNull(events);
        ports = new IoBus("port", events);
        mmio = new IoBus("memory", events);
        hypercalls = new Hypercalls(events);
        loop = new RunLoop(name, clock);
        this.cpus = cpus;
    }

    public String name() {
        return name;
    }

    public GuestMemory memory() {
        return memory;
    }

    public IoBus ports() {
        return ports;
    }

    public IoBus mmio() {
        return mmio;
    }

    public VmClock clock() {
        return clock;
    }

    public Hypercalls hypercalls() {
        return hypercalls;
    }

    public GuestEvents events() {
        return events;
    }

    public List<Device> devices() {
        return List.copyOf(devices);
    }

    /** Adds a part; mapping its registers is up to who wires the machine. */
    public <D extends Device> D add(D device) {
        devices.add(Objects.requireNonNull(device));
        return device;
    }

    /** Puts a part in the place of the one with its name. For whoever wires the machine, while it isn't running. */
    public void replace(Device device) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).name().equals(device.name())) {
                devices.set(i, device);
                return;
            }
        }
        throw new IllegalArgumentException("this machine has no " + device.name());
    }

    /** Names who wires the chips that another back end brings, or the machine's own again, at {@link #moveTo}. */
    public void onChips(Consumer<Optional<ChipSet>> wiring) {
        onChips = Objects.requireNonNull(wiring);
    }

    /** What devices use to reset or end the machine. */
    public MachineControl control() {
        return new MachineControl() {
            @Override
            public void reset(String reason) {
                loop.request(new MachineEnd(MachineEnd.Kind.RESET, 0, reason));
            }

            @Override
            public void exit(int status, String reason) {
                loop.request(new MachineEnd(MachineEnd.Kind.EXITED, status, reason));
            }

            @Override
            public void kill(String reason) {
                loop.request(new MachineEnd(MachineEnd.Kind.KILLED, 0, reason));
            }
        };
    }

    /** Creates 32-bit CPUs. */
    public void open(Hypervisor hypervisor, InterruptController interrupts) {
        open(hypervisor, CpuModel.I386, interrupts);
    }

    /** Creates the CPUs. */
    public void open(Hypervisor first, CpuModel cpu, InterruptController interrupts) {
        lock.lock();
        try {
            if (vm != null || loop.isEnding()) {
                throw new IllegalStateException(name + " has been opened or ended before");
            }
            board = new Hypervisor.Board(
                    cpu, memory, ports, mmio, interrupts, clock, hypercalls, events, cpus, new ReentrantLock());
            hypervisor = first;
            vm = hypervisor.create(board);
            loop.open(vm.vcpus());
        } finally {
            lock.unlock();
        }
    }

    /**
     * The CPUs; the first is the boot CPU. Their state may be looked at when the machine is held, or in a posted task.
     *
     * @throws IllegalStateException before {@link #open} and after {@link #close}
     */
    public List<Vcpu> vcpus() {
        return ofVm(Vm::vcpus);
    }

    /** The boot CPU, as {@link #vcpus()}. */
    public Vcpu vcpu() {
        return vcpus().get(0);
    }

    /** The interrupt chips and timer that the back end has brought; empty if the machine's own are used. */
    public Optional<ChipSet> chips() {
        return ofVm(Vm::chips);
    }

    private <T> T ofVm(Function<Vm, T> question) {
        lock.lock();
        try {
            if (vm == null) {
                throw new IllegalStateException(name + " has no CPU: it is not open");
            }
            return question.apply(vm);
        } finally {
            lock.unlock();
        }
    }

    /** The back end its CPU is of. */
    public Hypervisor hypervisor() {
        lock.lock();
        try {
            return hypervisor;
        } finally {
            lock.unlock();
        }
    }

    /** Which CPU the guest has, on either back end. */
    public CpuModel cpuModel() {
        return board.cpu();
    }

    /** What its CPU sees of it, for a second one. */
    Hypervisor.Board board() {
        return board;
    }

    // ---- its state; for a machine that is not started, or that is held, or for a posted task

    /**
     * All of it but its memory. Alarms that are due fire before: what they do to other devices would come in between two parts
     * of the state, and be lost.
     */
    public MachineState state() {
        clock.fireDue();
        Map<String, Record> states = new LinkedHashMap<>();
        for (Device device : devices) {
            if (device instanceof Stateful<?> stateful) {
                states.put(device.name(), stateful.state());
            }
        }
        return new MachineState(clock.nanos(), vcpus().stream().map(Vcpu::state).toList(), states);
    }

    /**
     * Takes over a state of a machine with the same parts; the memory that belongs to it is the caller's business. Machines of
     * several CPUs can't: their local APICs aren't part of a state.
     *
     * @throws IllegalArgumentException if the parts are others, or the CPU can't have such a state; it may have been taken
     *     over in part
     */
    public void restore(MachineState state) {
        refuseSeveralCpus();
        if (state.cpus().size() != 1) {
            throw new IllegalArgumentException("this machine has one CPU, the state %d"
                    .formatted(state.cpus().size()));
        }
        Set<String> parts = statefulParts();
        if (!state.devices().keySet().equals(parts)) {
            throw new IllegalArgumentException("this machine has other parts than the state: %s and %s"
                    .formatted(parts, state.devices().keySet()));
        }
        clock.restore(state.nanos());
        for (Device device : devices) {
            if (device instanceof Stateful<?> stateful) {
                restore(stateful, state.devices().get(device.name()));
            }
        }
        vcpu().restore(state.cpus().get(0));
    }

    private Set<String> statefulParts() {
        return devices.stream()
                .filter(Stateful.class::isInstance)
                .map(Device::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * All of it, memory included but for what it shares with others; not copied.
     *
     * @throws IllegalArgumentException if it has several CPUs
     * @throws HostMistake if the host has no memory left
     */
    public MachineSnapshot snapshot() {
        refuseSeveralCpus();
        vcpu().hold();
        return new MachineSnapshot(state(), memory.freeze());
    }

    /** Takes over all of a machine, as {@link #restore(MachineState)}. */
    public void restore(MachineSnapshot snapshot) {
        vcpu().hold();
        // Devices first: they say where shared memory lies over the RAM, which then keeps the image's content below.
        restore(snapshot.state());
        memory.adopt(snapshot.memory());
    }

    private void refuseSeveralCpus() {
        if (cpus > 1) {
            throw new IllegalArgumentException(
                    "it has %d CPUs, and the state of their local APICs isn't kept".formatted(cpus));
        }
    }

    @SuppressWarnings("unchecked")
    private static void restore(Stateful<?> device, Record state) {
        try {
            ((Stateful<Record>) device).restore(state);
        } catch (ClassCastException e) {
            throw new IllegalArgumentException("another device's state: " + state.getClass(), e);
        }
    }

    /**
     * Goes on with a CPU of another back end, from the same instruction, with the same memory and devices.
     *
     * @throws IllegalArgumentException if a CPU there can't have the state; the machine is as it was
     * @throws HostMistake if the back end can't be used; the machine is as it was
     */
    public void moveTo(Hypervisor other) {
        refuseSeveralCpus();
        vcpu().hold();
        MachineState before = state();
        Hypervisor present = hypervisor();
        try {
            exchangeCpu(other);
            restore(before);
        } catch (RuntimeException | Error e) {
            exchangeCpu(present);
            restore(before);
            throw e;
        }
    }

    private void exchangeCpu(Hypervisor other) {
        Vm old;
        lock.lock();
        try {
            old = vm;
            vm = null;
        } finally {
            lock.unlock();
        }
        loop.forgetCpus();
        if (old != null) {
            old.close();
        }
        Vm fresh = other.create(board);
        lock.lock();
        try {
            vm = fresh;
            hypervisor = other;
            loop.open(vm.vcpus());
            // In place of a kick that came while there was no CPU.
            vm.vcpu().kick();
        } finally {
            lock.unlock();
        }
        onChips.accept(fresh.chips());
    }

    /** {@link Vm#deferWrites}; to be said again after a move to another back end. */
    public void deferWrites(AddressRange ofPorts) {
        ofVm(there -> {
            there.deferWrites(ofPorts);
            return null;
        });
    }

    /** {@link Vm#ioEvent}; it is this back end's and ends with it. */
    public Optional<IoEvent> ioEvent(AddressRange register, boolean port) {
        return ofVm(there -> there.ioEvent(register, port));
    }

    /** {@link Vm#irqEvent}; it is this back end's and ends with it. */
    public Optional<IrqEvent> irqEvent(int line) {
        return ofVm(there -> there.irqEvent(line));
    }

    /** Starts the CPUs' threads; the guest runs at once or, if {@code held}, at {@link #resume()}. */
    public void start(Pace pace, boolean held) {
        loop.start(pace, held);
    }

    public Pace pace() {
        return loop.pace();
    }

    public void pace(Pace newPace) {
        loop.pace(newPace);
    }

    /** Lets the guest run. */
    public void resume() {
        loop.resume();
    }

    /**
     * Holds the guest: a CPU's own thread after the instruction being executed, the others soon. {@link #awaitHeld()} waits
     * until all are.
     */
    public void hold() {
        loop.hold();
    }

    /**
     * Waits until the guest is held or the machine has ended.
     *
     * @throws IllegalStateException on one of the machine's own threads, which would wait for itself
     */
    public void awaitHeld() throws InterruptedException {
        loop.awaitHeld();
    }

    /** Whether the guest may run now: started, not held and not ended. */
    public boolean isRunning() {
        return loop.isRunning();
    }

    /**
     * Has a task done on the boot CPU's thread, between two instructions of every CPU, also while the guest is held. A task
     * that throws ends the machine as {@code FAILED}: it may have left a device half changed.
     *
     * @return whether it will be done: {@code false} once the machine is ending
     */
    public boolean post(Runnable task) {
        return loop.post(task);
    }

    /**
     * One step of the boot CPU, {@link Vcpu#step()}, in a posted task while the guest is held; other CPUs stand still. Idle
     * time before it is skipped; what would end a run ends the machine.
     */
    public VcpuExit step() {
        return loop.step(vcpu());
    }

    /** Names who is told, on its thread, that a CPU has stopped at a breakpoint; the guest is being held by then. */
    public void onBreakpoint(Consumer<VcpuExit> listener) {
        loop.onBreakpoint(listener);
    }

    /**
     * Names who is asked, on its thread, when at virtual pace its only CPU waits for an interrupt: whether he has seen to how
     * time passes until then. If not, it is skipped.
     */
    public void onIdle(BooleanSupplier listener) {
        loop.onIdle(listener);
    }

    /** How it ended; empty as long as it hasn't. */
    public Optional<MachineEnd> end() {
        return loop.end();
    }

    /** Completes when the machine ends. */
    public CompletableFuture<MachineEnd> whenEnded() {
        return loop.whenEnded();
    }

    /** Waits for the end at most this long of host time. */
    public Optional<MachineEnd> awaitEnd(Duration limit) throws InterruptedException {
        return loop.awaitEnd(limit);
    }

    /**
     * Ends the machine and waits for its threads; on one of them, ends it after the instruction or task at hand. Does nothing
     * if it has ended.
     */
    public void stop() {
        loop.stop();
    }

    /**
     * Ends the machine and frees its memory.
     *
     * @throws IllegalStateException in a task or device of a machine that hasn't ended: it still needs its memory
     */
    @Override
    public void close() {
        stop();
        if (end().isEmpty()) {
            throw new IllegalStateException(name + " can't be closed from within");
        }
        loop.forgetCpus();
        Vm toClose;
        lock.lock();
        try {
            toClose = vm;
            vm = null;
        } finally {
            lock.unlock();
        }
        if (toClose != null) {
            toClose.close();
        }
        memory.close();
    }
}
