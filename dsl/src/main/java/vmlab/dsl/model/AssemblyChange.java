// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;

/**
 * What is to become of an assembly. What it doesn't name stays as it is.
 *
 * @param described what is new, or takes the place of what has its name
 * @param removed names of VMs, components and connections
 * @param unplugged names of connections that are to be there, but not plugged in
 */
public record AssemblyChange(Assembly described, List<Named> removed, List<Named> unplugged) {
    /** Something by its name, and where that stands. */
    public record Named(String name, SourceLocation location) {
        public Named {
            Objects.requireNonNull(name);
            Objects.requireNonNull(location);
        }
    }

    public AssemblyChange {
        Objects.requireNonNull(described);
        removed = List.copyOf(removed);
        unplugged = List.copyOf(unplugged);
    }

    /** The assembly after the change; whether it is a good one, the checkers say. */
    public Assembly of(Assembly old) {
        List<VmSpec> vms = merged(old.vms(), described.vms(), VmSpec::name);
        List<ComponentSpec> components =
                merged(old.components(), described.components(), c -> c.type().name());
        List<Procedure> procedures = merged(old.procedures(), described.procedures(), Procedure::name);
        Composition before = old.composition();
        Composition after = described.composition();
        List<Instance> instances = merged(before.instances(), after.instances(), Instance::name);
        Assembly without =
                new Assembly(vms, components, procedures, compositionOf(instances, old), described.location());
        return new Assembly(
                vms,
                components,
                procedures,
                without.composition().keeping(connection -> isWhole(connection, without)),
                described.location());
    }

    private Composition compositionOf(List<Instance> instances, Assembly old) {
        Composition before = old.composition();
        Composition after = described.composition();
        List<InstanceSetting> settings =
                merged(
                                before.settings(),
                                after.settings(),
                                s -> s.instance() + "." + s.setting().attribute())
                        .stream()
                        .filter(setting -> !isRemoved(setting.instance()))
                        .toList();
        List<Composition.Export> exports = Stream.concat(before.exports().stream(), after.exports().stream())
                .toList();
        return new Composition(
                instances, merged(before.connections(), after.connections(), Connection::name), settings, exports);
    }

    /** A connection from before goes with an end of it; one that the change names is a mistake then. */
    private boolean isWhole(Connection connection, Assembly after) {
        boolean named = described.composition().connections().contains(connection);
        return named
                || connection.ends().stream().allMatch(end -> after.face(end).isPresent());
    }

    private boolean isRemoved(String name) {
        return removed.stream().anyMatch(r -> r.name().equals(name));
    }

    /** The new ones at the places of those whose names they have, the others behind. */
    private <T> List<T> merged(List<T> old, List<T> fresh, Function<T, String> name) {
        Map<String, List<T>> byName = new LinkedHashMap<>();
        old.forEach(each -> byName.put(name.apply(each), List.of(each)));
        Set<String> seen = new HashSet<>();
        for (T each : fresh) {
            String key = name.apply(each);
            List<T> sofar = seen.add(key) ? List.of() : byName.get(key);
            byName.put(key, Stream.concat(sofar.stream(), Stream.of(each)).toList());
        }
        return byName.entrySet().stream()
                .filter(entry -> !isRemoved(entry.getKey()) || seen.contains(entry.getKey()))
                .flatMap(entry -> entry.getValue().stream())
                .toList();
    }

    /** What is named to be removed or unplugged, and isn't there. */
    public List<Problem> check(Assembly old) {
        List<Problem> problems = new ArrayList<>();
        List<String> connections = names(old.composition().connections(), Connection::name);
        connections.addAll(names(described.composition().connections(), Connection::name));
        List<String> all = new ArrayList<>(connections);
        all.addAll(names(old.wholeComposition().instances(), Instance::name));
        removed.forEach(name -> missing(name, all, "remove").ifPresent(problems::add));
        unplugged.forEach(name -> missing(name, connections, "unplug").ifPresent(problems::add));
        described.procedures().forEach(procedure -> problems.addAll(leftBehind(procedure, old)));
        return problems;
    }

    /** Components whose program was made for what a procedure was, and that would go on with it. */
    private List<Problem> leftBehind(Procedure procedure, Assembly old) {
        if (old.procedure(procedure.name()).filter(p -> !p.isLike(procedure)).isEmpty()) {
            return List.of();
        }
        return old.components().stream()
                .filter(c -> c.behaviour().filter(Behaviour::servesCalls).isPresent())
                .filter(c -> c.type().interfaces().stream()
                        .anyMatch(face -> face.type().equals(procedure.name())))
                .map(c -> c.type().name())
                .filter(name -> described.component(name).isEmpty())
                .map(name -> new Problem(
                        procedure.location(),
                        "procedure " + procedure.name() + " is another one now, and component " + name
                                + " is made for the one from before",
                        "say component('" + name + "') { … } here, too"))
                .toList();
    }

    private static <T> List<String> names(Collection<T> all, Function<T, String> name) {
        return new ArrayList<>(all.stream().map(name).toList());
    }

    private static Optional<Problem> missing(Named named, List<String> names, String word) {
        return names.contains(named.name())
                ? Optional.empty()
                : Optional.of(new Problem(
                        named.location(),
                        "there is no " + named.name() + " to " + word,
                        Similar.didYouMean(named.name(), names, "there are " + String.join(", ", names))));
    }
}
