// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import vmlab.camkes.CamkesProject;
import vmlab.camkes.CamkesWriter;
import vmlab.camkes.LoadOptions;
import vmlab.ccomponent.CBehaviour;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.AssemblyChange;
import vmlab.dsl.model.AssemblyChecker;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.CompositionChecker;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.ProcedureChecker;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;
import vmlab.export.DotWriter;
import vmlab.export.DslWriter;
import vmlab.export.MermaidWriter;
import vmlab.vmm.Machine.Pace;

/**
 * The live VMs of a script or a prompt.
 *
 * <p>At virtual pace a wait for one VM lets time pass for all that are started and not paused. Threads: any.
 */
public final class Lab implements AutoCloseable {
    private final LabSettings settings;
    private final MachineFactory machines;
    private final CopyOnWriteArrayList<LabVm> vms = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Consumer<LabVm>> listeners = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<LabComponent> components = new CopyOnWriteArrayList<>();
    private final Activity activity = new Activity();
    private final Timeline timeline = new Timeline();
    private final Watches watches = new Watches((what, thrown) -> author().failed(what, thrown));
    private final Wiring wiring = new Wiring(new Around(), activity, timeline, watches);
    private final CopyOnWriteArrayList<Runnable> changed = new CopyOnWriteArrayList<>();
    private final Turns turns = new Turns();
    private final LabSnapshots kept = new LabSnapshots(this);
    private final TimeTravel travel = new TimeTravel(this);
    private volatile Assembly assembly = Assembly.EMPTY;

    /** Paths of interfaces that needn't be connected; guarded by this object. */
    private Set<String> loose = Set.of();

    private volatile Pace pace;
    private volatile Author author = Author.unknown();

    /**
     * A lab of PCs.
     *
     * @throws BackendUnavailable if this host can't give the back end that the settings name
     */
    public Lab(LabSettings settings) {
        this(settings, new PcFactory(settings));
        BackendChoice.check(settings.backend());
    }

    /** A lab of other machines than PCs. */
    public Lab(LabSettings settings, MachineFactory machines) {
        this.settings = Objects.requireNonNull(settings);
        this.machines = Objects.requireNonNull(machines);
        pace = settings.pace();
    }

    public LabSettings settings() {
        return settings;
    }

    MachineFactory machines() {
        return machines;
    }

    /**
     * Adds an assembly's VMs, components and connections.
     *
     * @return the new VMs, not started
     * @throws AssemblyRefused if the assembly has problems or a VM of that name is there
     */
    public synchronized List<LabVm> apply(Assembly added) {
        List<Problem> problems = new ArrayList<>();
        for (VmSpec spec : added.vms()) {
            vm(spec.name())
                    .ifPresent(there -> problems.add(new Problem(
                            spec.location(),
                            "there is a " + spec.name() + " already, from "
                                    + there.spec().location(),
                            "another number, as in vm(" + nextIndex()
                                    + "), lab.apply { } to change it, or lab.clear() to begin anew")));
        }
        problems.addAll(AssemblyChecker.check(added.settled()));
        refuse(problems);
        Assembly whole = Assembly.union(List.of(assembly, added));
        refuse(problems(added.settled().vms(), whole, loose));
        List<LabVm> before = vms();
        carryOut(LabPlan.of(assembly, new AssemblyChange(added, List.of(), List.of())), loose);
        return vms().stream().filter(vm -> !before.contains(vm)).toList();
    }

    /**
     * What a change would do.
     *
     * @throws AssemblyRefused if it can't be done, with all that is wrong with it
     */
    public synchronized LabPlan plan(AssemblyChange change) {
        LabPlan plan = LabPlan.of(assembly, change);
        List<Problem> problems = new ArrayList<>(change.check(assembly));
        List<VmSpec> touched = plan.after().settled().vms().stream()
                .filter(vm -> !plan.before().settled().vms().contains(vm))
                .toList();
        problems.addAll(
                AssemblyChecker.check(new Assembly(touched, change.described().location())));
        refuse(problems);
        refuse(problems(touched, plan.after(), looseAfter(plan)));
        return plan;
    }

    /**
     * Changes what is there, also under running guests: the author is shown the plan, which is done then.
     *
     * @throws AssemblyRefused if it can't be done; nothing is changed then
     */
    public synchronized LabPlan apply(AssemblyChange change) {
        LabPlan plan = plan(change);
        author.told(plan.toString());
        carryOut(plan, looseAfter(plan));
        return plan;
    }

