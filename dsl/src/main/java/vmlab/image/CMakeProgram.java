// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A guest's program as a {@code CMakeLists.txt} of CAmkES's newer edition has it: its name, its sources and what it is linked
 * with. Everything else there is for the build of seL4's projects and means nothing here.
 *
 * @spec sel4-tutorials, tutorials/camkes-vm-crossvm
 */
record CMakeProgram(String name, List<String> sources, List<String> libraries) {
    static final String FILE = "CMakeLists.txt";

    private static final Pattern EXECUTABLE = Pattern.compile("add_executable\\s*\\(\\s*([\\w.-]+)\\s+([^)]*)\\)");
    private static final Pattern LINKED = Pattern.compile("target_link_libraries\\s*\\(\\s*[\\w.-]+\\s+([^)]*)\\)");

    /** The guest's library by its name there. */
    private static final String CAMKES = "camkeslinux";

    /** What such a file says; empty if it makes no program. */
    static Optional<CMakeProgram> of(String text) {
        String plain = text.replaceAll("#.*", "");
        Matcher executable = EXECUTABLE.matcher(plain);
        if (!executable.find()) {
            return Optional.empty();
        }
        List<String> libraries = LINKED.matcher(plain)
                .results()
                .flatMap(found -> words(found.group(1)))
                .filter(word -> !List.of("PUBLIC", "PRIVATE", "INTERFACE").contains(word))
                .toList();
        List<String> sources =
                words(executable.group(2)).filter(word -> word.endsWith(".c")).toList();
        return Optional.of(new CMakeProgram(executable.group(1), sources, libraries));
    }

    private static Stream<String> words(String text) {
        return Stream.of(text.strip().split("\\s+"))
                .map(word -> word.replace("\"", ""))
                .filter(word -> !word.isEmpty());
    }

    /** The same for make, in the kit's words. */
    String makefile() {
        String objects =
                sources.stream().map(source -> source.replaceFirst("c$", "o")).collect(Collectors.joining(" "));
        String linked = libraries.stream()
                .map(library ->
                        library.startsWith("-") ? library : "-l" + (library.equals(CAMKES) ? "camkes" : library))
                .collect(Collectors.joining(" "));
        return """
                TARGET = NAME

                include ../../common.mk
                include ../../common_app.mk

                NAME: OBJECTS
                \t$(CC) $(CFLAGS) $(LDFLAGS) $^ LINKED -o $@
                """.replace("NAME", name).replace("OBJECTS", objects).replace("LINKED", linked);
    }
}
