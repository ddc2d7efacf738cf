// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.AssemblyChange;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.LabComponent;
import vmlab.lab.LabConnection;
import vmlab.lab.LabVm;

/** The words of {@code lab { }}. */
public final class LabBlock extends Block {
    private final SourceLocation location;
    private final List<VmSpec> vms = new ArrayList<>();
    private final List<ComponentSpec> components = new ArrayList<>();
    private final List<Procedure> procedures = new ArrayList<>();
    private final List<Composition> compositions = new ArrayList<>();
    private final List<AssemblyChange.Named> removed = new ArrayList<>();
    private final List<AssemblyChange.Named> unplugged = new ArrayList<>();

    LabBlock(LabScript script) {
        super(script);
        location = here("lab");
    }

    /** The component {@code InitN} and its instance {@code vmN}. */
    public void vm(int number, @DelegatesTo(value = VmBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        SourceLocation at = here("vm");
        if (number < 0) {
            throw noNumber(number);
        }
        VmBlock words = new VmBlock(script(), number);
        words.fill(block);
        vms.add(new VmSpec(number, words.settings(), words.interfaces(), words.attributes(), at));
    }

    /** What is said when the number isn't one. */
    public void vm(Object number, Closure<?> block) {
        throw noNumber(number instanceof CharSequence ? "'" + number + "'" : number);
    }

    /** What is said when there is no number. */
    public void vm(Closure<?> block) {
        throw new ScriptMistake("vm has no number", "vm(0) { } is the instance vm0 of the component Init0", "vm");
    }

    private static ScriptMistake noNumber(Object given) {
        return new ScriptMistake(
                "vm(" + given + ") isn't numbered", "vm(0) { } is the instance vm0 of the component Init0", "vm");
    }

    /** A component that is no VM; {@code composition { }} makes instances of it. */
    public void component(
            String name,
            @DelegatesTo(value = ComponentBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        ComponentBlock words = new ComponentBlock(script(), name, knownProcedures());
        words.fill(block);
        components.add(words.spec());
    }

    /** A type of procedures, declared before the components that have one. */
    public void procedure(
            String name,
            @DelegatesTo(value = ProcedureBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        SourceLocation at = here("procedure");
        ProcedureBlock words = new ProcedureBlock(script(), name);
        words.fill(block);
        procedures.add(new Procedure(name, words.signatures(), at));
    }

    /** Declared here or in the lab; of two of one name this one. */
    private List<Procedure> knownProcedures() {
        return Stream.concat(procedures.stream(), script().context().lab().assembly().procedures().stream())
                .toList();
    }

    /** Instances and connections. */
    public void composition(
            @DelegatesTo(value = CompositionBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        CompositionBlock words = new CompositionBlock(script(), known());
        words.fill(block);
        compositions.add(words.composition());
    }

    /** Attributes of instances: {@code configuration { vm0.data_id = 1 }}. */
    public void configuration(
            @DelegatesTo(value = CompositionBlock.class, strategy = Closure.DELEGATE_ONLY) Closure<?> block) {
        composition(block);
    }

    /** Takes something of the lab away, by its name; for {@code lab.apply { }}. */
    public void remove(Object gone) {
        removed.add(new AssemblyChange.Named(name(gone), here("remove")));
    }

    /** Has a connection be there but not plugged in, by its name; for {@code lab.apply { }}. */
    public void unplug(Object connection) {
        unplugged.add(new AssemblyChange.Named(name(connection), here("unplug")));
    }

    private static String name(Object named) {
        return named instanceof LabVm vm
                ? vm.name()
                : named instanceof LabComponent component
                        ? component.name()
                        : named instanceof LabConnection connection ? connection.name() : String.valueOf(named);
    }

    AssemblyChange change() {
        return new AssemblyChange(assembly(), removed, unplugged);
    }

    /** What has a name so far, here and in the lab. */
    private CompositionBlock.Known known() {
        Set<String> types = new TreeSet<>();
        Set<String> instances = new TreeSet<>();
        Assembly soFar = assembly();
        Stream.of(script().context().lab().assembly(), soFar).forEach(assembly -> {
            assembly.components().forEach(c -> types.add(c.type().name()));
            assembly.vms().forEach(vm -> instances.add(vm.name()));
            assembly.composition().instances().forEach(i -> instances.add(i.name()));
            assembly.composition().connections().forEach(c -> instances.add(c.name()));
        });
        return new CompositionBlock.Known(types, instances);
    }

    Assembly assembly() {
        return new Assembly(vms, components, procedures, Composition.union(compositions), location);
    }
}
