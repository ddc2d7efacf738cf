// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import vmlab.dsl.model.VmSpec;
import vmlab.gdb.GdbServer;
import vmlab.guest.GuestCache;
import vmlab.guest.SymbolFile;
import vmlab.vmm.CpuModel;
import vmlab.vmm.CpuState;
import vmlab.vmm.Disassembler;
import vmlab.vmm.HostMistake;
import vmlab.vmm.HypercallRegisters;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.Machine;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.MachineEnd;
import vmlab.vmm.VcpuExit;

/**
 * A VM of a lab, as a script or a person at the prompt handles it.
 *
 * <p>At virtual pace its guest moves on only while one of the waiting methods runs, its own or those of another VM of the lab
 * ({@link #login}, {@link #sh}, {@link #run}, {@link #awaitEnd}, {@link Console#expect}), and limits are guest time; in real
 * time it runs freely and limits are host time. Threads: any, one wait at a time. Errors: a wait ends with a {@link WaitFailure}, what can't be
 * done as things are is a {@link LabMistake}.
 */
public final class LabVm {
    /** Limit of waits that aren't given one. */
    public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(60);

    /** Limit for a guest's way from power-on to its login. */
    public static final Duration LOGIN_LIMIT = Duration.ofMinutes(5);

    private static final int SCREEN_INSTRUCTIONS = 16;
    private static final int MOST_STEPS = 1_000_000;

    /** Lines of the console that a failed wait shows. */
    private static final int SHOWN_LINES = 10;

    /** Where a VM is in its life. */
    public enum State {
        /** Not started. */
        CREATED,
        /** Started. At virtual pace its guest moves on only while somebody waits for it or another one. */
        RUNNING,
        /** Paused by {@link #pause()}. */
        HELD,
        /** Over; {@link #start()} begins anew. */
        ENDED
    }

    /** Something odd the machine saw its guest do. */
    public record GuestEvent(String source, String message) {
        @Override
        public String toString() {
            return source + ": " + message;
        }
    }

    private volatile VmSpec spec;
    private final Lab lab;

    /**
     * Held while its connections change: not this object itself, which is locked while its machine ends, whose thread may be
     * what changes them.
     */
    private final Object wires = new Object();

    /** What its guest knows by ids since power-on. */
    private volatile VmFaces faces;

    private final Console console = new Console(this);
    private final VmHypercalls hypercalls = new VmHypercalls(this);
    private final GuestView memory = new GuestView(this, false);
    private final GuestView virtual = new GuestView(this, true);
    private final VmSymbols symbols = new VmSymbols(this);
    private final CodeView code = new CodeView(virtual, symbols);
    private final VmDescription description = new VmDescription(this);
    private final GuestEventLog events = new GuestEventLog();
    private final VmSnapshots kept = new VmSnapshots(this);
    private final QuickBoot boot = new QuickBoot(this);

    private volatile PowerCycle cycle;
    private ShellDialogue shell;
    private GdbServer gdb;

    LabVm(VmSpec spec, Lab lab) {
        this.spec = spec;
        this.lab = lab;
        faces = VmFaces.of(spec);
    }

    /** Its name: {@code vm0}. */
    public String name() {
        return spec.name();
    }

    /** What the script said about it. */
    public VmSpec spec() {
        return spec;
    }

    Lab lab() {
        return lab;
    }

    /** An interface of its component as a live object: a {@link LabEvent} or a {@link LabDataport}. */
    public Optional<Object> port(String face) {
        return lab.port(name(), face);
    }

    /** Which back end it gets and, if that was chosen for the user, why: one line; empty if none does for its kernel. */
    public String backendNote() {
        return lab.machines().backendNote(spec);
    }

    public State state() {
        PowerCycle now = cycle;
        if (now == null) {
            return State.CREATED;
        }
        return now.end().isPresent() ? State.ENDED : now.isHeld() ? State.HELD : State.RUNNING;
    }

    /** Its first serial line. */
    public Console console() {
        return console;
    }

    /** Its hypercalls: handlers, counts, trace. */
    public VmHypercalls hypercalls() {
        return hypercalls;
    }

