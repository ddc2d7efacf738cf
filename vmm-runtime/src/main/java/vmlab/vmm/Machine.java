// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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

    /** Guards the fields below; never held while the guest runs or a posted task is executed. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
    private boolean wantRunning;
    private boolean inGuest;
    private Thread thread;

    private volatile Pace pace = Pace.VIRTUAL;
    private Vm vm;
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
        };
    }

    private void request(MachineEnd wanted) {
        requestedEnd = wanted;
        vm.vcpu().kick();
    }

    /** Creates the CPU. */
    public void open(Hypervisor hypervisor, InterruptController interrupts) {
        if (vm != null) {
            throw new IllegalStateException("already open");
        }
        vm = hypervisor.create(new Hypervisor.Board(memory, ports, mmio, interrupts, clock, hypercalls, events));
    }

    /** The CPU. Its state may be looked at when the machine is held, or in a posted task. */
    public Vcpu vcpu() {
        return vm.vcpu();
    }

    /** Starts the machine's thread; the guest runs at once or, if {@code held}, at {@link #resume()}. */
    public void start(Pace initialPace, boolean held) {
        lock.lock();
        try {
            if (thread != null) {
                throw new IllegalStateException(name + " has been started before");
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
        vm.vcpu().kick();
    }

    private void setRunning(boolean running) {
        lock.lock();
        try {
            wantRunning = running;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the guest is held or the machine has ended. */
    public void awaitHeld() throws InterruptedException {
        lock.lock();
        try {
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

    /** Has a task done on the machine's thread, between two instructions, also while the guest is held. */
    public void post(Runnable task) {
        lock.lock();
        try {
            inbox.add(task);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (vm != null) {
            vm.vcpu().kick();
        }
    }

    /** How it ended; empty as long as it hasn't. */
    public Optional<MachineEnd> end() {
        return Optional.ofNullable(end.getNow(null));
    }

    /** Completes when the machine ends. */
    public CompletableFuture<MachineEnd> whenEnded() {
        return end.copy();
    }

    /** Ends the machine and waits for its thread. Does nothing if it has ended. */
    public void stop() {
        post(() -> requestedEnd = new MachineEnd(MachineEnd.Kind.STOPPED, 0, ""));
        Thread toJoin = thread;
        if (toJoin == null) {
            end.complete(new MachineEnd(MachineEnd.Kind.STOPPED, 0, ""));
        } else if (toJoin != Thread.currentThread()) {
            boolean interrupted = false;
            while (toJoin.isAlive()) {
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
    }

    /** Ends the machine and frees its memory. */
    @Override
    public void close() {
        stop();
        if (vm != null) {
            vm.close();
        }
        memory.close();
    }

    private void life() {
        MachineEnd ended;
        try {
            ended = run();
        } catch (RuntimeException | Error e) {
            LOG.error("{}: vmlab failed", name, e);
            ended = new MachineEnd(MachineEnd.Kind.FAILED, 0, e.toString());
        }
        lock.lock();
        try {
            wantRunning = false;
            inGuest = false;
            end.complete(ended);
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
                awaitChange(Long.MAX_VALUE);
                continue;
            }
            VcpuExit exit = vm.vcpu().run();
            leaveGuest();
            switch (exit.kind()) {
                case HALTED -> idle();
                case STOPPED -> {
                    return new MachineEnd(MachineEnd.Kind.POWERED_OFF, 0, exit.detail());
                }
                case SHUTDOWN -> {
                    return new MachineEnd(MachineEnd.Kind.CRASHED, 0, exit.detail());
                }
                case FAILED -> {
                    return new MachineEnd(MachineEnd.Kind.FAILED, 0, exit.detail());
                }
                case BREAKPOINT -> setRunning(false);
                case KICKED -> {}
            }
        }
    }

    private void runInbox() {
        while (true) {
            Runnable task;
            lock.lock();
            try {
                task = inbox.poll();
            } finally {
                lock.unlock();
            }
            if (task == null) {
                return;
            }
            task.run();
        }
    }

    private boolean enterGuest() {
        lock.lock();
        try {
            inGuest = wantRunning;
            return inGuest;
        } finally {
            lock.unlock();
        }
    }

    private void leaveGuest() {
        lock.lock();
        try {
            inGuest = false;
            changed.signalAll();
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
        awaitChange(deadline == Long.MAX_VALUE ? deadline : deadline - guestFrom);
        if (pace == Pace.REAL_TIME) {
            clock.skipTo(Math.min(deadline, guestFrom + System.nanoTime() - from));
        }
    }

    /** Waits for a posted task, for a change of {@link #wantRunning}, or for the time to pass. */
    private void awaitChange(long nanos) {
        lock.lock();
        try {
            boolean running = wantRunning;
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
