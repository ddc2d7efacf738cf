// SPDX-License-Identifier: Apache-2.0
package vmlab.export;

import java.util.function.Function;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Connection;

/**
 * A picture of an assembly for Markdown: as {@link DotWriter}'s; a connection that carries data is a thick line.
 *
 * @spec Mermaid, "Flowcharts"
 */
public final class MermaidWriter {
    private MermaidWriter() {}

    /** Connections by their names. */
    public static String write(Assembly assembly) {
        return write(assembly, Connection::name);
    }

    /** Connections by what somebody knows of them. */
    public static String write(Assembly assembly, Function<Connection, String> label) {
        Graph graph = Graph.of(assembly, label);
        StringBuilder text = new StringBuilder("flowchart LR\n");
        graph.nodes()
                .forEach((name, type) -> text.append("    %s[%s]\n".formatted(id(name), quoted(name + "\n" + type))));
        for (Graph.Edge edge : graph.edges()) {
            text.append("    %s %s|%s| %s\n"
                    .formatted(id(edge.from()), edge.event() ? "-->" : "===", quoted(edge.label()), id(edge.to())));
        }
        return text.toString();
    }

    /** Some words, such as {@code end}, aren't names to Mermaid. */
    private static String id(String name) {
        return "i_" + name;
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "#quot;").replace("\n", "<br>") + '"';
    }
}