    /** Registers a hypercall's handler, in place of an earlier one: {@link VmHypercalls#register}. */
    public void hypercall(Number token, CallHandler handler) {
        hypercalls.register(token, handler);
    }

    /** {@link #waitForHypercall(Number, Duration)} with {@link #DEFAULT_LIMIT}. */
    public HypercallRegisters waitForHypercall(Number token) {
        return waitForHypercall(token, DEFAULT_LIMIT);
    }

    /**
     * Waits for a call with this token, handled or not, that no such wait has seen since power-on; if there were several,
     * all of them are seen then.
     *
     * @param limit guest time at virtual pace, else host time
     * @return the registers of the newest call
     */
    public HypercallRegisters waitForHypercall(Number token, Duration limit) {
        return hypercalls.await(running(), token, limit);
    }

    /** Powers it on; does nothing if it is on. One that has ended begins anew, with an empty console. */
    public LabVm start() {
        return start(Map.of());
    }

    /**
     * {@link #start()} with options.
     *
     * @param options {@code coldBoot: true} has the guest boot, even if it is known how it is when it has booted
     */
    public synchronized LabVm start(Map<String, ?> options) {
        boolean cold = QuickBoot.isCold(options);
        if (isOff()) {
            PowerCycle fresh = powerOn();
            boot.begin(fresh, cold);
        }
        return this;
    }

    private boolean isOff() {
        return cycle == null || cycle.end().isPresent();
    }

    /** Makes the machine, whose guest hasn't begun. */
    private PowerCycle powerOn() {
        close();
        events.restore(List.of());
        PowerCycle fresh = new PowerCycle(spec, lab.machines(), console.listeners(), events, lab.turns());
        shell = new ShellDialogue(this, fresh);
        faces = VmFaces.of(spec);
        lab.wiring().connect(spec, faces, fresh);
        return fresh;
    }

    /** The machine has a guest, or gets one when it is needed. */
    void begins(PowerCycle fresh) {
        hypercalls.connect(fresh);
        cycle = fresh;
        note("running");
        fresh.whenEnded(end -> note(Spoken.end(end)));
        fresh.start(lab.pace());
    }

    /** Its time of being on, which begins now if it is off, with a guest that somebody brings. */
    synchronized PowerCycle onOrPostponed() {
        if (isOff()) {
            begins(powerOn());
        }
        return cycle;
    }

    // ---- snapshots

    /** Keeps it as it is now, under a name; one of that name is forgotten. */
    public VmSnapshot snapshot(String name) {
        return kept.take(name);
    }

    /** Goes back to a snapshot of its own; from off, too. */
    public LabVm restore(String name) {
        kept.restore(name);
        return this;
    }

    /** Goes on from a snapshot of any VM of the same equipment. */
    public LabVm restore(VmSnapshot snapshot) {
        kept.restore(snapshot);
        return this;
    }

    /** Goes on from a snapshot in a file. */
    public LabVm restore(Path file) {
        kept.restore(file);
        return this;
    }

    /** {@link #restore(Path)} for a file. */
    public LabVm restore(File file) {
        return restore(file.toPath());
    }

    /** What differs between two of its snapshots: registers, devices, memory by the kernel's symbols, console. */
    public SnapshotDiff diff(String first, String second) {
        return kept.diff(first, second);
    }

    /** Its snapshots by name, in the order they were taken. */
    public Map<String, VmSnapshot> snapshots() {
        return kept.named();
    }

    /** Whether no other VM of the lab is on. */
    boolean standsAlone() {
        return lab.vms().stream()
                .noneMatch(other -> other != this && (other.state() == State.RUNNING || other.state() == State.HELD));
    }

    /** Its guest begins, if that was put off. */
    void beginNow() {
        lastCycle().filter(now -> now.end().isEmpty()).ifPresent(PowerCycle::beginNow);
    }

    VmSnapshots snapshotsOf() {
        return kept;
    }

    /** What a snapshot holds besides the machine. */
    CycleState.OfVm known() {
        return new CycleState.OfVm(shell.state(), hypercalls.seen(), events());
    }

    /** Time has been travelled: all that was printed and called until now has been seen. */
    void arrived(PowerCycle now) {
        shell.restore(new ShellDialogue.State(false, shell.state().commands()));
        now.consumed(now.log().end());
        Map<Integer, Long> all = new HashMap<>();
        now.hypercalls().counts().forEach(count -> all.put(count.token(), count.calls()));
        hypercalls.seen(all);
    }

