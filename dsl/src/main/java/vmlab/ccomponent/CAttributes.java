// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.ValueType;

/**
 * A component's attributes as variables of C, which are set when it begins: instances of one program differ in them. What
 * semaphores begin with is set so, too.
 *
 * @spec camkes-tool, docs/index.md, "Attributes"
 */
record CAttributes(ComponentType type) {
    private record Variable(String name, ValueType type) {}

    private List<Variable> variables() {
        return type.attributes().stream().flatMap(a -> variable(a).stream()).toList();
    }

    /** Lists and structures have none. */
    private static Optional<Variable> variable(AttributeDeclaration attribute) {
        return ValueType.of(attribute.type()).map(values -> new Variable(attribute.name(), values));
    }

    /** What its sources see: they only read it. */
    List<String> declarations() {
        return variables().stream()
                .map(v -> "extern "
                        + (v.type().kind() == ValueType.Kind.TEXT
                                ? "char *const "
                                : "const " + v.type().c() + " ") + v.name() + ";")
                .toList();
    }

    List<String> definitions() {
        List<String> lines = new ArrayList<>();
        for (Variable v : variables()) {
            lines.add(v.type().c() + " " + v.name() + ";");
            lines.add("static void NAME_set(const char **words) { NAME = VALUE; }"
                    .replace("NAME", v.name())
                    .replace("VALUE", CProcedure.taken(v.type())));
        }
        type.interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.SEMAPHORE)
                .forEach(face -> lines.add(
                        "static void NAME_value_set(const char **words) { NAME_semaphore.value = vmlab_take_number(words); }"
                                .replace("NAME", face.name())));
        return lines;
    }

    /** Those of the table that has them set by their names. */
    List<String> entries() {
        List<String> names = new ArrayList<>();
        variables().forEach(v -> names.add(v.name()));
        type.interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.SEMAPHORE)
                .forEach(face -> names.add(face.name() + "_value"));
        return names.stream().map("{ \"%1$s\", %1$s_set }"::formatted).toList();
    }
}