    /** Takes a VM, a component or a connection away, with what connects it: a change that names only that. */
    public LabPlan remove(String name) {
        boolean there = vm(name).isPresent()
                || component(name).isPresent()
                || connection(name).isPresent();
        if (!there) {
            List<String> names = new ArrayList<>();
            vms.forEach(vm -> names.add(vm.name()));
            components.forEach(component -> names.add(component.name()));
            connections().forEach(connection -> names.add(connection.name()));
            throw new LabMistake(
                    "there is no " + name + " to remove",
                    Similar.didYouMean(name, names, "there are " + String.join(", ", names)));
        }
        SourceLocation nowhere = Assembly.EMPTY.location();
        return apply(new AssemblyChange(Assembly.EMPTY, List.of(new AssemblyChange.Named(name, nowhere)), List.of()));
    }

    /** Takes everything away, snapshots too, as if nothing had been described; who listens goes on listening. */
    public synchronized void clear() {
        List<AssemblyChange.Named> all = Stream.of(
                        vms.stream().map(LabVm::name),
                        components.stream().map(LabComponent::name),
                        connections().stream().map(LabConnection::name))
                .flatMap(names -> names)
                .map(name -> new AssemblyChange.Named(name, Assembly.EMPTY.location()))
                .toList();
        kept.close();
        travel.close();
        vms.forEach(vm -> vm.snapshotsOf().close());
        carryOut(LabPlan.of(assembly, new AssemblyChange(Assembly.EMPTY, all, List.of())), Set.of());
        assembly = Assembly.EMPTY;
    }

    private List<Problem> problems(List<VmSpec> touched, Assembly whole, Set<String> mayBeLoose) {
        List<Problem> problems =
                new ArrayList<>(CompositionChecker.check(whole.types(), whole.wholeComposition(), mayBeLoose));
        problems.addAll(ProcedureChecker.check(whole));
        touched.forEach(vm -> problems.addAll(machines.problems(vm)));
        return problems;
    }

    private static void refuse(List<Problem> problems) {
        if (!problems.isEmpty()) {
            throw new AssemblyRefused(problems);
        }
    }

    /** Interfaces that have been connected once may be left alone later. */
    private Set<String> looseAfter(LabPlan plan) {
        Set<String> paths = new HashSet<>(loose);
        plan.before().composition().connections().stream()
                .flatMap(connection -> connection.ends().stream())
                .forEach(end -> paths.add(end.path()));
        return paths;
    }

    private void carryOut(LabPlan plan, Set<String> newLoose) {
        loose = newLoose;
        new Rebuild(this, plan).run();
        changed.forEach(Runnable::run);
    }

    /** Has somebody told whenever VMs, components or connections have come or gone. */
    public void onChange(Runnable listener) {
        changed.add(Objects.requireNonNull(listener));
    }

    void assembly(Assembly newAssembly) {
        assembly = newAssembly;
    }

    void add(LabVm vm) {
        vms.add(vm);
        listeners.forEach(listener -> listener.accept(vm));
    }

    void add(LabComponent component) {
        components.add(component);
    }

    void remove(LabVm vm) {
        vms.remove(vm);
    }

    void remove(LabComponent component) {
        components.remove(component);
    }

    /**
     * Adds what a {@code .camkes} file describes; its author is told what its names were found to be.
     *
     * @return the new VMs, not started
     * @throws AssemblyRefused if the file or what it describes has problems
     */
    public List<LabVm> load(Path file, LoadOptions options) {
        CamkesProject project = CamkesProject.read(file, options);
        if (!project.problems().isEmpty()) {
            throw new AssemblyRefused(project.problems());
        }
        Assembly described = project.withPrograms(settings.guest()::component);
        // What doesn't compile is refused before anything is there.
        described
                .components()
                .forEach(component -> component
                        .behaviour()
                        .filter(CBehaviour.class::isInstance)
                        .ifPresent(behaviour -> ((CBehaviour) behaviour).compile()));
        List<LabVm> added = apply(described);
        project.notes().forEach(author::told);
        return added;
    }

    /** What the lab is now as a {@code .camkes} file. */
    public String toCamkes() {
        return CamkesWriter.write(assembly);
    }

    /** What the lab is now as a script. */
    public String toDsl() {
        return DslWriter.write(assembly);
    }

    private String label(Connection connection) {
        String counted = connection(connection.name()).map(LabConnection::label).orElse("");
        return counted.isEmpty() ? connection.name() : connection.name() + " (" + counted + ")";
    }

