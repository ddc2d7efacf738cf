// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connection.End;
import vmlab.dsl.model.Problem;

/**
 * Takes compound components apart. What is inside {@code vm} is called {@code vm0}, which is how people speak of it, or {@code vm_vm0} if there
 * are several; a compound's exported interface is the inner one.
 */
final class Flattening {
    private final Map<String, ComponentType> types;
    private final Consumer<Problem> problems;
    private final List<Instance> instances = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final List<InstanceSetting> settings = new ArrayList<>();
    /** The inner interface of each exported one, by paths. */
    private final Map<String, End> exported = new HashMap<>();
    /** The compounds being taken apart: one inside itself would never end. */
    private final Set<String> open = new HashSet<>();

    Flattening(Map<String, ComponentType> types, Consumer<Problem> problems) {
        this.types = types;
        this.problems = problems;
    }

    /** Adds what is in a composition whose instances' names begin with {@code prefix}. */
    void add(String prefix, Composition part) {
        for (Instance instance : part.instances()) {
            addInstance(prefix, instance);
        }
        for (Connection c : part.connections()) {
            connections.add(new Connection(
                    c.connector(),
                    prefix + c.name(),
                    prefixed(prefix, c.from()),
                    prefixed(prefix, c.to()),
                    c.location()));
        }
        for (InstanceSetting s : part.settings()) {
            settings.add(new InstanceSetting(prefix + s.instance(), s.setting()));
        }
    }

    private void addInstance(String prefix, Instance instance) {
        String name = prefix + instance.name();
        ComponentType type = types.get(instance.type());
        if (type == null || type.inside().isEmpty()) {
            instances.add(new Instance(instance.type(), name, instance.location()));
            return;
        }
        if (!open.add(type.name())) {
            problems.accept(new Problem(
                    instance.location(), "component " + type.name() + " is a part of itself", "take one of them out"));
            return;
        }
        Composition inside = type.inside().get();
        add(name + ".", inside);
        inside.exports()
                .forEach(export -> exported.put(name + "." + export.name(), prefixed(name + ".", export.inner())));
        if (type.control() || !type.interfaces().isEmpty()) {
            instances.add(new Instance(instance.type(), name, instance.location()));
        }
        open.remove(type.name());
    }

    private static List<End> prefixed(String prefix, List<End> ends) {
        return ends.stream().map(end -> prefixed(prefix, end)).toList();
    }

    private static End prefixed(String prefix, End end) {
        return new End(prefix + end.instance(), end.face(), end.location());
    }

    Composition result() {
        Map<String, String> shorter = shorterNames();
        return new Composition(
                instances.stream()
                        .map(i -> new Instance(i.type(), shorter.getOrDefault(i.name(), i.name()), i.location()))
                        .toList(),
                connections.stream()
                        .map(c -> new Connection(
                                c.connector(),
                                c.name().substring(c.name().lastIndexOf('.') + 1),
                                resolved(c.from(), shorter),
                                resolved(c.to(), shorter),
                                c.location()))
                        .toList(),
                settings.stream()
                        .map(s -> new InstanceSetting(shorter.getOrDefault(s.instance(), s.instance()), s.setting()))
                        .toList(),
                List.of());
    }

    private List<End> resolved(List<End> ends, Map<String, String> shorter) {
        return ends.stream()
                .map(end -> {
                    End inner = exported.getOrDefault(end.path(), end);
                    String instance = shorter.getOrDefault(inner.instance(), inner.instance());
                    return new End(instance, inner.face(), end.location());
                })
                .toList();
    }

    private Map<String, String> shorterNames() {
        Map<String, Integer> uses = new HashMap<>();
        instances.forEach(i -> uses.merge(last(i.name()), 1, Integer::sum));
        Map<String, String> shorter = new HashMap<>();
        for (Instance instance : instances) {
            String name = last(instance.name());
            shorter.put(
                    instance.name(),
                    uses.get(name) == 1 ? name : instance.name().replace('.', '_'));
        }
        return shorter;
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }
}
