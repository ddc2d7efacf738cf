// SPDX-License-Identifier: Apache-2.0
package vmlab.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connector;

/**
 * Instances and what connects them, for pictures.
 *
 * @param nodes the type of each instance, by its name
 */
record Graph(Map<String, String> nodes, List<Edge> edges) {
    /**
     * One end of a connection to another.
     *
     * @param event whether events go along it, from one end to the other; else it is as much one's as the other's
     */
    record Edge(String from, String to, String label, boolean event) {}

    static Graph of(Assembly assembly, Function<Connection, String> label) {
        Map<String, String> nodes = new LinkedHashMap<>();
        for (Instance instance : assembly.wholeComposition().instances()) {
            nodes.put(instance.name(), instance.type());
        }
        List<Edge> edges = new ArrayList<>();
        for (Connection connection : assembly.composition().connections()) {
            String text = label.apply(connection);
            boolean event = Connector.of(connection.connector())
                    .filter(connector -> connector.kind() != Connector.Kind.DATAPORT)
                    .isPresent();
            connection
                    .from()
                    .forEach(from -> connection
                            .to()
                            .forEach(to -> edges.add(new Edge(from.instance(), to.instance(), text, event))));
        }
        return new Graph(nodes, edges);
    }
}
