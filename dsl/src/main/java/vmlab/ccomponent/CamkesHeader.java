// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.ValueType;

/**
 * What CAmkES's tool generates for a component: the header {@code camkes.h} that its sources include, and the code of the
 * functions in it.
 *
 * <p>Not modelled: procedures and attributes of types that {@link ValueType} doesn't have, error handlers, timing points, DMA, notifications as seL4
 * objects.
 *
 * @spec camkes-tool, docs/index.md, "Run-time API"
 */
record CamkesHeader(CSource source) {
    private static final Pattern BUFFER = Pattern.compile("Buf\\((\\d+)\\)");

    /** The text of {@code camkes.h}. */
    String header() {
        ComponentType type = source.type();
        List<String> lines = new ArrayList<>(List.of(
                "// " + type.name() + "'s interfaces.",
                "#pragma once",
                "#include <camkes/dataport.h>",
                "#include <sel4/sel4.h>",
                "#include <stdbool.h>",
                "#include <stdint.h>",
                "#include <stdlib.h>",
                "#include <utils/util.h>",
                "const char *get_instance_name(void);",
                "void set_putchar(void (*putchar)(int));",
                "int run(void);",
                "void pre_init(void);",
                "void post_init(void);"));
        CAttributes attributes = new CAttributes(type);
        lines.addAll(attributes.declarations());
        type.interfaces().forEach(face -> lines.addAll(declarations(face)));
        return text(lines);
    }

    /** The functions that the header declares, and the tables of what the component has. */
    String code() {
        ComponentType type = source.type();
        List<String> lines = new ArrayList<>(List.of(
                "#include <sel4/sel4.h>",
                "#include <stdbool.h>",
                "#include <stdint.h>",
                "#include <stdlib.h>",
                "#include <string.h>",
                "#include <sys/types.h>",
                "#include <vmlab/component.h>"));
        type.interfaces().forEach(face -> lines.addAll(definitions(face)));
        lines.addAll(table(
                "struct vmlab_event *vmlab_events[]",
                of(
                        face -> face.kind() == Interface.Kind.CONSUMES
                                || face.kind() == Interface.Kind.PROVIDES
                                        && source.procedure(face).isPresent(),
                        face -> "&" + face.name() + "_event"),
                "0"));
        lines.addAll(table(
                "struct vmlab_dataport vmlab_dataports[]",
                of(
                        face -> face.kind() == Interface.Kind.DATAPORT,
                        face -> "{ \"%1$s\", (void **) &%1$s, 0, -1 }".formatted(face.name())),
                "{ 0 }"));
        CAttributes attributes = new CAttributes(type);
        lines.addAll(attributes.definitions());
        lines.addAll(table("struct vmlab_attribute vmlab_attributes[]", attributes.entries(), "{ 0 }"));
        lines.addAll(beginnings(type));
        return text(lines);
    }

    private List<String> declarations(Interface face) {
        String name = face.name();
        List<String> lines = new ArrayList<>();
        if (!face.kind().isLock()) {
            lines.add("void " + name + "__init(void);");
        }
        lines.addAll(
                switch (face.kind()) {
                    case EMITS -> List.of("void " + name + "_emit(void);");
                    case CONSUMES ->
                        List.of(
                                "void " + name + "_wait(void);",
                                "int " + name + "_poll(void) WARN_UNUSED_RESULT;",
                                "int " + name
                                        + "_reg_callback(void (*callback)(void *), void *arg) WARN_UNUSED_RESULT;");
                    case DATAPORT -> dataport(face);
                    case MUTEX -> List.of("int " + name + "_lock(void);", "int " + name + "_unlock(void);");
                    case SEMAPHORE ->
                        List.of(
                                "int " + name + "_wait(void);",
                                "int " + name + "_trywait(void) WARN_UNUSED_RESULT;",
                                "int " + name + "_post(void);");
                    case BINARY_SEMAPHORE -> List.of("int " + name + "_wait(void);", "int " + name + "_post(void);");
                    case USES, PROVIDES ->
                        source.procedure(face)
                                .map(procedure -> new CProcedure(face, procedure).declarations())
                                .orElseGet(() ->
                                        isConsole(face) ? List.of("void " + name + "_putchar(int c);") : List.of());
                });
        return lines;
    }

