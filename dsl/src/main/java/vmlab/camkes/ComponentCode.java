// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Similar;

/** Finds what the components of a project do. */
final class ComponentCode {
    /** Where the C files of a component NAME are, if no build file says it. */
    private static final List<String> PLACES = List.of(
            "NAME.c",
            "components/NAME.c",
            "src/NAME.c",
            "components/NAME/src/*.c",
            "components/NAME/*.c",
            "NAME/src/*.c",
            "NAME/*.c");

    private final ProjectFolder folder;
    private final BuildFiles build;
    private final LoadOptions options;
    private final Consumer<Problem> problems;
    private final Consumer<String> notes;

    ComponentCode(ProjectFolder folder, LoadOptions options, Consumer<Problem> problems, Consumer<String> notes) {
        this.folder = folder;
        build = new BuildFiles(folder);
        this.options = options;
        this.problems = problems;
        this.notes = notes;
    }

    /** An option for a component that isn't there was meant for another. */
    void checkNames(Assembly assembly) {
        Set<String> types = new TreeSet<>();
        assembly.components().forEach(component -> types.add(component.type().name()));
        Stream.concat(options.behaviours().keySet().stream(), options.sources().keySet().stream())
                .filter(name -> !types.contains(name))
                .forEach(name -> problems.accept(new Problem(
                        options.location(),
                        "no instance is of a component " + name,
                        Similar.didYouMean(name, types, "its components are " + types))));
    }

    /** The component with its behaviour; what has C files is noted in {@code sources}. */
    ComponentSpec found(ComponentSpec component, Assembly assembly, Map<String, CSource> sources) {
        String name = component.type().name();
        Optional<Behaviour> given = Optional.ofNullable(options.behaviours().get(name));
        Optional<Behaviour> ours = given.or(() -> LibraryBehaviour.of(component.type()));
        if (ours.isPresent()) {
            return new ComponentSpec(component.type(), ours);
        }
        List<Path> files = files(component, assembly);
        if (!files.isEmpty()) {
            sources.put(name, new CSource(component.type(), files, includes(name, files), assembly.procedures()));
            notes.accept(name + " is "
                    + String.join(", ", files.stream().map(Path::toString).toList()));
        } else if (component.type().control() && !isSurroundings(component)) {
            notes.accept(
                    name + " has no code: no build file and no file's name tells of any; its instances do nothing");
        }
        return component;
    }

    /** What the library declares without a behaviour, the machine itself serves for. */
    private static boolean isSurroundings(ComponentSpec component) {
        return ProjectFile.isOfLibrary(component.type().location().file());
    }

    private List<Path> files(ComponentSpec component, Assembly assembly) {
        String name = component.type().name();
        List<Path> given = options.sources().getOrDefault(name, build.sources(name));
        if (!given.isEmpty()) {
            return given;
        }
        Set<String> names = new LinkedHashSet<>(List.of(name, snake(name)));
        assembly.composition().instances().stream()
                .filter(instance -> instance.type().equals(name))
                .map(Instance::name)
                .forEach(names::add);
        for (ProjectFolder place : List.of(
                folder, ProjectFolder.of(Path.of(component.type().location().file())))) {
            for (String candidate : names) {
                for (String pattern : PLACES) {
                    List<Path> found = place.matching(pattern.replace("NAME", candidate));
                    if (!found.isEmpty()) {
                        return found;
                    }
                }
            }
        }
        return List.of();
    }

    private List<Path> includes(String name, List<Path> files) {
        Set<Path> folders = new LinkedHashSet<>(build.includes(name));
        files.forEach(file -> {
            Path parent = ProjectFolder.of(file).path();
            folders.add(parent);
            folders.add(parent.resolveSibling("include"));
        });
        folders.add(folder.path());
        folders.add(folder.path().resolve("include"));
        return folders.stream().filter(Files::isDirectory).toList();
    }

    /** PrintServer is print_server in file names. */
    private static String snake(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(java.util.Locale.ROOT);
    }
}