    void knows(CycleState.OfVm known) {
        shell.restore(known.shell());
        hypercalls.seen(known.seenCalls());
        events.restore(known.events());
    }

    /** Is described otherwise from now on: its interfaces at once, the rest when it is started next. */
    void respecified(VmSpec newSpec) {
        spec = newSpec;
        rewire();
    }

    /**
     * Has its guest see what is connected now; does nothing if it is off. One that knows its connections as PCI functions has
     * those of its power-on, with the memory that is connected now.
     */
    void rewire() {
        synchronized (wires) {
            PowerCycle now = cycle;
            if (now == null || now.end().isPresent()) {
                return;
            }
            now.rewireFunctions();
            if (spec.crossvmConnections().isEmpty()) {
                faces = faces.grownTo(spec);
                if (!faces.isEmpty()) {
                    now.rewire(lab.wiring().endsOf(faces));
                }
            }
        }
    }

    /** Guest time as it can be seen from any thread. */
    long nanos() {
        return lastCycle().map(PowerCycle::nanosSeen).orElse(0L);
    }

    /** Takes its power; does nothing if it is off. In a handler of its own, when that is done. */
    public LabVm stop() {
        PowerCycle now = cycle;
        if (now != null && now.handlerRun().isCaller()) {
            now.stopFromWithin();
        } else {
            close();
        }
        return this;
    }

    private synchronized void close() {
        if (cycle != null) {
            cycle.close();
        }
        if (gdb != null) {
            gdb.close();
            gdb = null;
        }
    }

    /** Holds it until {@link #resume()}; does nothing if it is held. Waits for it are refused meanwhile. */
    public LabVm pause() {
        PowerCycle now = started();
        refuseIfDebugged(now);
        if (!now.isHeld()) {
            note("paused");
        }
        if (now.handlerRun().isCaller()) {
            now.holdFromWithin();
            return this;
        }
        interruptibly("its pause", () -> {
            now.hold();
            return now;
        });
        return this;
    }

    /** Ends {@link #pause()}. */
    public LabVm resume() {
        PowerCycle now = started();
        refuseIfDebugged(now);
        if (now.isHeld()) {
            note("running");
        }
        now.release();
        return this;
    }

    /** Its state, for the timeline. */
    private void note(String newState) {
        lab.record(Timeline.Kind.STATE, name(), newState);
    }

    /**
     * Waits for gdb on loopback. While one is attached, it alone says when the guest runs: waits of scripts go along, and
     * don't stop the guest when they end. When it leaves, the guest goes on as if it hadn't been there.
     *
     * @param port 0 for any that is free; if gdb is waited for already, that stays and the port is ignored
     * @return prints as the command that attaches
     */
    public synchronized GdbServer gdb(int port) {
        poweredOn();
        if (gdb == null) {
            gdb = GdbServer.listen(new DebuggedGuest(this), port, name() + "-gdb");
        }
        return gdb;
    }

    /**
     * Its kernel's own symbols as an ELF file, for {@code gdb FILE}; made on the host without a boot. A kernel that moves
     * itself (KASLR: a vmlinuz booted without {@code nokaslr}) runs elsewhere.
     */
    public Path symbolFile() {
        Object image = spec.kernelImage();
        Path kernel = image instanceof Path path ? path : lab.settings().guest().debianKernel();
        return SymbolFile.of(GuestCache.ofUser(), kernel);
    }

    /** {@link #gdb(int)} at any port. */
    public GdbServer gdb() {
        return gdb(0);
    }

    /** Lets it run for so much time (guest time at virtual pace, else host time). */
    public LabVm run(Duration time) {
        PowerCycle now = running();
        String awaited = "the end of its run of " + Spoken.duration(time);
        Waits.Outcome outcome = interruptibly(awaited, () -> now.await(Until.NEVER, time));
        lab.watches().look();
        if (outcome != Waits.Outcome.LIMIT) {
            throw failure(now, outcome, awaited, time);
        }
        return this;
    }

