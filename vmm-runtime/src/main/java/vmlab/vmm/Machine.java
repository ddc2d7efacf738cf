// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of one virtual machine, wired: memory, buses, devices, clock and a CPU with the thread that runs it.
 *
 * <p>Built in steps: construct, map and {@link #add} devices, {@link #open} a back end on it, load a boot image,
 * {@link #start}. It can be held and let go on any number of times; it ends once.
 *
 * <p>Not modelled: power states, more than one CPU. Threads: the public methods may be called from any thread unless they
 * say otherwise; devices, alarms and posted tasks run on the machine's own thread, one at a time.
 */
public final class Machine implements AutoCloseable {
    /** How guest time relates to the host's. */
    public enum Pace {
        /** Idle time is skipped: the guest sees the same times in every run. */
        VIRTUAL,
        /** Idle time takes as long as it says: for people at a console. */
        REAL_TIME
    }

    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);

    private final String name;
    private final GuestMemory memory;
    private final GuestEvents events;
    private final IoBus ports;
    private final IoBus mmio;
    private final VmClock clock = new VmClock();
    private final Hypercalls hypercalls;
    private final List<Device> devices = new ArrayList<>();
    private final CompletableFuture<MachineEnd> end = new CompletableFuture<>();

    /**
     * Guards the fields below; never held while the guest runs, a posted task is executed or an end is announced. A CPU's
     * {@link Vcpu#kick()} is called under it, so that no kick meets a closed CPU.
     */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
    private boolean wantRunning;
    /** From when the thread goes for the guest until it has seen a hold: idle time is part of it. */
    private boolean inGuest;
    /** No task is taken any more. */
    private boolean ending;

    private Thread thread;
    private Consumer<Optional<ChipSet>> onChips = chips -> {};
    private Hypervisor hypervisor;
    private Hypervisor.Board board;
    private Vm vm;

    private volatile Pace pace = Pace.VIRTUAL;
    private volatile Consumer<VcpuExit> onBreakpoint = exit -> {};

    /** The first request wins. The machine's own thread only. */
    private MachineEnd requestedEnd;

    /** A machine without devices or CPU. */
    public Machine(String name, GuestMemory memory, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.memory = Objects.requireNonNull(memory);
        this.events = Objects.requireNonNull(events);
        ports = new IoBus("port", events);
        mmio = new IoBus("memory", events);
        hypercalls = new Hypercalls(events);
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

    /** What devices use to reset or end the machine. For the machine's own thread. */
    public MachineControl control() {
        return new MachineControl() {
            @Override
            public void reset(String reason) {
                request(new MachineEnd(MachineEnd.Kind.RESET, 0, reason));
            }

            @Override
            public void exit(int status, String reason) {
                request(new MachineEnd(MachineEnd.Kind.EXITED, status, reason));
            }

            @Override
            public void kill(String reason) {
                request(new MachineEnd(MachineEnd.Kind.KILLED, 0, reason));
            }
        };
    }

    private void request(MachineEnd wanted) {
        if (requestedEnd == null) {
            requestedEnd = wanted;
        }
        kick();
    }

    private void kick() {
        lock.lock();
        try {
            if (vm != null) {
                vm.vcpu().kick();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Creates a 32-bit CPU. */
    public void open(Hypervisor hypervisor, InterruptController interrupts) {
        open(hypervisor, CpuModel.I386, interrupts);
    }

    /** Creates the CPU. */
    public void open(Hypervisor first, CpuModel cpu, InterruptController interrupts) {
        lock.lock();
        try {
            if (vm != null || ending) {
                throw new IllegalStateException(name + " has been opened or ended before");
            }
            board = new Hypervisor.Board(cpu, memory, ports, mmio, interrupts, clock, hypercalls, events);
            hypervisor = first;
            vm = hypervisor.create(board);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The CPU. Its state may be looked at when the machine is held, or in a posted task.
     *
     * @throws IllegalStateException before {@link #open} and after {@link #close}
     */
    public Vcpu vcpu() {
        return ofVm(Vm::vcpu);
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

    /** All of it but its memory. */
    public MachineState state() {
        Map<String, Record> states = new LinkedHashMap<>();
        for (Device device : devices) {
            if (device instanceof Stateful<?> stateful) {
                states.put(device.name(), stateful.state());
            }
        }
        return new MachineState(clock.nanos(), List.of(vcpu().state()), states);
    }

    /**
     * Takes over a state of a machine with the same parts; the memory that belongs to it is the caller's business.
     *
     * @throws IllegalArgumentException if the parts are others, or the CPU can't have such a state; it may have been taken
     *     over in part
     */
    public void restore(MachineState state) {
        if (state.cpus().size() != 1) {
            throw new IllegalArgumentException("this machine has one CPU, the state %d"
                    .formatted(state.cpus().size()));
        }
        if (!state.devices().keySet().equals(state().devices().keySet())) {
            throw new IllegalArgumentException("this machine has other parts than the state: %s and %s"
                    .formatted(state().devices().keySet(), state.devices().keySet()));
        }
        clock.restore(state.nanos());
        for (Device device : devices) {
            if (device instanceof Stateful<?> stateful) {
                restore(stateful, state.devices().get(device.name()));
            }
        }
        vcpu().restore(state.cpus().get(0));
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
        if (old != null) {
            old.close();
        }
        Vm fresh = other.create(board);
        lock.lock();
        try {
            vm = fresh;
            hypervisor = other;
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

    /** Starts the machine's thread; the guest runs at once or, if {@code held}, at {@link #resume()}. */
    public void start(Pace initialPace, boolean held) {
        lock.lock();
        try {
            if (vm == null || thread != null || ending) {
                throw new IllegalStateException(name + " is not open, or has been started or ended before");
            }
            pace = initialPace;
            wantRunning = !held;
            thread = new Thread(this::life, name + "-vcpu0");
            thread.setDaemon(true);
            thread.start();
        } finally {
            lock.unlock();
        }
    }

    public Pace pace() {
        return pace;
    }

    public void pace(Pace newPace) {
        pace = Objects.requireNonNull(newPace);
        post(() -> {});
    }

    /** Lets the guest run. */
    public void resume() {
        setRunning(true);
    }

    /**
     * Holds the guest: on the machine's own thread after the instruction being executed, from elsewhere soon.
     * {@link #awaitHeld()} waits until it is.
     */
    public void hold() {
        setRunning(false);
        kick();
    }

    private void setRunning(boolean running) {
        lock.lock();
        try {
            wantRunning = running && !ending;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the guest is held or the machine has ended.
     *
     * @throws IllegalStateException on the machine's own thread, which would wait for itself
     */
    public void awaitHeld() throws InterruptedException {
        lock.lock();
        try {
            if (Thread.currentThread() == thread) {
                throw new IllegalStateException(name + " can't wait for itself");
            }
            while ((inGuest || wantRunning) && !end.isDone()) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the guest may run now: started, not held and not ended. */
    public boolean isRunning() {
        lock.lock();
        try {
            return thread != null && wantRunning && !end.isDone();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has a task done on the machine's thread, between two instructions, also while the guest is held. A task that throws
     * ends the machine as {@code FAILED}: it may have left a device half changed.
     *
     * @return whether it will be done: {@code false} once the machine is ending
     */
    public boolean post(Runnable task) {
        Objects.requireNonNull(task);
        lock.lock();
        try {
            if (ending) {
                return false;
            }
            inbox.add(task);
            changed.signalAll();
            kick();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Names who is told, on the machine's thread, that the CPU has stopped at a breakpoint; the guest is held by then. */
    public void onBreakpoint(Consumer<VcpuExit> listener) {
        onBreakpoint = Objects.requireNonNull(listener);
    }

    /** How it ended; empty as long as it hasn't. */
    public Optional<MachineEnd> end() {
        return Optional.ofNullable(end.getNow(null));
    }

    /** Completes when the machine ends. */
    public CompletableFuture<MachineEnd> whenEnded() {
        return end.copy();
    }

    /**
     * Ends the machine and waits for its thread; on that thread, ends it after the task at hand. Does nothing if it has
     * ended.
     */
    public void stop() {
        MachineEnd stopped = new MachineEnd(MachineEnd.Kind.STOPPED, 0, "");
        Thread toJoin = startedThread();
        if (toJoin == null) {
            end(stopped);
        } else {
            post(() -> request(stopped));
            joinUnlessCurrent(toJoin);
        }
    }

    /** The machine's thread. If there is none, there never will be. */
    private Thread startedThread() {
        lock.lock();
        try {
            ending |= thread == null;
            return thread;
        } finally {
            lock.unlock();
        }
    }

    private static void joinUnlessCurrent(Thread toJoin) {
        boolean interrupted = false;
        while (toJoin != Thread.currentThread() && toJoin.isAlive()) {
            try {
                toJoin.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the machine and frees its memory.
     *
     * @throws IllegalStateException in a task or device of a machine that hasn't ended: it still needs its memory
     */
    @Override
    public void close() {
        stop();
        Vm toClose;
        lock.lock();
        try {
            if (!end.isDone()) {
                throw new IllegalStateException(name + " can't be closed from within");
            }
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

    private void life() {
        MachineEnd ended;
        try {
            ended = run();
        } catch (Throwable e) {
            ended = failed(e);
        }
        end(ended);
    }

    /** Does the tasks that were taken, as who posted one may be waiting for its answer, and announces the end. */
    private void end(MachineEnd ended) {
        refuseTasks();
        MachineEnd announced = ended;
        for (Runnable task = nextTask(); task != null; task = nextTask()) {
            try {
                task.run();
            } catch (Throwable e) {
                announced = failed(e);
            }
        }
        announce(announced);
    }

    private void refuseTasks() {
        lock.lock();
        try {
            ending = true;
            wantRunning = false;
        } finally {
            lock.unlock();
        }
    }

    private MachineEnd failed(Throwable cause) {
        LOG.error("{}: vmlab failed", name, cause);
        return new MachineEnd(MachineEnd.Kind.FAILED, 0, cause.toString());
    }

    /** Not under the lock: what follows on the end may ask for anything, on any thread. */
    private void announce(MachineEnd ended) {
        end.complete(ended);
        lock.lock();
        try {
            inGuest = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private MachineEnd run() {
        while (true) {
            runInbox();
            if (requestedEnd != null) {
                return requestedEnd;
            }
            if (!enterGuest()) {
                awaitChange(false, Long.MAX_VALUE);
                continue;
            }
            VcpuExit exit = vm.vcpu().run();
            if (requestedEnd != null) {
                return requestedEnd;
            }
            Optional<MachineEnd> ended = endOf(exit);
            if (ended.isPresent()) {
                return ended.get();
            }
            switch (exit.kind()) {
                case HALTED -> idle();
                case BREAKPOINT -> {
                    setRunning(false);
                    onBreakpoint.accept(exit);
                }
                default -> {}
            }
        }
    }

    private static Optional<MachineEnd> endOf(VcpuExit exit) {
        return switch (exit.kind()) {
            case STOPPED -> Optional.of(new MachineEnd(MachineEnd.Kind.POWERED_OFF, 0, exit.detail()));
            case SHUTDOWN -> Optional.of(new MachineEnd(MachineEnd.Kind.CRASHED, 0, exit.detail()));
            case FAILED -> Optional.of(new MachineEnd(MachineEnd.Kind.FAILED, 0, exit.detail()));
            case HALTED, BREAKPOINT, KICKED, STEPPED -> Optional.empty();
        };
    }

    /**
     * One step of the CPU, {@link Vcpu#step()}, in a posted task while the guest is held. Idle time before it is skipped;
     * what would end a run ends the machine.
     */
    public VcpuExit step() {
        VcpuExit exit = vm.vcpu().step();
        while (exit.kind() == VcpuExit.Kind.KICKED || exit.kind() == VcpuExit.Kind.HALTED && skipIdle()) {
            exit = vm.vcpu().step();
        }
        endOf(exit).ifPresent(this::request);
        return exit;
    }

    /** Whether there is an alarm to wait for. */
    private boolean skipIdle() {
        long deadline = clock.nextDeadline();
        if (deadline != Long.MAX_VALUE) {
            clock.skipTo(deadline);
        }
        return deadline != Long.MAX_VALUE;
    }

    /** Does the tasks that are there now: one that posts itself again must not keep the machine from ending. */
    private void runInbox() {
        for (int left = tasks(); left > 0; left--) {
            nextTask().run();
        }
    }

    private int tasks() {
        lock.lock();
        try {
            return inbox.size();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest task, or null. */
    private Runnable nextTask() {
        lock.lock();
        try {
            return inbox.poll();
        } finally {
            lock.unlock();
        }
    }

    private boolean enterGuest() {
        lock.lock();
        try {
            if (!wantRunning) {
                vm.vcpu().hold();
            }
            inGuest = wantRunning;
            changed.signalAll();
            return inGuest;
        } finally {
            lock.unlock();
        }
    }

    /** Lets idle time pass: skipped, or as long as the host's clock says. A posted task ends it early. */
    private void idle() {
        long deadline = clock.nextDeadline();
        if (pace == Pace.VIRTUAL && deadline != Long.MAX_VALUE) {
            clock.skipTo(deadline);
            return;
        }
        long from = System.nanoTime();
        long guestFrom = clock.nanos();
        awaitChange(true, deadline == Long.MAX_VALUE ? deadline : deadline - guestFrom);
        if (pace == Pace.REAL_TIME) {
            clock.skipTo(Math.min(deadline, guestFrom + System.nanoTime() - from));
        }
    }

    /** Waits for a posted task, for {@link #wantRunning} not to be {@code running} any more, or for the time to pass. */
    private void awaitChange(boolean running, long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (inbox.isEmpty() && wantRunning == running && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a shutting-down JVM; the machine ends like any other.
            requestedEnd = new MachineEnd(MachineEnd.Kind.STOPPED, 0, "interrupted");
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end at most this long of host time. */
    public Optional<MachineEnd> awaitEnd(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (!end.isDone() && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
        return end();
    }
}
