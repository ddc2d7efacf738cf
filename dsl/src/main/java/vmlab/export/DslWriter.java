// SPDX-License-Identifier: Apache-2.0
package vmlab.export;

import java.util.List;
import java.util.stream.Collectors;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connection.End;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Restart;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;

/**
 * Writes an assembly as a script: {@code lab { … }}. Running it gives the same assembly.
 *
 * <p>Not written: what a component does if its text isn't known; a comment tells where it stands.
 */
public final class DslWriter {
    private final StringBuilder text = new StringBuilder();

    private DslWriter() {}

    /** The script's text. */
    public static String write(Assembly assembly) {
        DslWriter writer = new DslWriter();
        writer.line(0, "lab {");
        assembly.procedures().forEach(writer::procedure);
        assembly.components().forEach(writer::component);
        assembly.vms().forEach(writer::vm);
        writer.composition(assembly.composition());
        writer.configuration(assembly.composition().settings());
        writer.line(0, "}");
        return writer.text.toString();
    }

    private void line(int depth, String content) {
        text.append("    ".repeat(depth)).append(content).append('\n');
    }

    private void procedure(Procedure procedure) {
        line(1, "procedure(" + GroovyText.of(procedure.name()) + ") {");
        procedure.words().forEach(method -> line(2, "method " + GroovyText.of(method)));
        line(1, "}");
    }

    private void component(ComponentSpec component) {
        ComponentType type = component.type();
        line(1, "component(" + GroovyText.of(type.name()) + ") {");
        if (type.control()) {
            line(2, "control");
        }
        if (type.hardware()) {
            line(2, "hardware");
        }
        type.interfaces().forEach(this::declare);
        type.attributes().forEach(this::declare);
        Restart restart = component.restart();
        if (!restart.equals(Restart.NEVER)) {
            line(2, "restart " + GroovyText.of(restart.rule().word()) + ", limit: " + restart.limit());
        }
        component.behaviour().ifPresent(behaviour -> write(behaviour, type.location()));
        line(1, "}");
    }

    private void write(Behaviour behaviour, SourceLocation location) {
        List<String> words = behaviour instanceof Behaviour.Written written ? written.words() : List.of();
        words.forEach(each -> line(2, each));
        if (words.isEmpty()) {
            line(2, "// run { … } is in " + location);
        }
    }

    private void declare(Interface face) {
        String name = GroovyText.of(face.name());
        if (face.kind().isLock()) {
            line(2, face.kind().words() + "(" + name + ")");
            return;
        }
        String type = face.type().matches("Buf\\(\\d+\\)") ? face.type() : GroovyText.of(face.type());
        line(
                2,
                face.optional()
                        ? "maybe " + face.kind().words() + "(" + type + ", " + name + ")"
                        : face.kind().words() + " " + type + ", " + name);
    }

    private void declare(AttributeDeclaration attribute) {
        String value = attribute.value().map(v -> ", " + GroovyText.of(v)).orElse("");
        line(2, "attribute " + GroovyText.of(attribute.type()) + ", " + GroovyText.of(attribute.name()) + value);
    }

    private void vm(VmSpec vm) {
        line(1, "vm(" + vm.index() + ") {");
        for (Setting setting : vm.settings()) {
            line(2, setting.attribute() + " = " + GroovyText.of(setting.value(), "        "));
        }
        vm.interfaces().forEach(this::declare);
        vm.attributes().forEach(this::declare);
        line(1, "}");
    }

    private void composition(Composition composition) {
        if (composition.instances().isEmpty() && composition.connections().isEmpty()) {
            return;
        }
        line(1, "composition {");
        for (Instance instance : composition.instances()) {
            line(2, "component " + GroovyText.typeName(instance.type()) + ", " + GroovyText.of(instance.name()));
        }
        for (Connection c : composition.connections()) {
            line(
                    2,
                    "connection " + GroovyText.typeName(c.connector()) + ", " + GroovyText.of(c.name()) + ", from: "
                            + ends(c.from()) + ", to: " + ends(c.to()));
        }
        line(1, "}");
    }

    private static String ends(List<End> ends) {
        String all = ends.stream()
                .map(end -> GroovyText.instanceName(end.instance()) + "." + GroovyText.property(end.face()))
                .collect(Collectors.joining(", "));
        return ends.size() == 1 ? all : "[" + all + "]";
    }

    private void configuration(List<InstanceSetting> settings) {
        if (settings.isEmpty()) {
            return;
        }
        line(1, "configuration {");
        for (InstanceSetting s : settings) {
            line(
                    2,
                    GroovyText.instanceName(s.instance()) + "."
                            + GroovyText.property(s.setting().attribute()) + " = "
                            + GroovyText.of(s.setting().value(), "        "));
        }
        line(1, "}");
    }
}
