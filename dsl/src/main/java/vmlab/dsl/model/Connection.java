// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;

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

    public Connection {
        Objects.requireNonNull(connector);
        Objects.requireNonNull(name);
        from = List.copyOf(from);
        to = List.copyOf(to);
        Objects.requireNonNull(location);
    }
}
