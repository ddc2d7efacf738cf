// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.crossvm.ConnectionFunction;
import vmlab.crossvm.Dataport;
import vmlab.crossvm.VmcallConnections;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Machine;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.MachineSnapshot;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;

/**
 * A VM from power-on to its end: the machine, what it printed, what is typed, and the waits of scripts.
 *
 * <p>At virtual pace the guest runs only inside {@link #await}, its own or another VM's, by {@link Turns}; its own holds it at
 * the very instruction that made the condition true or at which the limit passed: so two runs of a script meet the guest at
 * the same instructions. In real time the guest runs freely and limits are the host's.
 *
 * <p>Threads: one script at a time calls {@link #await}; conditions are looked at on the machine's thread. There are no
 * locks of its own: what both need goes through the machine's inbox and a future.
 */
final class PowerCycle implements MachineFactory.Line, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PowerCycle.class);

    private final ConsoleLog log = new ConsoleLog();
    private final KernelMessages kernel = new KernelMessages();
    private final CopyOnWriteArrayList<Console.Listener> listeners;
    private volatile boolean quiet;
    private volatile Parcel parcel = Parcel.NONE;
    private volatile Recorder recorder = Recorder.NOBODY;
    private final Machine machine;
    private final GuestEvents events;
    private final TypedInput input;
    private final IrqLine eventIrq;
    private final BiFunction<Executor, List<ConnectionFunction.Ends>, List<ConnectionFunction>> makeFunctions;

    /** Connections as PCI functions; empty if the guest knows none such. */
    private List<ConnectionFunction> functions = List.of();

    private Supplier<List<Dataport>> dataports = List::of;
    private VmcallConnections connections;
    private final HandlerRun handlerRun = new HandlerRun();
    private final PostponedStart beginning;

    /** How often something came from outside that a boot by itself doesn't have. */
    private final AtomicInteger disturbances = new AtomicInteger();

    private final Turns turns;
    private final Turns.Member turn;
    private final Answers answers;
    private final Waits waits;

    /** Held while the memory is looked at or given back, as an ended machine's is looked at on any thread. */
    private final Object memoryUse = new Object();

    private boolean memoryGone;

    private volatile boolean held;
    /** If one is attached, it alone says when the guest runs. */
    private volatile Turns.Debugger debugger = Turns.Debugger.NONE;

    private volatile long consumed;

    /** How far waits have looked that leave what they find. */
    private volatile long seen;

    private volatile List<CpuState> lastRegisters;
    private volatile Duration lastTime;

    /** Makes the machine; it isn't started. */
    PowerCycle(
            VmSpec spec,
            MachineFactory machines,
            CopyOnWriteArrayList<Console.Listener> listeners,
            GuestEvents events,
            Turns turns) {
        this.listeners = listeners;
        this.events = events;
        MachineFactory.Prepared prepared = machines.prepare(spec, this, events);
        MachineFactory.Made made = prepared.made();
        machine = made.machine();
        beginning = new PostponedStart(prepared.load());
        eventIrq = made.eventIrq();
        makeFunctions = made.functions();
        input = new TypedInput(machine.clock(), made.inputAvailable());
        this.turns = turns;
        turn = turns.member(spec.index(), machine, handlerRun);
        answers = new Answers(machine, handlerRun, beginning);
        waits = new Waits(machine, turns, turn, handlerRun, answers);
        machine.whenEnded().thenRun(() -> {
            turn.leave();
            answers.end();
        });
    }

    /** Connects it with others; before its start. */
    void connect(VmcallConnections.Ends ends) {
        VmcallConnections.Wires wires = VmcallConnections.Wires.of(machine, turn::deliver, eventIrq);
        connections = machine.add(new VmcallConnections("crossvm", wires, ends));
    }

    /**
     * Connects it with others by PCI functions; before its start.
     *
     * @param newDataports what their dataports are from time to time, in their order
     */
    void plug(List<ConnectionFunction.Ends> connections, Supplier<List<Dataport>> newDataports) {
        functions = makeFunctions.apply(turn::deliver, connections);
        dataports = newDataports;
    }

    /** Has its PCI functions, if it has any, share the memory that is connected now. */
    void rewireFunctions() {
        List<ConnectionFunction> there = functions;
        List<Dataport> now = dataports.get();
        if (!there.isEmpty() && now.size() == there.size()) {
            machine.post(() -> {
                for (int i = 0; i < now.size(); i++) {
                    there.get(i).share(now.get(i));
                }
            });
        }
    }

    /** Connects it otherwise while it runs; its ids stay. */
    void rewire(VmcallConnections.Ends ends) {
        machine.post(() -> {
            if (connections == null) {
                connect(ends);
            } else {
                connections.rewire(ends);
            }
        });
    }

    /** Guest time as it can be seen from any thread. */
    long nanosSeen() {
        Duration last = lastTime;
        return last != null ? last.toNanos() : machine.clock().nanos();
    }

    /** What it is connected by; empty if it isn't. */
    Optional<VmcallConnections> connections() {
        return Optional.ofNullable(connections);
    }

    /** Loads the guest's kernel; gives the machine back if that fails. */
    void load() {
        try {
            beginning.load();
        } catch (RuntimeException | Error e) {
            machine.close();
            throw e;
        }
    }

    /** Starts the machine, at once if its kernel is loaded, else when somebody needs the guest. */
    void start(Machine.Pace pace) {
        beginning.start(() -> {
            machine.start(pace, pace == Machine.Pace.VIRTUAL);
            if (pace == Machine.Pace.VIRTUAL) {
                turn.join();
            }
        });
    }

    /** Starts the machine with a guest that is somewhere in its life. */
    void startFrom(MachineSnapshot snapshot, CycleState state) {
        beginning.startInstead(() -> {
            machine.restore(snapshot);
            restore(state);
        });
    }

    /** Whether the guest is the kernel's, and nobody has needed it so far. */
    boolean isUntouched() {
        return beginning.isUntouched();
    }

    /** How often somebody has typed, looked into the memory, moved it or debugged it. */
    int disturbances() {
        return disturbances.get();
    }

    /** Whether its guest hasn't begun yet. */
    boolean isPostponed() {
        return beginning.isPostponed();
    }

    /** The machine, as long as its guest hasn't begun: it has no thread of its own yet. */
    Machine machineToBe() {
        return machine;
    }

    /** Its guest begins now, if it was put off: there is another VM that may meet it. */
    void beginNow() {
        beginning.needed();
    }

    /** Its clock has been set, or another CPU is: turns are counted from there. */
    void retimed() {
        if (!held && end().isEmpty() && machine.pace() == Machine.Pace.VIRTUAL) {
            turn.leave();
            turn.join();
        }
    }

    // ---- what a snapshot holds besides the machine; for the machine's thread

    /** Its part of a state. */
    CycleState state(CycleState.OfVm ofVm) {
        return new CycleState(
                log.state(),
                kernel.state(),
                input.state(),
                consumed,
                machine.hypercalls().counts(),
                ofVm);
    }

    void restore(CycleState state) {
        log.restore(state.console());
        kernel.restore(state.kernel());
        input.restore(state.typed());
        consumed = state.consumed();
        machine.hypercalls().restore(state.calls());
    }

    /** Has the listeners of the console see all that was printed, as they would have. */
    void replayConsole() {
        byte[] printed = log.text().getBytes(StandardCharsets.UTF_8);
        listeners.forEach(listener -> tell(listener, printed));
    }

    /** Ends the machine and gives its memory back; what it printed and its registers stay. */
    @Override
    public void close() {
        if (lastRegisters == null) {
            handlerRun.interruptIfStuck();
            machine.stop();
            lastRegisters = machine.vcpus().stream().map(Vcpu::state).toList();
            lastTime = Duration.ofNanos(machine.clock().nanos());
            synchronized (memoryUse) {
                memoryGone = true;
                machine.close();
            }
        }
    }

    /** {@link #close()} for a handler, which needs the machine until it returns: what is left is done by the next close. */
    void stopFromWithin() {
        machine.stop();
    }

    Hypercalls hypercalls() {
        return machine.hypercalls();
    }

    HandlerRun handlerRun() {
        return handlerRun;
    }

    /** Guest time; for the machine's thread. */
    long nanos() {
        return machine.clock().nanos();
    }

    /** The guest has made a hypercall; for the machine's thread. */
    void called() {
        waits.called();
    }

    /** Ends the guest by a rule of the VMM's; for the machine's thread. */
    void kill(String source, String why, String logged) {
        events.report(source, why);
        machine.control()
                .kill(why + "\n" + logged + "\n" + machine.vcpu().state().describe());
    }

    ConsoleLog log() {
        return log;
    }

    /** Up to where the log has been read by {@code expect}. */
    long consumed() {
        return consumed;
    }

    void consumed(long position) {
        consumed = position;
    }

    long seen() {
        return seen;
    }

    void seen(long position) {
        seen = position;
    }

    Optional<String> panic() {
        return kernel.panic();
    }

    Optional<MachineEnd> end() {
        return machine.end();
    }

    /** Has somebody told of the end, on any thread. */
    void whenEnded(Consumer<MachineEnd> listener) {
        machine.whenEnded().thenAccept(listener);
    }

    /** Whether {@link #hold()} keeps the guest from running. */
    boolean isHeld() {
        return held;
    }

    /** Keeps the guest from running, whoever waits. */
    void hold() throws InterruptedException {
        beginning.needed();
        held = true;
        leaveAndHold();
        machine.awaitHeld();
    }

    /** {@link #hold()} for a handler: the guest stops behind the hypercall, and others go on then. */
    void holdFromWithin() {
        held = true;
        machine.hold();
        machine.post(() -> {
            if (held) {
                leaveAndHold();
            }
        });
    }

    private void leaveAndHold() {
        turn.leave();
        machine.hold();
    }

    /** Ends {@link #hold()}. */
    void release() {
        held = false;
        goOn();
    }

    /** Runs from now on, at its pace. */
    private void goOn() {
        if (end().isEmpty() && !held) {
            if (machine.pace() == Machine.Pace.VIRTUAL) {
                turn.join();
            } else if (debugger != Turns.Debugger.STOPS) {
                machine.resume();
            }
        }
    }

    Machine.Pace pace() {
        return machine.pace();
    }

    void pace(Machine.Pace pace) throws InterruptedException {
        beginning.needed();
        machine.pace(pace);
        if (pace == Machine.Pace.VIRTUAL) {
            machine.hold();
            machine.awaitHeld();
        } else {
            turn.leaveForGood();
        }
        goOn();
    }

    // ---- debuggers

    Machine machine() {
        beginning.needed();
        return machine;
    }

    boolean isDebugged() {
        return debugger != Turns.Debugger.NONE;
    }

    /** Whether a debugger has stopped the guest. */
    boolean isStoppedByDebugger() {
        return debugger == Turns.Debugger.STOPS;
    }

    /** Stops the guest, for a debugger; from now on it runs when the debugger says so, whoever waits for it. */
    void stopForDebugger() throws InterruptedException {
        disturbances.incrementAndGet();
        stoppedForDebugger();
        machine.hold();
        machine.awaitHeld();
    }

    /** The guest has come to a breakpoint. */
    void stoppedForDebugger() {
        debugger = Turns.Debugger.STOPS;
        turn.debugger(debugger);
    }

    /** Lets the guest go on, for a debugger. */
    void resumeForDebugger() {
        debugger = Turns.Debugger.RUNS;
        turn.debugger(debugger);
        if (machine.pace() == Machine.Pace.REAL_TIME) {
            machine.resume();
        }
    }

    /** The guest goes on if it would without a debugger: in real time, or if it is waited for. */
    void detachDebugger() throws InterruptedException {
        if (end().isPresent()) {
            debugger = Turns.Debugger.NONE;
            return;
        }
        machine.onBreakpoint(exit -> {});
        ask(() -> {
            debugger = Turns.Debugger.NONE;
            if (end().isEmpty()) {
                machine.vcpu().debug(DebugPoints.NONE);
            }
            turn.debugger(debugger);
            goOn();
            return true;
        });
    }

    /** Guest time since power-on. */
    Duration time() throws InterruptedException {
        if (beginning.isPostponed()) {
            return Duration.ZERO;
        }
        return lastTime != null
                ? lastTime
                : ask(() -> Duration.ofNanos(machine.clock().nanos()));
    }

    /** Of a CPU, by its number. */
    CpuState registers(int cpu) throws InterruptedException {
        return lastRegisters != null
                ? lastRegisters.get(cpu)
                : ask(() -> machine.vcpus().get(cpu).state());
    }

    CpuModel cpuModel() {
        return machine.cpuModel();
    }

    /** The back end it runs on. */
    String backend() {
        return machine.hypervisor().name();
    }

    /**
     * Has it go on with a CPU of that back end.
     *
     * @return why it can't; empty if it does, or has ended
     */
    Optional<RuntimeException> moveTo(Hypervisor hypervisor) throws InterruptedException {
        disturbances.incrementAndGet();
        CompletableFuture<Optional<RuntimeException>> answer = new CompletableFuture<>();
        return answers.await(answer, () -> answer.complete(moved(hypervisor)), () -> answer.complete(Optional.empty()));
    }

    private Optional<RuntimeException> moved(Hypervisor hypervisor) {
        try {
            machine.moveTo(hypervisor);
            recorder.moved();
            retimed();
            return Optional.empty();
        } catch (IllegalArgumentException | HostMistake e) {
            return Optional.of(e);
        }
    }

    /** Asks something of the machine that may need its memory. */
    <T> T inspect(Function<Machine, T> question) throws InterruptedException {
        disturbances.incrementAndGet();
        return ask(() -> {
            synchronized (memoryUse) {
                if (memoryGone) {
                    throw new LabMistake(
                            "the memory of " + machine.name() + " was given back when it was stopped",
                            "look at it before stop(); pause() keeps everything");
                }
                return question.apply(machine);
            }
        });
    }

    /** Lets the held guest make a step, and says how that went. */
    VcpuExit step() throws InterruptedException {
        return ask(() -> {
            recorder.live();
            return machine.step();
        });
    }

    /** Has a task done on the machine's thread, behind what it was given before, unless the machine ends. */
    void post(Runnable task) {
        machine.post(task);
    }

    /** Types for the guest. */
    void type(byte[] octets, boolean atOnce) {
        byte[] copy = octets.clone();
        disturbances.incrementAndGet();
        beginning.needed();
        machine.post(() -> {
            recorder.typed(copy, atOnce);
            typed(copy, atOnce);
        });
        turn.wake();
    }

    /** For the machine's thread, as {@link #given}. */
    void typed(byte[] octets, boolean atOnce) {
        input.add(octets, atOnce);
    }

    void given(Parcel newParcel) {
        parcel = newParcel;
    }

    /** Names who is told what the guest is given from outside. */
    void recorder(Recorder newRecorder) {
        recorder = newRecorder;
    }

    /** Has a question answered on the machine's thread, or on this one if the machine has ended. */
    <T> T ask(Supplier<T> question) throws InterruptedException {
        return answers.ask(question);
    }

    /**
     * Waits until the watch is met, the limit has passed, the guest has panicked or has ended.
     *
     * @throws InterruptedException if this thread is interrupted; at virtual pace the guest is held then
     */
    Waits.Outcome await(Waits.Watch watch, Duration limit) throws InterruptedException {
        return waits.await(watch, limit, kernel::panic, () -> recorder.live());
    }

    /** Keeps what is printed from the listeners, or lets them have it again. */
    void quiet(boolean newQuiet) {
        quiet = newQuiet;
    }

    @Override
    public void sent(int octet, boolean polled) {
        log.append(octet);
        boolean panicked = polled && kernel.append(octet);
        if (!quiet) {
            for (Console.Listener listener : listeners) {
                tell(listener, new byte[] {(byte) octet});
            }
        }
        waits.sent(octet, polled, panicked);
    }

    /** A listener is somebody else's code: its failure must not end the machine. */
    private void tell(Console.Listener listener, byte[] octets) {
        try {
            listener.printed(octets);
        } catch (RuntimeException | Error e) {
            listeners.remove(listener);
            LOG.error("a listener of the console of {} failed and gets no more output", machine.name(), e);
        }
    }

    @Override
    public int next() {
        return input.next();
    }

    /** From now on the guest may take or give this file. */
    void parcel(Parcel newParcel) {
        recorder.parcel(newParcel);
        parcel = newParcel;
    }

    @Override
    public int nextOfFile() {
        return parcel.next();
    }

    @Override
    public void ofFile(int octet) {
        parcel.given(octet);
    }
}
