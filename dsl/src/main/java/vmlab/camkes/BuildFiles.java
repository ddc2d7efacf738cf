// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a project's {@code CMakeLists.txt} and {@code Makefile} say about the C files of its components.
 *
 * <p>Not modelled: conditions, functions, variables set elsewhere. A word that comes to no file is passed over.
 *
 * @spec camkes-tool, camkes.cmake ({@code DeclareCAmkESComponent}); the older {@code NAME_CFILES} of camkes.mk
 */
final class BuildFiles {
    private static final Pattern DECLARATION =
            Pattern.compile("\\bDeclareCAmkES(?:Component|VM)\\s*\\(\\s*(\\w+)([^)]*)\\)");
    private static final Pattern VARIABLE = Pattern.compile("\\b(?:set|file)\\s*\\(([^)]*)\\)");
    private static final Pattern USE = Pattern.compile("\\$\\{(\\w+)\\}");
    private static final Pattern ASSIGNMENT = Pattern.compile("(?m)^\\s*(\\w+)_([CH])FILES\\s*[:+?]?=(.*)$");
    private static final Pattern FOLDER_OF_MAKEFILE =
            Pattern.compile("\\$[({](?:SOURCE_DIR|CURDIR|PWD)[)}]/?|\\$\\(patsubst[^,]*,[^,]*,");
    private static final Pattern FILE = Pattern.compile("[^\\s(),]+\\.[ch]\\b");
    private static final Set<String> SOURCES = Set.of("SOURCES", "EXTRA_SOURCES");
    private static final Set<String> INCLUDES = Set.of("INCLUDES", "EXTRA_INCLUDES");

    private final ProjectFolder folder;
    private final Map<String, List<Path>> sources = new LinkedHashMap<>();
    private final Map<String, List<Path>> includes = new LinkedHashMap<>();

    BuildFiles(ProjectFolder folder) {
        this.folder = folder;
        folder.text("CMakeLists.txt").ifPresent(text -> readCmake(plain(text)));
        folder.text("Makefile").ifPresent(text -> readMakefile(plain(text)));
    }

    /** The C files of a component; empty if nothing is said of it. */
    List<Path> sources(String component) {
        return sources.getOrDefault(component, List.of());
    }

    List<Path> includes(String component) {
        return includes.getOrDefault(component, List.of());
    }

    private static String plain(String text) {
        return text.replaceAll("\\\\\\r?\\n", " ").replaceAll("(?m)#.*$", "");
    }

    // ---- CMake

    private void readCmake(String text) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("CMAKE_CURRENT_SOURCE_DIR", ".");
        variables.put("CMAKE_CURRENT_LIST_DIR", ".");
        for (MatchResult command : results(VARIABLE, text)) {
            List<String> words = words(command.group(1));
            if (words.size() > 1) {
                boolean glob = words.get(0).startsWith("GLOB");
                int name = glob ? 1 : 0;
                variables.put(words.get(name), String.join(" ", words.subList(name + 1, words.size())));
            }
        }
        for (MatchResult declaration : results(DECLARATION, text)) {
            declared(declaration.group(1), words(expanded(declaration.group(2), variables)));
        }
    }

    private static String expanded(String text, Map<String, String> variables) {
        String result = text;
        // A variable may stand for others, never deeper than this in a sane file.
        for (int depth = 0; depth < 4; depth++) {
            result = USE.matcher(result)
                    .replaceAll(use -> Matcher.quoteReplacement(variables.getOrDefault(use.group(1), "")));
        }
        return result;
    }

    private void declared(String component, List<String> words) {
        String section = "";
        for (String word : words) {
            if (word.matches("[A-Z][A-Z_]+")) {
                section = word;
            } else if (SOURCES.contains(section)) {
                add(sources, component, folder.matching(word));
            } else if (INCLUDES.contains(section)) {
                add(includes, component, List.of(folder.path().resolve(word).normalize()));
            }
        }
    }

    private static List<String> words(String text) {
        return text.isBlank()
                ? List.of()
                : List.of(text.strip().replace("\"", "").split("[\\s;]+"));
    }

    // ---- make

    private void readMakefile(String text) {
        for (MatchResult assignment : results(ASSIGNMENT, text)) {
            String files = FOLDER_OF_MAKEFILE.matcher(assignment.group(3)).replaceAll("");
            for (MatchResult file : results(FILE, files)) {
                List<Path> found = folder.matching(file.group());
                if (assignment.group(2).equals("C")) {
                    add(sources, assignment.group(1), found);
                } else {
                    add(
                            includes,
                            assignment.group(1),
                            found.stream().map(Path::getParent).distinct().toList());
                }
            }
        }
    }

    private static List<MatchResult> results(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    private static void add(Map<String, List<Path>> map, String component, List<Path> found) {
        List<Path> all = map.computeIfAbsent(component, name -> new ArrayList<>());
        found.stream().filter(each -> !all.contains(each)).forEach(all::add);
    }
}