    /** {@link #awaitEnd(Duration)} with {@link #DEFAULT_LIMIT}. */
    public MachineEnd awaitEnd() {
        return awaitEnd(DEFAULT_LIMIT);
    }

    /** Waits until it ends of itself. */
    public MachineEnd awaitEnd(Duration limit) {
        PowerCycle now = poweredOn();
        if (now.end().isEmpty()) {
            refuseIfHeld(now);
            Waits.Outcome outcome = interruptibly("its end", () -> now.await(Until.NEVER, limit));
            lab.watches().look();
            if (outcome != Waits.Outcome.ENDED) {
                throw failure(now, outcome, "its end", limit);
            }
        }
        return now.end().orElseThrow();
    }

    /** Logs in as root with the password root; starts the VM if nobody has. */
    public LabVm login() {
        return login("root", "root");
    }

    /** Waits for the login prompt and logs in, up to the shell's prompt; starts the VM if nobody has. */
    public LabVm login(String user, String password) {
        if (state() == State.CREATED) {
            start();
        }
        boot.login(running(), shell, user, password);
        return this;
    }

    /** {@link #sh(String, Duration)} with {@link #DEFAULT_LIMIT}. */
    public ShellResult sh(String command) {
        return sh(command, DEFAULT_LIMIT);
    }

    /**
     * Has the logged-in shell do a command and waits for its end. The command may be a script of many lines; it changes
     * the shell as if it were typed ({@code cd}, variables), but its standard input is empty.
     */
    public ShellResult sh(String command, Duration limit) {
        running();
        return shell.sh(command, limit);
    }

    /** The back end it runs on: {@code soft} or {@code kvm}. */
    public String backend() {
        return poweredOn().backend();
    }

    /**
     * Has it go on with a CPU of another back end, from the instruction where it is: its console, its hypercalls and who
     * waits for it stay. The next {@link #start()} is on the lab's own back end again.
     *
     * @param backend {@code soft} or {@code kvm}
     * @throws LabMistake if that back end can't be used here, or can't run what the guest has become
     */
    public LabVm moveTo(String backend) {
        PowerCycle now = started();
        if (now.handlerRun().isCaller()) {
            throw new LabMistake(
                    "a handler can't move " + name() + ", whose CPU is in the middle of its call",
                    "move it outside of the handler, behind " + name() + ".waitForHypercall(…)");
        }
        Hypervisor hypervisor = hypervisor(backend, now.cpuModel());
        Optional<RuntimeException> refused = interruptibly("its move to " + backend, () -> now.moveTo(hypervisor));
        if (refused.isPresent()) {
            throw new LabMistake(
                    "%s can't move to %s: %s"
                            .formatted(name(), backend, refused.get().getMessage()),
                    refused.get() instanceof HostMistake mistake
                            ? mistake.remedy()
                            : "it goes on where it was; start it anew on " + backend + " with a guest that fits");
        }
        return this;
    }

    private Hypervisor hypervisor(String backend, CpuModel cpu) {
        Backend wanted = switch (backend.toLowerCase(Locale.ROOT)) {
            case "soft" -> Backend.SOFT;
            case "kvm" -> Backend.KVM;
            default ->
                throw new LabMistake(
                        "there is no back end \"%s\"".formatted(backend), name() + ".moveTo 'kvm', or 'soft'");
        };
        try {
            return BackendChoice.of(wanted, lab.settings().softCpu(), cpu).hypervisor();
        } catch (BackendUnavailable e) {
            throw new LabMistake(e.getMessage(), e.remedy());
        }
    }

    /**
     * Copies a file of the host's into the running guest, whose shell somebody must be logged in to as root.
     *
     * @param path in the guest; its folder must be there
     */
    public LabVm put(Path file, String path) {
        try {
            boolean program = Files.isExecutable(file);
            new FileCopy(this)
                    .put(Files.readAllBytes(file), path.endsWith("/") ? path + file.getFileName() : path, program);
        } catch (IOException e) {
            throw new LabMistake(file + " can't be read: " + e, "give the path of a file on this host");
        }
        return this;
    }

    /** {@link #put(Path, String)} for a path as text. */
    public LabVm put(String file, String path) {
        return put(Path.of(file), path);
    }

