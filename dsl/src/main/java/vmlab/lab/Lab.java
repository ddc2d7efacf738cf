// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.AssemblyChecker;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.CompositionChecker;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.VmSpec;
import vmlab.vmm.Machine.Pace;

/**
 * The live VMs of a script or a prompt.
 *
 * <p>At virtual pace a wait for one VM runs that one only. Threads: any.
 */
public final class Lab implements AutoCloseable {
    private final LabSettings settings;
    private final MachineFactory machines;
    private final CopyOnWriteArrayList<LabVm> vms = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Consumer<LabVm>> listeners = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<LabComponent> components = new CopyOnWriteArrayList<>();
    private final Activity activity = new Activity();
    private final Wiring wiring = new Wiring();
    private final LabSnapshots snapshots = new LabSnapshots(this);
    private volatile Assembly assembly = Assembly.EMPTY;
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
     * Adds an assembly's VMs.
     *
     * @return the new VMs, not started
     * @throws AssemblyRefused if the assembly has problems or a VM of that name is there
     */
    public synchronized List<LabVm> apply(Assembly assembly) {
        List<Problem> problems = new ArrayList<>(AssemblyChecker.check(assembly));
        for (VmSpec spec : assembly.vms()) {
            vm(spec.name())
                    .ifPresent(there -> problems.add(new Problem(
                            spec.location(),
                            "there is a " + spec.name() + " already, from "
                                    + there.spec().location(),
                            "another number, as in vm(" + nextIndex() + ")")));
        }
        Assembly whole = Assembly.union(List.of(this.assembly, assembly));
        if (problems.isEmpty()) {
            problems.addAll(CompositionChecker.check(whole.types(), whole.wholeComposition()));
            assembly.vms().forEach(spec -> problems.addAll(machines.problems(spec)));
        }
        if (!problems.isEmpty()) {
            throw new AssemblyRefused(problems);
        }
        this.assembly = whole;
        wiring.add(assembly.composition(), whole::sizeBytes);
        List<LabVm> added =
                assembly.vms().stream().map(spec -> new LabVm(spec, this)).toList();
        vms.addAll(added);
        assembly.composition().instances().forEach(instance -> startComponent(instance, whole));
        added.forEach(vm -> listeners.forEach(listener -> listener.accept(vm)));
        return added;
    }

    private void startComponent(Composition.Instance instance, Assembly whole) {
        ComponentSpec spec = whole.component(instance.type()).orElseThrow();
        LabComponent component = new LabComponent(instance.name(), spec, this);
        for (Interface face : spec.type().interfaces()) {
            wiring.dataport(instance.name(), face.name()).ifPresent(d -> component.plug(face.name(), d));
            wiring.event(instance.name(), face.name()).ifPresent(event -> {
                if (face.kind() == Interface.Kind.CONSUMES) {
                    component.plugConsumed(face.name(), event);
                } else {
                    component.plugEmitted(face.name(), event);
                }
            });
        }
        components.add(component);
        component.start();
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

    Wiring wiring() {
        return wiring;
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
        return snapshots.take(name);
    }

    /** Goes back to a snapshot of its own; VMs that were off then are off. */
    public Lab restore(String name) {
        snapshots.restore(name);
        return this;
    }

    /** Goes on from a snapshot of this lab, or of another one of such VMs. */
    public Lab restore(LabSnapshot snapshot) {
        snapshots.restore(snapshot);
        return this;
    }

    /** Goes on from a snapshot in a file. */
    public Lab restore(Path file) {
        snapshots.restore(file);
        return this;
    }

    /** {@link #restore(Path)} for a file. */
    public Lab restore(File file) {
        return restore(file.toPath());
    }

    /** Its snapshots by name, in the order they were taken. */
    public Map<String, LabSnapshot> snapshots() {
        return snapshots.named();
    }

    /**
     * So many labs of their own that go on from where this one is. Their VMs share memory with this one's until they write to it;
     * handlers of hypercalls are the same objects. They end with this lab, or when they are closed.
     *
     * @throws LabMistake if a component that is no VM runs: where it is can't be copied
     */
    public List<Lab> fork(int count) {
        return snapshots.fork(count);
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

    /** Who is told of what handlers do. */
    Author author() {
        return author;
    }

    /** Names who writes the handlers of this lab, in place of an earlier author. */
    public void author(Author newAuthor) {
        author = Objects.requireNonNull(newAuthor);
    }

    /** Ctrl-C: ends handlers of hypercalls that loop for ever, which pauses their VMs. */
    public void interruptHandlers() {
        vms.forEach(LabVm::interruptHandler);
    }

    /** Ends all VMs. */
    @Override
    public synchronized void close() {
        vms.forEach(LabVm::stop);
        vms.forEach(vm -> vm.snapshotsOf().close());
        snapshots.close();
        settings.boots().awaitKept();
        components.forEach(LabComponent::close);
        wiring.close();
    }
}
