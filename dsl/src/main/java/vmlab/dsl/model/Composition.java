// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What is there and how it is connected.
 *
 * @param settings of the instances, {@code vm0.data_id = 1}
 * @param exports of a compound component: its own interfaces, and whose inside they are
 */
public record Composition(
        List<Instance> instances, List<Connection> connections, List<InstanceSetting> settings, List<Export> exports) {
    /** A component that is there, as in {@code component PrintServer print_server}. */
    public record Instance(String type, String name, SourceLocation location) {
        public Instance {
            Objects.requireNonNull(type);
            Objects.requireNonNull(name);
            Objects.requireNonNull(location);
        }
    }

    /** An attribute of an instance, or of a connection. */
    public record InstanceSetting(String instance, Setting setting) {
        public InstanceSetting {
            Objects.requireNonNull(instance);
            Objects.requireNonNull(setting);
        }
    }

    /** An interface of an instance inside, seen from outside under a name. */
    public record Export(Connection.End inner, String name) {
        public Export {
            Objects.requireNonNull(inner);
            Objects.requireNonNull(name);
        }
    }

    public static final Composition EMPTY = new Composition(List.of(), List.of(), List.of(), List.of());

    /** All that is in some compositions, as one. */
    public static Composition union(Collection<Composition> parts) {
        return new Composition(
                parts.stream().flatMap(p -> p.instances.stream()).toList(),
                parts.stream().flatMap(p -> p.connections.stream()).toList(),
                parts.stream().flatMap(p -> p.settings.stream()).toList(),
                parts.stream().flatMap(p -> p.exports.stream()).toList());
    }

    /** The same without the connections that the condition refuses. */
    Composition keeping(Predicate<Connection> condition) {
        return new Composition(instances, connections.stream().filter(condition).toList(), settings, exports);
    }

    public Composition {
        instances = List.copyOf(instances);
        connections = List.copyOf(connections);
        settings = List.copyOf(settings);
        exports = List.copyOf(exports);
    }
}