    /** A picture of the lab for Graphviz, with what its connections have carried. */
    public String toDot() {
        return DotWriter.write(assembly, this::label);
    }

    /** A picture of the lab for Markdown, with what its connections have carried. */
    public String toMermaid() {
        return MermaidWriter.write(assembly, this::label);
    }

    /** All that was described so far. */
    public Assembly assembly() {
        return assembly;
    }

    /** The live components that are no VMs, in the order they came. */
    public List<LabComponent> components() {
        return List.copyOf(components);
    }

    public Optional<LabComponent> component(String name) {
        return components.stream().filter(c -> c.name().equals(name)).findFirst();
    }

    Activity activity() {
        return activity;
    }

    /** An interface of an instance as a live object: a {@link LabEvent}, {@link LabDataport}, {@link LabProcedure} or {@link LabLock}. */
    public Optional<Object> port(String instance, String face) {
        return wiring.port(instance, face);
    }

    Turns turns() {
        return turns;
    }

    Wiring wiring() {
        return wiring;
    }

    Watches watches() {
        return watches;
    }

    /** What happened, in order. */
    public Timeline timeline() {
        return timeline;
    }

    /** The live connections in the order they came; prints as a table. */
    public LabConnections connections() {
        return new LabConnections(wiring.connections());
    }

    public Optional<LabConnection> connection(String name) {
        return wiring.connections().stream().filter(c -> c.name().equals(name)).findFirst();
    }

    /** Notes what an instance does. */
    void record(Timeline.Kind kind, String source, String detail) {
        record(kind, source, "", detail);
    }

    void record(Timeline.Kind kind, String source, String sink, String detail) {
        timeline.record(nanos(source), kind, source, sink, detail);
    }

    /** A VM's time or, for what has none of its own, that of the VM that is furthest. */
    private long nanos(String instance) {
        return vm(instance)
                .map(LabVm::nanos)
                .orElseGet(() -> vms.stream().mapToLong(LabVm::nanos).max().orElse(0));
    }

    private final class Around implements Wiring.Surroundings {
        @Override
        public void arrived(LabEvent event) {
            event.gate().open();
            if (pace == Pace.VIRTUAL && !activity.awaitQuiet()) {
                author.told(event.instance() + " is still at work; its guests go on");
            }
        }

        @Override
        public long nanos(String instance) {
            return Lab.this.nanos(instance);
        }

        @Override
        public void rewired(String instance) {
            vm(instance).ifPresent(LabVm::rewire);
        }

        @Override
        public Object serve(String instance, String face, String method, List<Object> arguments) {
            return component(instance)
                    .orElseThrow(() -> new LabMistake(instance + " is no component that is called", "call another"))
                    .serve(face, method, arguments);
        }

        @Override
        public boolean servesCalls(String instance) {
            return component(instance)
                    .flatMap(component -> component.spec().behaviour())
                    .filter(Behaviour::servesCalls)
                    .isPresent();
        }

        @Override
        public Optional<Procedure> procedure(String type) {
            return assembly.procedure(type);
        }

        @Override
        public int initialCount(String instance, Interface lock) {
            return switch (lock.kind()) {
                case SEMAPHORE ->
                    assembly.composition().settings().stream()
                            .filter(s -> s.instance().equals(instance)
                                    && s.setting().attribute().equals(lock.name() + "_value"))
                            .map(s -> s.setting().value())
                            .filter(Integer.class::isInstance)
                            .mapToInt(Integer.class::cast)
                            .findFirst()
                            .orElse(1);
                case BINARY_SEMAPHORE -> 0;
                default -> 1;
            };
        }

        @Override
        public boolean isVm(String instance) {
            return assembly.vms().stream().anyMatch(vm -> vm.name().equals(instance));
        }
    }

    private int nextIndex() {
        return vms.stream().mapToInt(vm -> vm.spec().index() + 1).max().orElse(0);
    }

    /** All VMs in the order they came. */
    public List<LabVm> vms() {
        return List.copyOf(vms);
    }

    public Optional<LabVm> vm(String name) {
        return vms.stream().filter(vm -> vm.name().equals(name)).findFirst();
    }

    /** Has every VM that is added from now on announced, on the thread that adds it. */
    public void onVm(Consumer<LabVm> listener) {
        listeners.add(Objects.requireNonNull(listener));
    }

    // ---- snapshots

    /** Keeps all VMs that are on, and what their connections hold, under a name; one of that name is forgotten. */
    public LabSnapshot snapshot(String name) {
        return kept.take(name);
    }