    /** What nobody declares and every field's component has. */
    private static boolean isConsole(Interface face) {
        return face.kind() == Interface.Kind.USES && face.type().equals("PutChar");
    }

    private static List<String> dataport(Interface face) {
        List<String> lines = new ArrayList<>();
        String type = face.type();
        Matcher sized = BUFFER.matcher(type);
        if (sized.matches()) {
            type = "Buf_" + face.name();
            lines.add("typedef struct { char content[" + sized.group(1) + "]; } " + type + ";");
        }
        lines.add("extern " + type + " *" + face.name() + ";");
        lines.add("size_t " + face.name() + "_get_size(void);");
        for (String order : List.of("acquire", "release")) {
            lines.add("static inline void %s_%s(void) { __atomic_thread_fence(__ATOMIC_%s); }"
                    .formatted(face.name(), order, order.toUpperCase(Locale.ROOT)));
        }
        return lines;
    }

    private List<String> definitions(Interface face) {
        String text = switch (face.kind()) {
            case EMITS -> "void NAME_emit(void) { vmlab_emit(\"NAME\"); }";
            case CONSUMES -> """
                static struct vmlab_event NAME_event = { "NAME" };
                void NAME_wait(void) { vmlab_wait(&NAME_event); }
                int NAME_poll(void) { return vmlab_poll(&NAME_event); }
                int NAME_reg_callback(void (*callback)(void *), void *arg)
                { return vmlab_reg_callback(&NAME_event, callback, arg); }""";
            case DATAPORT -> """
                void *NAME;
                size_t NAME_get_size(void) { return vmlab_dataport_bytes("NAME"); }""";
            case MUTEX -> lock("1, 1", "lock", "unlock");
            case SEMAPHORE ->
                lock("1, 0x7fffffff", "wait", "post")
                        + "\nint NAME_trywait(void) { return vmlab_semaphore_trywait(&NAME_semaphore); }";
            case BINARY_SEMAPHORE -> lock("0, 1", "wait", "post");
            case USES, PROVIDES ->
                source.procedure(face)
                        .map(procedure -> new CProcedure(face, procedure).definitions())
                        .orElse(isConsole(face) ? "void NAME_putchar(int c) { vmlab_putchar(c); }" : "");
        };
        return List.of(text.replace("NAME", face.name()));
    }

    /** A lock: how much it has at first, and at most. */
    private static String lock(String values, String take, String give) {
        return """
                static struct vmlab_semaphore NAME_semaphore = { VALUES };
                int NAME_TAKE(void) { return vmlab_semaphore_wait(&NAME_semaphore); }
                int NAME_GIVE(void) { return vmlab_semaphore_post(&NAME_semaphore); }""".replace("VALUES", values).replace("TAKE", take).replace("GIVE", give);
    }

    /** All but run can be missing; run, too, if the component has no thread of its own. */
    private static List<String> beginnings(ComponentType type) {
        List<String> names = new ArrayList<>(List.of("pre_init"));
        type.interfaces().stream()
                .filter(face -> !face.kind().isLock())
                .forEach(face -> names.add(face.name() + "__init"));
        names.add("post_init");
        List<String> lines = new ArrayList<>();
        names.forEach(name -> lines.add("void " + name + "(void) __attribute__((weak));"));
        lines.add("int run(void)" + (type.control() ? ";" : " __attribute__((weak));"));
        lines.add("void vmlab_begin(void) {");
        names.forEach(name -> lines.add("    if (" + name + ") " + name + "();"));
        lines.add(type.control() ? "    run();" : "    if (run) run();");
        lines.add("}");
        return lines;
    }

    private List<String> of(Predicate<Interface> which, Function<Interface, String> entry) {
        return source.type().interfaces().stream().filter(which).map(entry).toList();
    }

    private static List<String> table(String declaration, List<String> entries, String end) {
        List<String> lines = new ArrayList<>(List.of(declaration + " = {"));
        entries.forEach(entry -> lines.add("    " + entry + ","));
        lines.add("    " + end + " };");
        return lines;
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }
}
