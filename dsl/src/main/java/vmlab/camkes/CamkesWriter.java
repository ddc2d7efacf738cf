// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Interface;

/**
 * Writes a system as one {@code .camkes} file without imports and macros. Reading it gives the same system, but for the
 * components that nothing is an instance of.
 */
public final class CamkesWriter {
    private final StringBuilder text = new StringBuilder();

    private CamkesWriter() {}

    /** The file's text. */
    public static String write(CamkesSystem system) {
        CamkesWriter writer = new CamkesWriter();
        Composition whole = system.composition();
        Set<String> used =
                whole.instances().stream().map(Composition.Instance::type).collect(Collectors.toSet());
        system.types().stream().filter(type -> used.contains(type.name())).forEach(writer::component);
        writer.assembly(whole);
        return writer.text.toString();
    }

    private void line(int depth, String content) {
        text.append("    ".repeat(depth)).append(content).append('\n');
    }

    private void component(ComponentType type) {
        line(0, "component " + type.name() + " {");
        if (type.control()) {
            line(1, "control;");
        }
        if (type.hardware()) {
            line(1, "hardware;");
        }
        type.interfaces().forEach(face -> line(1, declaration(face)));
        type.attributes()
                .forEach(a -> line(
                        1,
                        "attribute " + a.type().replaceAll("\\[]$", "") + " " + a.name()
                                + (a.type().endsWith("[]") ? "[]" : "")
                                + a.value().map(v -> " = " + value(v)).orElse("") + ";"));
        line(0, "}");
        line(0, "");
    }

    private static String declaration(Interface face) {
        String words = (face.optional() ? "maybe " : "") + face.kind().words();
        return words + (face.type().isEmpty() ? "" : " " + face.type()) + " " + face.name() + ";";
    }

    private void assembly(Composition whole) {
        line(0, "assembly {");
        line(1, "composition {");
        whole.instances().forEach(i -> line(2, "component " + i.type() + " " + i.name() + ";"));
        whole.connections().forEach(c -> line(2, connection(c)));
        line(1, "}");
        line(1, "configuration {");
        whole.settings()
                .forEach(s -> line(
                        2,
                        s.instance() + "." + s.setting().attribute() + " = "
                                + value(s.setting().value()) + ";"));
        line(1, "}");
        line(0, "}");
    }

    private static String connection(Connection c) {
        String from = c.from().stream().map(e -> "from " + e.path()).collect(Collectors.joining(", "));
        String to = c.to().stream().map(e -> "to " + e.path()).collect(Collectors.joining(", "));
        String both = from.isEmpty() || to.isEmpty() ? from + to : from + ", " + to;
        return "connection " + c.connector() + " " + c.name() + "(" + both + ");";
    }

    /** A value as it is written in a configuration. */
    static String value(Object value) {
        if (value instanceof String s) {
            return '"' + s + '"';
        }
        if (value instanceof List<?> list) {
            return list.stream().map(CamkesWriter::value).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(e -> value(e.getKey()) + ": " + value(e.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        return Optional.of(value)
                .filter(Expressions.Query.class::isInstance)
                .map(q -> ((Expressions.Query) q).text())
                .orElse(String.valueOf(value));
    }
}