    /** Goes back to a snapshot of its own; VMs that were off then are off. */
    public Lab restore(String name) {
        kept.restore(name);
        return this;
    }

    /** Goes on from a snapshot of this lab, or of another one of such VMs. */
    public Lab restore(LabSnapshot snapshot) {
        kept.restore(snapshot);
        return this;
    }

    /** Goes on from a snapshot in a file. */
    public Lab restore(Path file) {
        kept.restore(file);
        return this;
    }

    /** {@link #restore(Path)} for a file. */
    public Lab restore(File file) {
        return restore(file.toPath());
    }

    /** Its snapshots by name, in the order they were taken. */
    public Map<String, LabSnapshot> snapshots() {
        return kept.named();
    }

    /** What differs between two snapshots of its own: of each VM registers, devices, memory by symbols, console. */
    public List<SnapshotDiff> diff(String first, String second) {
        return diff(kept.named(first), kept.named(second));
    }

    /** What differs between two snapshots. */
    public List<SnapshotDiff> diff(LabSnapshot first, LabSnapshot second) {
        return kept.diff(first, second);
    }

    /**
     * So many labs of their own that go on from where this one is. Their VMs share memory with this one's until they write to it;
     * handlers of hypercalls are the same objects. They end with this lab, or when they are closed.
     *
     * @throws LabMistake if a component that is no VM runs: where it is can't be copied
     */
    public List<Lab> fork(int count) {
        return kept.fork(count);
    }

    /** {@link #remember(Duration)} each second of guest time. */
    public Lab remember() {
        return remember(Duration.ofSeconds(1));
    }

    /**
     * Has the past of its only VM that is on be known from now on, at virtual pace and on the CPU in Java. What the guest is given
     * from outside is recorded, and a snapshot taken each {@code every} of guest time.
     */
    public Lab remember(Duration every) {
        travel.remember(every);
        return this;
    }

    /** Goes back by so much guest time. The guest goes on from there when it is waited for next. */
    public Lab back(Duration time) {
        travel.back(time);
        return this;
    }

    /**
     * Goes to another moment, also to a later one, as long as the guest hasn't gone on from an earlier one.
     *
     * @param where {@code hypercall: 4, nth: 3}: just behind the third call of token 4 since power-on; {@code time: 2.seconds}: where
     *     so much guest time had passed since power-on
     */
    public Lab goTo(Map<String, ?> where) {
        travel.goTo(where);
        return this;
    }

    TimeTravel travel() {
        return travel;
    }

    /** A VM or component by its name, as Groovy writes it: {@code lab.vm0}. */
    public Object propertyMissing(String name) {
        Optional<LabVm> vm = vm(name);
        if (vm.isPresent()) {
            return vm.get();
        }
        return component(name).orElseThrow(() -> new LabMistake("the lab has no " + name, "it has " + names()));
    }

    private String names() {
        List<String> names = new ArrayList<>(vms().stream().map(LabVm::name).toList());
        names.addAll(components().stream().map(LabComponent::name).toList());
        return names.isEmpty() ? "nothing so far" : String.join(", ", names);
    }

    public Pace pace() {
        return pace;
    }

    /**
     * Changes the pace of all machines. In real time, VMs that were started run freely from now on; at virtual pace they
     * stand still until they are waited for. Not while a VM is waited for.
     */
    public synchronized void pace(Pace newPace) {
        pace = Objects.requireNonNull(newPace);
        vms.forEach(vm -> vm.pace(newPace));
    }

    /**
     * Has the VMs take turns at virtual pace in an order that is drawn from this, from now on: another seed is another course
     * of events, the same one the same. 0, as at first, is the order of their numbers.
     */
    public void seed(long seed) {
        turns.seed(seed);
    }

    /** Who is told of what handlers do. */
    public Author author() {
        return author;
    }

    /** Names who writes the handlers of this lab, in place of an earlier author. */
    public void author(Author newAuthor) {
        author = Objects.requireNonNull(newAuthor);
    }

    /** Ctrl-C: ends handlers of hypercalls that loop for ever, which pauses their VMs, and components that do. */
    public void interruptHandlers() {
        vms.forEach(LabVm::interruptHandler);
        components.forEach(LabComponent::interruptIfStuck);
    }

    /** Ends all VMs. */
    @Override
    public synchronized void close() {
        vms.forEach(LabVm::stop);
        vms.forEach(vm -> vm.snapshotsOf().close());
        kept.close();
        travel.close();
        settings.boots().awaitKept();
        components.forEach(LabComponent::close);
        wiring.close();
    }
}
