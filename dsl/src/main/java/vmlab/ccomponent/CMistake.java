// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure;
import vmlab.image.BuildMistake;

/** What the compiler's words mean for a component's author. */
record CMistake(CSource source, List<String> lines) {
    private static final int SHOWN_LINES = 40;
    private static final Pattern ERROR = Pattern.compile("error: |: undefined reference to |: multiple definition of ");

    BuildMistake mistake() {
        String component = source.type().name();
        String first = lines.stream()
                .filter(line -> ERROR.matcher(line).find())
                .findFirst()
                .orElse(component + ": the compiler failed");
        List<String> shown = lines.subList(0, Math.min(SHOWN_LINES, lines.size()));
        if (first.endsWith("undefined reference to `run'")) {
            return new BuildMistake(
                    component + " has no run", "int run(void) { … } in " + names() + " is what it does", List.of());
        }
        for (CProcedure provided : provided()) {
            for (String prototype : provided.declarations()) {
                String function = prototype.replaceFirst("\\(.*", "").replaceFirst(".*[ *]", "");
                if (first.endsWith("undefined reference to `" + function + "'")) {
                    return new BuildMistake(
                            component + " provides " + provided.face().name() + " and has no " + function,
                            prototype.replace(";", " { … }") + " in " + names() + " is what it does",
                            List.of());
                }
            }
        }
        return new BuildMistake(first, remedy(first), shown);
    }

    private List<CProcedure> provided() {
        return source.type().interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.PROVIDES)
                .flatMap(face -> source.procedure(face).map(p -> new CProcedure(face, p)).stream())
                .toList();
    }

    private String names() {
        return source.sources().stream().map(Object::toString).collect(Collectors.joining(" or "));
    }

    private String remedy(String error) {
        if (error.contains("No such file or directory")) {
            return "put that file beside the source, or name its folder: includes 'include'";
        }
        if (error.contains("multiple definition of `main'")) {
            return "a component has no main: int run(void) is what it does";
        }
        return error.contains("implicit declaration") || error.contains("undeclared") ? interfaces() : "mend it there";
    }

    private String interfaces() {
        String given = source.type().interfaces().stream()
                .map(face -> face.kind().words() + " " + face.name())
                .collect(Collectors.joining(", "));
        List<String> undeclared = source.type().interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.USES || face.kind() == Interface.Kind.PROVIDES)
                .filter(face -> source.procedure(face).isEmpty() && !Procedure.OF_SURROUNDINGS.contains(face.type()))
                .map(Interface::type)
                .toList();
        if (!undeclared.isEmpty()) {
            return "procedure " + undeclared.get(0) + " is declared nowhere: what it has, camkes.h doesn't";
        }
        return given.isEmpty()
                ? source.type().name() + " has no interfaces"
                : "camkes.h has what comes of " + source.type().name() + "'s interfaces: " + given;
    }
}
