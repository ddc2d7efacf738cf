// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;

/** The connections of a lab at a moment, as a list; each of them is live. Prints as a table. */
public final class LabConnections extends AbstractList<LabConnection> {
    private static final String ROW = "%-20s %-22s %-44s %8s %12s  %s";

    private final List<LabConnection> connections;

    LabConnections(List<LabConnection> connections) {
        this.connections = List.copyOf(connections);
    }

    @Override
    public LabConnection get(int index) {
        return connections.get(index);
    }

    @Override
    public int size() {
        return connections.size();
    }

    @Override
    public String toString() {
        if (isEmpty()) {
            return "no connections yet; connection seL4Notification, 'name', from: vm0.x, to: server.x"
                    + " in composition { } makes one";
        }
        List<String> lines = new ArrayList<>();
        lines.add(ROW.formatted("connection", "connector", "from -> to", "carried", "last", "state"));
        for (LabConnection each : connections) {
            lines.add(ROW.formatted(
                    each.name(), each.connector(), each.spec().words(), each.carried(), last(each), each.condition()));
        }
        return String.join("\n", lines);
    }

    private static String last(LabConnection connection) {
        return connection.last().map(LabConnections::seconds).orElse("-");
    }

    private static String seconds(Duration time) {
        return "%.6f s".formatted(time.toNanos() / 1e9);
    }
}
