// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.List;
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
 * <p>At virtual pace a wait for one VM lets time pass for all that are started and not paused. Threads: any.
 */
public final class Lab implements AutoCloseable {
    private final LabSettings settings;
    private final MachineFactory machines;
    private final CopyOnWriteArrayList<LabVm> vms = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Consumer<LabVm>> listeners = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<LabComponent> components = new CopyOnWriteArrayList<>();
    private final Activity activity = new Activity();
    private final Wiring wiring = new Wiring();
    private final Turns turns = new Turns();
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

    Turns turns() {
        return turns;
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
        components.forEach(LabComponent::close);
        wiring.close();
    }
}
