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
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.vmm.Machine.Pace;

/**
 * The threads of a machine's CPUs: when a CPU may go for its guest, what is done while none does, and how it all ends.
 *
 * <p>A CPU is inside from when its thread goes for the guest until it has come back. Posted tasks are done by the boot CPU's
 * thread while nobody is inside, so a task finds every CPU between two instructions and every device at rest. Who is inside
 * of its own accord comes out because it is kicked for every task, hold and end.
 *
 * <p>Not modelled: idle time of several CPUs, which have to wait for their interrupts inside. Threads: any.
 */
final class RunLoop {
    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);

    /** How soon a stopped CPU of several is seen to have been started. */
    private static final long LOOK_EVERY_NANOS = 100_000_000;

    /** A host that was away for longer, suspended say, isn't caught up with. */
    private static final long MOST_OWED_NANOS = 200_000_000;

    /** What a CPU's thread does next. */
    private enum Step {
        GUEST,
        TASKS,
        END
    }

    private final String name;
    private final VmClock clock;
    private final CompletableFuture<MachineEnd> end = new CompletableFuture<>();

    /**
     * Guards the fields below; never held while the guest runs, a posted task is executed or an end is announced. A CPU's
     * {@link Vcpu#kick()} is called under it, so that no kick meets a closed CPU.
     */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
    private List<Vcpu> cpus = List.of();
    private List<Thread> threads = List.of();
    private boolean wantRunning;
    /** How many CPUs are. Idle time is part of it. */
    private int inside;
    /** Nobody has been inside since the CPUs were told of a hold. */
    private boolean resting = true;
    /** Tasks are being done. */
    private boolean working;
    /** How many CPUs have stopped. */
    private int stopped;
    /** The first request wins, but for failures. */
    private MachineEnd requestedEnd;
    /** No task is taken any more. */
    private boolean ending;

    /**
     * How long the host has let the guest sleep beyond its alarms in real time: the next idle time is so much shorter. The only
     * CPU's thread's.
     */
    private long owedNanos;

    private volatile Pace pace = Pace.VIRTUAL;
    private volatile Consumer<VcpuExit> onBreakpoint = exit -> {};
    private volatile BooleanSupplier onIdle = () -> false;

    RunLoop(String name, VmClock clock) {
        this.name = Objects.requireNonNull(name);
        this.clock = Objects.requireNonNull(clock);
    }

    // ---- for everybody

    /** Takes the CPUs that are to be run. */
    void open(List<Vcpu> ofMachine) {
        lock.lock();
        try {
            cpus = List.copyOf(ofMachine);
        } finally {
            lock.unlock();
        }
    }

    /** Starts a thread for each CPU. */
    void start(Pace initialPace, boolean held) {
        lock.lock();
        try {
            if (cpus.isEmpty() || !threads.isEmpty() || ending) {
                throw new IllegalStateException(name + " is not open, or has been started or ended before");
            }
            pace = initialPace;
            wantRunning = !held;
            List<Thread> made = new ArrayList<>();
            for (int i = 0; i < cpus.size(); i++) {
                made.add(thread(i));
            }
            threads = List.copyOf(made);
            threads.forEach(Thread::start);
        } finally {
            lock.unlock();
        }
    }

    private Thread thread(int number) {
        Thread thread = new Thread(() -> life(number), name + "-vcpu" + number);
        thread.setDaemon(true);
        return thread;
    }

    Pace pace() {
        return pace;
    }

    void pace(Pace newPace) {
        pace = Objects.requireNonNull(newPace);
        post(() -> {});
    }

    void onBreakpoint(Consumer<VcpuExit> listener) {
        onBreakpoint = Objects.requireNonNull(listener);
    }

    void onIdle(BooleanSupplier listener) {
        onIdle = Objects.requireNonNull(listener);
    }

    void resume() {
        setRunning(true);
    }

    void hold() {
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

    private void kick() {
        lock.lock();
        try {
            cpus.forEach(Vcpu::kick);
        } finally {
            lock.unlock();
        }
    }

    void awaitHeld() throws InterruptedException {
        lock.lock();
        try {
            if (isOwnThread()) {
                throw new IllegalStateException(name + " can't wait for itself");
            }
            while ((!resting || working || wantRunning) && !end.isDone()) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isOwnThread() {
        return threads.contains(Thread.currentThread());
    }

    boolean isRunning() {
        lock.lock();
        try {
            return !threads.isEmpty() && wantRunning && !end.isDone();
        } finally {
            lock.unlock();
        }
    }

    boolean post(Runnable task) {
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

    /** Has the machine end after the instruction or task at hand, unless something else has asked for its end before. */
    void request(MachineEnd wanted) {
        lock.lock();
        try {
            if (requestedEnd == null) {
                requestedEnd = wanted;
            }
            changed.signalAll();
            kick();
        } finally {
            lock.unlock();
        }
    }

    Optional<MachineEnd> end() {
        return Optional.ofNullable(end.getNow(null));
    }

    CompletableFuture<MachineEnd> whenEnded() {
        return end.copy();
    }

    Optional<MachineEnd> awaitEnd(Duration limit) throws InterruptedException {
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

    /** Ends the machine and waits for its threads; on one of them, ends it after the task or instruction at hand. */
    void stop() {
        MachineEnd wanted = new MachineEnd(MachineEnd.Kind.STOPPED, 0, "");
        List<Thread> toJoin = startedThreads();
        if (toJoin.isEmpty()) {
            end(wanted);
        } else {
            post(() -> request(wanted));
            joinUnlessOneOf(toJoin);
        }
    }

    /** The threads. If there are none, there never will be. */
    private List<Thread> startedThreads() {
        lock.lock();
        try {
            ending |= threads.isEmpty();
            return threads;
        } finally {
            lock.unlock();
        }
    }

    private static void joinUnlessOneOf(List<Thread> toJoin) {
        if (toJoin.contains(Thread.currentThread())) {
            return;
        }
        boolean interrupted = false;
        for (Thread thread : toJoin) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether no task is taken any more. */
    boolean isEnding() {
        lock.lock();
        try {
            return ending;
        } finally {
            lock.unlock();
        }
    }

    /** The CPUs are going to be closed: nobody kicks them any more. */
    void forgetCpus() {
        lock.lock();
        try {
            cpus = List.of();
        } finally {
            lock.unlock();
        }
    }

    // ---- the CPUs' threads

    private void life(int number) {
        boolean boot = number == 0;
        try {
            for (Step step = next(boot); step != Step.END; step = next(boot)) {
                if (step == Step.TASKS) {
                    runTasks();
                } else {
                    runGuest(cpu(number));
                }
            }
        } catch (Throwable e) {
            fail(e);
        }
        if (boot) {
            end(endOfAll());
        }
    }

    /** Its CPU now: a task may have put others in the place of all. */
    private Vcpu cpu(int number) {
        lock.lock();
        try {
            return cpus.get(number);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there is something to do. Whoever is told to go for the guest is inside from then on. */
    private Step next(boolean boot) {
        lock.lock();
        try {
            while (requestedEnd == null) {
                if (boot && !inbox.isEmpty() && inside == 0) {
                    working = true;
                    return Step.TASKS;
                }
                if (wantRunning && inbox.isEmpty() && !working) {
                    inside++;
                    resting = false;
                    return Step.GUEST;
                }
                if (boot && !wantRunning && inside == 0 && !resting) {
                    cpus.get(0).hold();
                    resting = true;
                    changed.signalAll();
                }
                changed.await();
            }
        } catch (InterruptedException e) {
            interrupted();
        } finally {
            lock.unlock();
        }
        return Step.END;
    }

    /** Nobody interrupts these threads but a shutting-down JVM; the machine ends like any other. */
    private void interrupted() {
        request(new MachineEnd(MachineEnd.Kind.STOPPED, 0, "interrupted"));
    }

    /** Does the tasks that are there now: one that posts itself again must not keep the machine from ending. */
    private void runTasks() {
        try {
            for (int left = tasks(); left > 0; left--) {
                nextTask().run();
            }
        } finally {
            lock.lock();
            working = false;
            changed.signalAll();
            lock.unlock();
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

    private void runGuest(Vcpu cpu) {
        try {
            act(cpu, cpu.run());
        } finally {
            comeOut();
        }
    }

    private void comeOut() {
        lock.lock();
        try {
            inside--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void act(Vcpu cpu, VcpuExit exit) {
        switch (exit.kind()) {
            case HALTED -> idle();
            case STOPPED -> stopOne(exit);
            case BREAKPOINT -> {
                holdAt(cpu);
                onBreakpoint.accept(exit);
            }
            default -> endOf(exit).ifPresent(this::request);
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

    /** In a posted task: one step. Idle time before it is skipped. */
    VcpuExit step(Vcpu cpu) {
        VcpuExit exit = cpu.step();
        while (exit.kind() == VcpuExit.Kind.KICKED || exit.kind() == VcpuExit.Kind.HALTED && skipIdle()) {
            exit = cpu.step();
        }
        if (exit.kind() != VcpuExit.Kind.STOPPED || threads.size() == 1) {
            endOf(exit).ifPresent(this::request);
        }
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

    /** Not by {@link #hold()}: the CPU at the breakpoint needs no kick, and would come out once more for it. */
    private void holdAt(Vcpu breakpoint) {
        lock.lock();
        try {
            setRunning(false);
            cpus.stream().filter(cpu -> cpu != breakpoint).forEach(Vcpu::kick);
        } finally {
            lock.unlock();
        }
    }

    /** The last one to stop takes the machine with it. Of several, one can be started anew by another until then. */
    private void stopOne(VcpuExit exit) {
        lock.lock();
        try {
            stopped++;
            if (stopped == cpus.size()) {
                endOf(exit).ifPresent(this::request);
            }
            awaitWork(LOOK_EVERY_NANOS);
            stopped--;
        } finally {
            lock.unlock();
        }
    }

    /** Lets idle time pass: skipped, or as long as the host's clock says. A posted task ends it early. */
    private void idle() {
        if (threads.size() > 1) {
            throw new IllegalStateException("a CPU of several has to wait for its interrupts itself");
        }
        if (endIsRequested() || pace == Pace.VIRTUAL && onIdle.getAsBoolean()) {
            return;
        }
        long deadline = clock.nextDeadline();
        if (pace == Pace.VIRTUAL && deadline != Long.MAX_VALUE) {
            clock.skipTo(deadline);
            return;
        }
        long from = System.nanoTime();
        long guestFrom = clock.nanos();
        awaitWork(deadline == Long.MAX_VALUE ? deadline : deadline - guestFrom - owedNanos);
        if (pace == Pace.REAL_TIME) {
            long passed = owedNanos + System.nanoTime() - from;
            clock.skipTo(Math.min(deadline, guestFrom + passed));
            owedNanos = Math.min(MOST_OWED_NANOS, guestFrom + passed - clock.nanos());
        }
    }

    private boolean endIsRequested() {
        lock.lock();
        try {
            return requestedEnd != null;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a posted task, a hold or an end, or for the time to pass. */
    private void awaitWork(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (inbox.isEmpty() && wantRunning && requestedEnd == null && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            interrupted();
        } finally {
            lock.unlock();
        }
    }

    // ---- the end

    private void fail(Throwable cause) {
        MachineEnd failed = failed(cause);
        lock.lock();
        try {
            requestedEnd = failed;
            request(failed);
        } finally {
            lock.unlock();
        }
    }

    private MachineEnd failed(Throwable cause) {
        LOG.error("{}: vmlab failed", name, cause);
        return new MachineEnd(MachineEnd.Kind.FAILED, 0, cause.toString());
    }

    /** What was requested, once all CPUs have come out. */
    private MachineEnd endOfAll() {
        lock.lock();
        try {
            while (inside > 0) {
                changed.awaitUninterruptibly();
            }
            return requestedEnd;
        } finally {
            lock.unlock();
        }
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

    /** Not under the lock: what follows on the end may ask for anything, on any thread. */
    private void announce(MachineEnd ended) {
        end.complete(ended);
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
