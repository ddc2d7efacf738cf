// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Procedure.Direction;
import vmlab.dsl.model.Procedure.Parameter;
import vmlab.dsl.model.Procedure.Signature;
import vmlab.dsl.model.ValueType;

/**
 * A procedure interface as functions of C, {@code FACE_method}: those that the component calls ask the lab, those that it
 * provides are called by a thread of their own.
 *
 * @spec camkes-tool, docs/index.md, "Procedure"; camkes/templates/rpc
 */
record CProcedure(Interface face, Procedure procedure) {
    private List<Signature> signatures() {
        return procedure.signatures().stream().filter(Signature::isCarried).toList();
    }

    /** The prototypes. */
    List<String> declarations() {
        return signatures().stream().map(s -> prototype(s) + ";").toList();
    }

    /** The code of what is called, or of what calls. */
    String definitions() {
        Stream<String> own = signatures().stream()
                .map(face.kind() == Interface.Kind.USES ? this::calling : s -> prototype(s) + ";\n" + serving(s));
        String functions = own.collect(Collectors.joining("\n"));
        return face.kind() == Interface.Kind.USES ? functions : functions + "\n" + served();
    }

    private static ValueType type(String name) {
        return ValueType.of(name).orElseThrow();
    }

    private String function(Signature s) {
        return face.name() + "_" + s.name();
    }

    private String prototype(Signature s) {
        String parameters = s.parameters().stream().map(CProcedure::declared).collect(Collectors.joining(", "));
        String result = s.hasResult() ? type(s.type()).c() : "void";
        return result + " " + function(s) + "(" + (parameters.isEmpty() ? "void" : parameters) + ")";
    }

    private static String declared(Parameter p) {
        ValueType type = type(p.type());
        boolean text = type.kind() == ValueType.Kind.TEXT;
        return switch (p.direction()) {
            case IN -> (text ? "const " : "") + type.c() + " " + p.name();
            case REFIN -> (text ? "char *const" : "const " + type.c()) + " *" + p.name();
            case OUT, INOUT -> type.c() + " *" + p.name();
        };
    }

    /** What is read next from {@code words}. */
    static String taken(ValueType type) {
        return type.kind() == ValueType.Kind.TEXT
                ? "vmlab_take_text(words)"
                : "(" + type.c() + ") vmlab_take_number(words)";
    }

    private static String put(ValueType type, String value) {
        String verb = type.kind() == ValueType.Kind.TEXT ? "text" : type.signed() ? "number" : "unsigned";
        return "vmlab_put_" + verb + "(" + value + ");";
    }

    /** What the component calls. The name of a parameter may be any: those of variables here begin with vmlab_. */
    private String calling(Signature s) {
        List<String> lines = new ArrayList<>();
        lines.add(prototype(s) + " {");
        lines.add("    vmlab_begin_call(\"%s\", \"%s\");".formatted(face.name(), s.name()));
        s.parameters().stream()
                .filter(p -> p.direction().goesIn())
                .forEach(p ->
                        lines.add("    " + put(type(p.type()), (p.direction() == Direction.IN ? "" : "*") + p.name())));
        lines.add("    const char *vmlab_words = vmlab_end_call();");
        if (s.hasResult()) {
            lines.add("    %s vmlab_result = %s;".formatted(type(s.type()).c(), answered(type(s.type()))));
        }
        s.parameters().stream()
                .filter(p -> p.direction().comesOut())
                .forEach(p -> lines.add("    *%s = %s;".formatted(p.name(), answered(type(p.type())))));
        lines.add(s.hasResult() ? "    return vmlab_result;\n}" : "    (void) vmlab_words;\n}");
        return String.join("\n", lines);
    }

    private static String answered(ValueType type) {
        return taken(type).replace("(words)", "(&vmlab_words)");
    }

    /** Calls what the component provides, and gives back the texts that were made for it. */
    private String serving(Signature s) {
        List<String> lines = new ArrayList<>();
        lines.add("static void serve_" + function(s) + "(const char **words) {");
        lines.add("    (void) words;");
        s.parameters()
                .forEach(p -> lines.add("    %s vmlab_%s%s;"
                        .formatted(
                                type(p.type()).c(),
                                p.name(),
                                p.direction().goesIn() ? " = " + taken(type(p.type())) : " = 0")));
        String arguments = s.parameters().stream()
                .map(p -> (p.direction() == Direction.IN ? "" : "&") + "vmlab_" + p.name())
                .collect(Collectors.joining(", "));
        lines.add((s.hasResult() ? "    " + type(s.type()).c() + " vmlab__result = " : "    ") + function(s) + "("
                + arguments + ");");
        lines.add("    vmlab_begin_return(\"" + face.name() + "\");");
        if (s.hasResult()) {
            lines.add("    " + put(type(s.type()), "vmlab__result"));
        }
        s.parameters().stream()
                .filter(p -> p.direction().comesOut())
                .forEach(p -> lines.add("    " + put(type(p.type()), "vmlab_" + p.name())));
        lines.add("    vmlab_end_return();");
        Stream<String> texts = s.parameters().stream()
                .filter(p -> type(p.type()).kind() == ValueType.Kind.TEXT)
                .map(p -> "vmlab_" + p.name());
        boolean text = s.hasResult() && type(s.type()).kind() == ValueType.Kind.TEXT;
        (text ? Stream.concat(texts, Stream.of("vmlab__result")) : texts)
                .forEach(name -> lines.add("    free(" + name + ");"));
        lines.add("}");
        return String.join("\n", lines);
    }

    /** What has a call done; it waits for the next one itself. */
    private String served() {
        List<String> lines = new ArrayList<>();
        lines.add("static void NAME_served(void *event);".replace("NAME", face.name()));
        lines.add("static struct vmlab_event NAME_event = { .name = \"NAME\", .callback = NAME_served };"
                .replace("NAME", face.name()));
        lines.add("static void NAME_served(void *event) {".replace("NAME", face.name()));
        lines.add("    (void) event;");
        lines.add("    NAME_event.callback = NAME_served;".replace("NAME", face.name()));
        lines.add("    const char *text = vmlab_take_call(\"NAME\");".replace("NAME", face.name()));
        lines.add("    const char **words = &text;");
        signatures()
                .forEach(s -> lines.add("    if (vmlab_take_word(words, \"%s\")) { serve_%s(words); return; }"
                        .formatted(s.name(), function(s))));
        lines.add("    abort();");
        lines.add("}");
        return String.join("\n", lines);
    }
}
