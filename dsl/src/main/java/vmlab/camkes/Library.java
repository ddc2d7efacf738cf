// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Similar;

/** What vmlab's own library declares, for who forgot to import or include it or misspelt its name. */
final class Library {
    private static final List<String> IMPORTS =
            List.of("VM/vm.camkes", "StringReverse/StringReverse.camkes", "VirtQueue/VirtQueue.camkes");
    private static final List<String> HEADERS =
            List.of("configurations/vm.h", "configurations/connections.h", "string_reverse.h", "autoconf.h");

    private Library() {}

    /** What to do about an import that isn't found. */
    static String remedyOfImport(String name) {
        return Similar.didYouMean(name, IMPORTS, "add its folder with -I, or remove the import");
    }

    /** What to do about a header that isn't found. */
    static String remedyOfInclude(String name) {
        return Similar.didYouMean(name, HEADERS, "add its folder with -I, or remove the line");
    }

    /** What to do about a macro that nobody has defined. */
    static String remedyOfMacro(String name) {
        Set<String> known = new LinkedHashSet<>();
        for (String header : HEADERS) {
            Set<String> macros = macros(header);
            if (macros.contains(name)) {
                return "add: #include <" + header + ">";
            }
            known.addAll(macros);
        }
        return Similar.didYouMean(name, known, "#include the header that defines it, or define it by -D");
    }

    private static Set<String> macros(String header) {
        return new LinkedHashSet<>(CamkesPreprocessor.macros(ProjectFile.LIBRARY.resolve(header)));
    }

    /** Components that nobody declares and a file of the library would. */
    static List<Problem> forgottenImports(CamkesSystem system) {
        Set<String> declared = system.types().stream().map(ComponentType::name).collect(Collectors.toSet());
        List<Instance> missing = system.composition().instances().stream()
                .filter(instance -> !declared.contains(instance.type()))
                .toList();
        List<Problem> problems = new ArrayList<>();
        if (!missing.isEmpty()) {
            IMPORTS.forEach(name -> forgotten(name, missing).ifPresent(problems::add));
        }
        return problems;
    }

    private static Optional<Problem> forgotten(String name, List<Instance> missing) {
        Set<String> declared =
                CamkesReader.read(ProjectFile.LIBRARY.resolve(name), CamkesReader.Options.NONE).types().stream()
                        .map(ComponentType::name)
                        .collect(Collectors.toSet());
        List<Instance> found = missing.stream()
                .filter(instance -> declared.contains(instance.type()))
                .toList();
        return found.stream()
                .findFirst()
                .map(first -> new Problem(
                        first.location(),
                        "there is no component "
                                + found.stream().map(Instance::type).distinct().collect(Collectors.joining(", ")),
                        "add: import <" + name + ">;"));
    }
}
