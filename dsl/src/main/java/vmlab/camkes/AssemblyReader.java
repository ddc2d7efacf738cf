// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;

/**
 * Makes an assembly of a system without problems: the VMs become VMs, and what only surrounds them on seL4 is left out
 * unless something of the application's is connected to it.
 *
 * <p>A whole number is an Integer if it fits, as in a script. Settings of {@code vm0_config}, the hardware of older files,
 * are vm0's. Names that the build gives a meaning stay {@link Expressions.Name}s.
 */
final class AssemblyReader {
    /** The VM's own names for what the older {@code VMConfig} had. */
    private static final Map<String, String> HARDWARE_ATTRIBUTES = Map.of("ioports", "vm_ioports", "irqs", "vm_irqs");

    private final CamkesSystem system;
    private final Map<String, ComponentType> types = new LinkedHashMap<>();
    private final Map<String, Instance> vms = new LinkedHashMap<>();
    private final Map<String, Object> values = new HashMap<>();
    private final Surroundings surroundings;
    private final List<Problem> problems = new ArrayList<>();

    /** What was made, and what can't be made. */
    record Result(Assembly assembly, List<Problem> problems) {
        Result {
            problems = List.copyOf(problems);
        }
    }

    private AssemblyReader(CamkesSystem system) {
        this.system = system;
        system.types().forEach(type -> types.put(type.name(), type));
        for (Instance instance : system.composition().instances()) {
            if (isVm(instance)) {
                vms.put(instance.name(), instance);
            }
        }
        system.composition()
                .settings()
                .forEach(s -> values.put(
                        s.instance() + "." + s.setting().attribute(),
                        s.setting().value()));
        surroundings = Surroundings.of(vms.keySet().stream()
                .map(name -> VmNames.number(name).orElseThrow())
                .toList());
    }

    static Result read(CamkesSystem system, SourceLocation location) {
        AssemblyReader reader = new AssemblyReader(system);
        Assembly assembly = reader.assembly(location);
        return new Result(assembly, reader.problems);
    }

    /** A component by another name than InitN is a VM if it has a VM's attributes, as in files for Arm. */
    private boolean isVm(Instance instance) {
        ComponentType type = types.get(instance.type());
        return VmNames.number(instance.name()).isPresent()
                && (VmNames.isComponent(instance.type())
                        || type.attributes().stream().anyMatch(a -> a.name().equals("kernel_image")));
    }

    private Assembly assembly(SourceLocation location) {
        checkNames();
        Composition composition = composition();
        List<ComponentSpec> components = composition.instances().stream()
                .map(Instance::type)
                .distinct()
                .map(types::get)
                .map(type -> new ComponentSpec(plain(type), Optional.empty()))
                .toList();
        return new Assembly(
                vms.values().stream().map(this::vm).toList(), components, system.procedures(), composition, location);
    }

    /** A VM by another name would not be found by the words of configurations/vm.h either. */
    private void checkNames() {
        for (Instance instance : system.composition().instances()) {
            boolean misnamed = VmNames.isComponent(instance.type())
                    && !instance.type()
                            .substring(4)
                            .equals(VmNames.number(instance.name())
                                    .map(String::valueOf)
                                    .orElse(""));
            if (misnamed) {
                String expected = "vm" + instance.type().substring(4);
                problems.add(new Problem(
                        instance.location(),
                        "the instance of " + instance.type() + " is called " + instance.name(),
                        "call it " + expected + ", as VM_PER_VM_COMP_DEF does"));
            }
        }
    }

    private VmSpec vm(Instance instance) {
        ComponentType type = types.get(instance.type());
        List<Setting> settings = system.composition().settings().stream()
                .filter(s -> !surroundings.have(s))
                .flatMap(s -> ofVm(instance.name(), s).stream())
                .map(this::plain)
                .toList();
        return new VmSpec(
                VmNames.number(instance.name()).orElseThrow(),
                settings,
                type.interfaces().stream()
                        .filter(face -> !surroundings.have(face))
                        .toList(),
                plain(type.attributes().stream()
                        .filter(a -> !surroundings.have(a))
                        .toList()),
                type.location());
    }

    private static Optional<Setting> ofVm(String vm, InstanceSetting s) {
        if (s.instance().equals(vm)) {
            return Optional.of(s.setting());
        }
        return VmNames.ofHardware(s.instance())
                .filter(vm::equals)
                .map(name -> new Setting(
                        HARDWARE_ATTRIBUTES.getOrDefault(
                                s.setting().attribute(), s.setting().attribute()),
                        s.setting().value(),
                        s.setting().location()));
    }

    private boolean isOfVm(String instance) {
        return vms.containsKey(VmNames.ofHardware(instance).orElse(instance));
    }

    private Composition composition() {
        Composition whole = system.composition();
        List<Connection> connections =
                whole.connections().stream().filter(c -> !surroundings.have(c)).toList();
        List<InstanceSetting> settings = whole.settings().stream()
                .filter(s -> !surroundings.have(s) && !isOfVm(s.instance()))
                .map(s -> new InstanceSetting(s.instance(), plain(s.setting())))
                .toList();
        Set<String> needed = new HashSet<>();
        connections.forEach(
                c -> Stream.concat(c.from().stream(), c.to().stream()).forEach(end -> needed.add(end.instance())));
        settings.forEach(s -> needed.add(s.instance()));
        Predicate<Instance> kept = instance ->
                !isOfVm(instance.name()) && (needed.contains(instance.name()) || !surroundings.have(instance));
        return new Composition(whole.instances().stream().filter(kept).toList(), connections, settings, List.of());
    }

    // ---- values

    private ComponentType plain(ComponentType type) {
        return new ComponentType(
                type.name(),
                type.control(),
                type.hardware(),
                type.interfaces(),
                plain(type.attributes()),
                Optional.empty(),
                type.location());
    }

    private List<AttributeDeclaration> plain(List<AttributeDeclaration> attributes) {
        return attributes.stream()
                .map(a -> new AttributeDeclaration(
                        a.type(), a.name(), a.value().map(v -> plain(v, a.location())), a.location()))
                .toList();
    }

    private Setting plain(Setting setting) {
        return new Setting(setting.attribute(), plain(setting.value(), setting.location()), setting.location());
    }

    private Object plain(Object value, SourceLocation location) {
        if (value instanceof Long n && n == n.intValue()) {
            return n.intValue();
        }
        if (value instanceof List<?> list) {
            return list.stream().map(each -> plain(each, location)).toList();
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .collect(Collectors.toMap(
                            e -> plain(e.getKey(), location),
                            e -> plain(e.getValue(), location),
                            (earlier, later) -> later,
                            LinkedHashMap::new));
        }
        return value instanceof Expressions.Name name && name.text().contains(".") ? referred(name, location) : value;
    }

    /** What {@code <-} takes from another instance. */
    private Object referred(Expressions.Name name, SourceLocation location) {
        Object value = values.get(name.text());
        if (value == null || value instanceof Expressions.Name) {
            problems.add(new Problem(location, "nothing sets " + name, "set it, or write the value here: … = VALUE;"));
            return Setting.NOTHING;
        }
        return plain(value, location);
    }
}
