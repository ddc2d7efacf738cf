// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * {@code connection seL4Notification conn_do_print(from vm0.do_print, to print_server.do_print)}.
 *
 * @param connector its type
 */
public record Connection(String connector, String name, List<End> from, List<End> to, SourceLocation location) {
    /** An interface of an instance. */
    public record End(String instance, String face, SourceLocation location) {
        public End {
            Objects.requireNonNull(instance);
            Objects.requireNonNull(face);
            Objects.requireNonNull(location);
        }

        /** As it is written: {@code vm0.do_print}. */
        public String path() {
            return instance + "." + face;
        }
    }

    /** The ends of its from side, then those of the other. */
    public List<End> ends() {
        return Stream.concat(from.stream(), to.stream()).toList();
    }

    public Connection {
        Objects.requireNonNull(connector);
        Objects.requireNonNull(name);
        from = List.copyOf(from);
        to = List.copyOf(to);
        Objects.requireNonNull(location);
    }

    /** Whether it says the same as another, wherever that stands. */
    public boolean isLike(Connection other) {
        return connector.equals(other.connector)
                && paths(from).equals(paths(other.from))
                && paths(to).equals(paths(other.to));
    }

    private static List<String> paths(List<End> ends) {
        return ends.stream().map(End::path).toList();
    }

    /** Its ends for people: {@code vm0.do_print -> print_server.do_print}. */
    public String words() {
        return String.join(", ", paths(from)) + " -> " + String.join(", ", paths(to));
    }
}