    /** {@link #put(Path, String)} for a file. */
    public LabVm put(File file, String path) {
        return put(file.toPath(), path);
    }

    /** Makes a file with these octets in the running guest. */
    public LabVm put(byte[] content, String path) {
        new FileCopy(this).put(content, path, false);
        return this;
    }

    /**
     * The octets of a file in the running guest, whose shell somebody must be logged in to as root.
     *
     * @param path no String, lest Groovy takes the method for what answers to unknown properties
     */
    public byte[] get(CharSequence path) {
        return new FileCopy(this).get(path.toString());
    }

    /** Builds a program or module of its {@code rootfs { }} anew, if its sources changed, and copies it into the guest. */
    public LabVm install(String name) {
        new FileCopy(this).install(name);
        return this;
    }

    /** {@link #install(String)} for a module, which is loaded then in place of its predecessor. */
    public LabVm insmod(String name) {
        new FileCopy(this).insmod(name);
        return this;
    }

    /** How it ended; empty as long as it hasn't. */
    public Optional<MachineEnd> end() {
        return lastCycle().flatMap(PowerCycle::end);
    }

    /** Guest time since power-on. */
    public Duration time() {
        Optional<PowerCycle> last = lastCycle();
        return last.isEmpty() ? Duration.ZERO : interruptibly("its clock", last.get()::time);
    }

    /** The boot CPU's registers, between two instructions. */
    public CpuState registers() {
        return registers(0);
    }

    CpuState registers(int cpu) {
        return interruptibly("its registers", () -> poweredOn().registers(cpu));
    }

    /** One of its CPUs; the boot CPU is 0. */
    public LabCpu cpu(int number) {
        if (number < 0 || number >= spec.numVcpus()) {
            throw new LabMistake(
                    name() + " has no CPU " + number,
                    spec.numVcpus() == 1 ? "its only CPU is 0" : "it has 0 to " + (spec.numVcpus() - 1));
        }
        return new LabCpu(this, number);
    }

    /** Its RAM, by physical address. */
    public GuestView memory() {
        return memory;
    }

    /** Its memory through the page tables that its CPU uses now. */
    public GuestView virtual() {
        return virtual;
    }

    /** The names of its kernel's addresses. */
    public VmSymbols symbols() {
        return symbols;
    }

    /** Where its CPU is: the address of the next instruction, and the symbol it is in. */
    public String where() {
        return where(registers().general().rip());
    }

    /** What an address is in: {@code 0xc1000010 <startup_32+0x10>}. */
    public String where(Number address) {
        return code.place(GuestView.number(address, "an address"));
    }

    /** A screen of instructions from the next one on. */
    public String disassemble() {
        return disassemble(SCREEN_INSTRUCTIONS);
    }

    /** So many instructions from the next one on. */
    public String disassemble(int count) {
        CpuState state = registers();
        return code.lines(state, state.segments().cs().base() + state.general().rip(), count);
    }

    /**
     * So many instructions from there on, as the CPU in its present mode would read them.
     *
     * @param address virtual, or the name of a symbol, as in {@code 'schedule+0x10'}
     */
    public String disassemble(Object address, int count) {
        return code.lines(registers(), code.address(address), count);
    }

    /** {@link #step(int)} of one. */
    public String step() {
        return step(1);
    }

    /**
     * Lets the guest make so many steps: each an instruction, or the entry of an interrupt's handler. Idle time is skipped.
     * The VM must be paused or, at virtual pace, not be waited for.
     *
     * @return the instruction that comes next, as text; only its place where there is no disassembler
     */
    public String step(int count) {
        PowerCycle now = started();
        if (count < 1 || count > MOST_STEPS) {
            throw new LabMistake(count + " is no number of steps", "give 1 to " + MOST_STEPS);
        }
        if (!now.isHeld() && now.pace() == Pace.REAL_TIME) {
            throw new LabMistake(name() + " is running", name() + ".pause() first");
        }
        boolean goesOn = true;
        for (int i = 0; i < count && goesOn; i++) {
            goesOn = interruptibly("its step", now::step).kind() == VcpuExit.Kind.STEPPED;
        }
        if (!goesOn) {
            return name() + " can't make a step: "
                    + (now.end().isPresent() ? description.condition() : "it waits for a key or a device");
        }
        return Disassembler.isAvailable() ? disassemble(1) : where();
    }

