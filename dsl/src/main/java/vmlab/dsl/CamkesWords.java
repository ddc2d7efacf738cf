// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import vmlab.camkes.CamkesReader;
import vmlab.camkes.LoadOptions;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.SourceLocation;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;

/**
 * A Groovy extension: {@code lab.load('vm.camkes', kernel: debian.kernel, components: [PrintServer: { … }])}.
 *
 * <p>Options are a VM's attributes, for all VMs or in {@code vm0: [ ]} for one, with short names for those that files leave
 * to their build; {@code components}, a closure or C files for each; {@code include} and {@code define}.
 */
public final class CamkesWords {
    private static final Map<String, String> SHORT_NAMES = Map.of(
            "kernel", Attribute.KERNEL_IMAGE.word(),
            "rootfs", Attribute.INITRD_IMAGE.word(),
            "cmdline", Attribute.KERNEL_CMDLINE.word());

    private CamkesWords() {}

    /**
     * Adds what a {@code .camkes} file describes; all of it is there by its instances' names then.
     *
     * @return the new VMs, not started
     */
    public static List<LabVm> load(Lab self, Object file) {
        return load(self, Map.of(), file);
    }

    /** The same, with something else than what the rules find: {@code lab.load(file, kernel: …)}. */
    public static List<LabVm> load(Lab self, Map<String, ?> options, Object file) {
        return self.load(path(file), new Given(self).options(options));
    }

    /** The same with a map: {@code lab.load(file, [kernel: …])}. */
    public static List<LabVm> load(Lab self, Object file, Map<String, ?> options) {
        return load(self, options, file);
    }

    private static Path path(Object given) {
        if (given instanceof Path path) {
            return path;
        }
        return given instanceof File file ? file.toPath() : Path.of(given.toString());
    }

    private static List<Path> paths(Object given) {
        return given instanceof Collection<?> several
                ? several.stream().map(CamkesWords::path).toList()
                : List.of(path(given));
    }

    /** Options as they are read. */
    private static final class Given {
        private final SourceLocation location;
        private final List<LoadOptions.Override> overrides = new ArrayList<>();
        private final Map<String, Behaviour> behaviours = new LinkedHashMap<>();
        private final Map<String, List<Path>> sources = new LinkedHashMap<>();
        private final List<Path> folders = new ArrayList<>();
        private final Map<String, String> macros = new LinkedHashMap<>();

        private Given(Lab lab) {
            location = lab.author() instanceof HandlerAuthor author
                    ? author.here("load")
                    : new SourceLocation("options", 0, 0);
        }

        private LoadOptions options(Map<String, ?> given) {
            given.forEach(this::add);
            return new LoadOptions(new CamkesReader.Options(folders, macros), overrides, behaviours, sources, location);
        }

        private void add(String name, Object value) {
            if (name.matches("vm\\d+")) {
                map(name, value).forEach((attribute, each) -> override(Optional.of(name), attribute, each));
                return;
            }
            switch (name) {
                case "components" -> map(name, value).forEach(this::component);
                case "include" -> folders.addAll(paths(value));
                case "define" -> map(name, value).forEach((macro, text) -> macros.put(macro, String.valueOf(text)));
                default -> override(Optional.empty(), name, value);
            }
        }

        private void override(Optional<String> vm, String name, Object value) {
            String attribute = SHORT_NAMES.getOrDefault(name, name);
            if (!Attribute.exists(attribute)) {
                TreeSet<String> names = new TreeSet<>(SHORT_NAMES.keySet());
                names.addAll(List.of("components", "include", "define"));
                names.addAll(Attribute.words());
                throw new ScriptMistake(
                        "load has no option " + name,
                        Similar.didYouMean(
                                name, names, "kernel, rootfs, cmdline, components, include, define, or an attribute"),
                        name);
            }
            overrides.add(new LoadOptions.Override(vm, attribute, VmBlock.plain(value)));
        }

        private void component(String type, Object value) {
            if (value instanceof Closure<?> run) {
                if (!(run.getThisObject() instanceof LabScript script)) {
                    throw new ScriptMistake(
                            "the closure of " + type + " stands in a class", "write it into the script", type);
                }
                behaviours.put(type, new ClosureBehaviour(script, run, ""));
            } else {
                sources.put(type, paths(value));
            }
        }

        @SuppressWarnings("unchecked") // the keys of a map that a script writes down are texts
        private static Map<String, ?> map(String name, Object value) {
            if (value instanceof Map<?, ?> map) {
                return (Map<String, ?>) map;
            }
            throw new ScriptMistake(name + " is " + value + ", not a map", name + ": [NAME: …]", name);
        }
    }
}
