// SPDX-License-Identifier: Apache-2.0
package vmlab.export;

import java.util.function.Function;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Connection;

/**
 * A picture of an assembly for Graphviz: instances, and an arrow per connection; one that carries data has no direction.
 *
 * @spec Graphviz, "DOT Language"
 */
public final class DotWriter {
    private DotWriter() {}

    /** Connections by their names. */
    public static String write(Assembly assembly) {
        return write(assembly, Connection::name);
    }

    /** Connections by what somebody knows of them. */
    public static String write(Assembly assembly, Function<Connection, String> label) {
        Graph graph = Graph.of(assembly, label);
        StringBuilder text = new StringBuilder("digraph assembly {\n    rankdir = LR;\n    node [shape = box];\n");
        graph.nodes()
                .forEach((name, type) ->
                        text.append("    %s [label = %s];\n".formatted(quoted(name), quoted(name + "\n" + type))));
        for (Graph.Edge edge : graph.edges()) {
            text.append("    %s -> %s [label = %s%s];\n"
                    .formatted(
                            quoted(edge.from()),
                            quoted(edge.to()),
                            quoted(edge.label()),
                            edge.event() ? "" : ", dir = none, style = bold"));
        }
        return text.append("}\n").toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