    /** What its guest's processes are, as its own {@code ps} tells; a shell must be logged in. */
    public String ps() {
        return sh("ps").out();
    }

    /** Asks something of the machine. */
    <T> T inspect(Function<Machine, T> question) {
        PowerCycle now = poweredOn();
        return interruptibly("its memory", () -> now.inspect(question));
    }

    /** What its guest did oddly since power-on, oldest first; the newest thousand are kept. */
    public List<GuestEvent> events() {
        return events.list();
    }

    /** Several lines for people: what it is, how it is, what it can do. */
    public String describe() {
        return description.lines();
    }

    /** What it is, how it is and what it can do, in one line, as it must fit into the picture of a failed assertion. */
    @Override
    public String toString() {
        return description.line();
    }

    /** Its present or last time of being on. */
    Optional<PowerCycle> lastCycle() {
        return Optional.ofNullable(cycle);
    }

    void pace(Pace pace) {
        PowerCycle now = cycle;
        if (now != null && now.end().isEmpty()) {
            interruptibly("its pace to change", () -> {
                now.pace(pace);
                return now;
            });
        }
    }

    private PowerCycle started() {
        PowerCycle now = poweredOn();
        now.end().ifPresent(end -> {
            throw new LabMistake(name() + " is off: it " + Spoken.end(end), name() + ".start() begins anew");
        });
        return now;
    }

    /** The machine, which may have ended. */
    PowerCycle poweredOn() {
        return lastCycle().orElseThrow(this::notStarted);
    }

    /** The machine, if a script can wait for it. */
    PowerCycle running() {
        PowerCycle now = poweredOn();
        refuseIfHeld(now);
        return now;
    }

    private void refuseIfDebugged(PowerCycle now) {
        if (now.isDebugged()) {
            throw new LabMistake(
                    name() + " is in gdb's hands", "stop it and let it go on there, or leave gdb (detach, quit)");
        }
    }

    private void refuseIfHeld(PowerCycle now) {
        if (now.isHeld() && !now.isDebugged() && now.end().isEmpty()) {
            throw new LabMistake(name() + " is paused", name() + ".resume() first");
        }
    }

    private LabMistake notStarted() {
        return new LabMistake(name() + " isn't started", name() + ".start() first");
    }

    /** Waits, and throws what there is to say if the wait ends without what was waited for. */
    void await(PowerCycle on, Waits.Watch watch, String awaited, Duration limit) {
        Waits.Outcome outcome = interruptibly(awaited, () -> on.await(watch, limit));
        lab.watches().look();
        if (outcome != Waits.Outcome.MET) {
            throw failure(on, outcome, awaited, limit);
        }
    }

    private WaitFailure failure(PowerCycle on, Waits.Outcome outcome, String awaited, Duration limit) {
        List<String> lines = on.log().lastLines(SHOWN_LINES);
        return switch (outcome) {
            case PANICKED -> new GuestPanic(name(), awaited, on.panic().orElseThrow(), lines);
            case ENDED -> new GuestEnded(name(), awaited, on.end().orElseThrow(), lines);
            case MET, LIMIT -> new WaitTimedOut(name(), awaited, limit, on.pace() == Pace.VIRTUAL, lines);
        };
    }

    /** Ends a hypercall handler that loops for ever. */
    void interruptHandler() {
        lastCycle().ifPresent(now -> now.handlerRun().interruptIfStuck());
    }

    interface Interruptible<T> {
        T call() throws InterruptedException;
    }

    <T> T interruptibly(String awaited, Interruptible<T> wait) {
        try {
            return wait.call();
        } catch (InterruptedException e) {
            interruptHandler();
            Thread.currentThread().interrupt();
            throw new WaitInterrupted(name(), awaited, console.lastLines(SHOWN_LINES));
        }
    }

    /** The watch of who waits for time to pass or for the end. */
    enum Until implements Waits.Watch {
        NEVER;

        @Override
        public void sent(int octet, boolean polled) {
            // Whatever it prints.
        }

        @Override
        public boolean called() {
            return false;
        }

        @Override
        public boolean met() {
            return false;
        }
    }
}
