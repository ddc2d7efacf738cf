// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a {@code lab { }} block describes, as the user wrote it.
 *
 * @param vms in the order of the script; each is an instance of a component of its own
 * @param components the other types of components
 * @param procedures the types of procedures that are declared
 * @param composition the other instances, all connections, and what was set for them
 */
public record Assembly(
        List<VmSpec> vms,
        List<ComponentSpec> components,
        List<Procedure> procedures,
        Composition composition,
        SourceLocation location) {
    public Assembly {
        vms = List.copyOf(vms);
        components = List.copyOf(components);
        procedures = List.copyOf(procedures);
        Objects.requireNonNull(composition);
        Objects.requireNonNull(location);
    }

    /** Nothing. */
    public static final Assembly EMPTY = new Assembly(List.of(), new SourceLocation("", 0, 0));

    /** All that is in some assemblies, as one. */
    public static Assembly union(List<Assembly> parts) {
        return new Assembly(
                parts.stream().flatMap(p -> p.vms.stream()).toList(),
                parts.stream().flatMap(p -> p.components.stream()).toList(),
                parts.stream().flatMap(p -> p.procedures.stream()).toList(),
                Composition.union(parts.stream().map(Assembly::composition).toList()),
                parts.get(parts.size() - 1).location);
    }

    /** The types of all instances. */
    public List<ComponentType> types() {
        return Stream.concat(vms.stream().map(VmSpec::type), components.stream().map(ComponentSpec::type))
                .toList();
    }

    /** The component of that name that is no VM's. */
    public Optional<ComponentSpec> component(String name) {
        return components.stream().filter(c -> c.type().name().equals(name)).findFirst();
    }

    /** The procedure of that name. */
    public Optional<Procedure> procedure(String name) {
        return procedures.stream().filter(p -> p.name().equals(name)).findFirst();
    }

    /** The composition with the VMs in it, and what was set for their dataports. */
    public Composition wholeComposition() {
        List<Composition.Instance> instances = vms.stream()
                .map(vm -> new Composition.Instance(vm.component(), vm.name(), vm.location()))
                .toList();
        List<Composition.InstanceSetting> settings = vms.stream()
                .flatMap(vm -> vm.dataportSettings().stream()
                        .map(setting -> new Composition.InstanceSetting(vm.name(), setting)))
                .toList();
        return Composition.union(List.of(new Composition(instances, List.of(), settings, List.of()), composition));
    }

    /** The size of a dataport: as it was set for the end, or as its type says. */
    public long sizeBytes(Connection.End end) {
        return wholeComposition().settings().stream()
                .filter(s -> s.instance().equals(end.instance())
                        && s.setting().attribute().equals(end.face() + "_size"))
                .map(s -> ((Number) s.setting().value()).longValue())
                .findFirst()
                .orElseGet(() -> face(end)
                        .map(face -> CompositionChecker.bytes(face.type()))
                        .filter(bytes -> bytes > 0)
                        .orElse((long) CompositionChecker.PAGE));
    }

    /** The interface that an end is, if it is there. */
    Optional<Interface> face(Connection.End end) {
        return typeOf(end.instance()).flatMap(type -> type.face(end.face()));
    }

    /**
     * The VMs with all that was set for them, wherever that stands; what isn't an attribute of VMs stays where it is, for
     * {@link CompositionChecker} to look at.
     */
    public Assembly settled() {
        List<VmSpec> all = vms.stream()
                .map(vm -> vm.with(composition.settings().stream()
                        .filter(s ->
                                s.instance().equals(vm.name()) || s.instance().equals(vm.name() + VmSpec.CONFIG))
                        .map(Composition.InstanceSetting::setting)
                        .filter(setting -> Attribute.exists(setting.attribute()) || vm.isOfDataport(setting))
                        .toList()))
                .toList();
        return new Assembly(all, components, procedures, composition, location);
    }

    private Optional<ComponentType> typeOf(String instance) {
        return wholeComposition().instances().stream()
                .filter(i -> i.name().equals(instance))
                .findFirst()
                .flatMap(i ->
                        types().stream().filter(t -> t.name().equals(i.type())).findFirst());
    }

    /** VMs alone. */
    public Assembly(List<VmSpec> vms, SourceLocation location) {
        this(vms, List.of(), List.of(), Composition.EMPTY, location);
    }
}
