// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import vmlab.guest.KernelModules;
import vmlab.guest.KernelModules.Module;

/**
 * What an image's modules depend on of the kernel's own, and theirs: they go into the image, and its init script loads them
 * before the line that loads whoever needs them.
 *
 * <p>Threads: one.
 */
final class ModuleDependencies {
    private static final String SUFFIX = ".ko";

    private final Function<String, Module> kernel;

    /** What each of the image's own modules names, by its own name. */
    private final Map<String, List<String>> named = new LinkedHashMap<>();

    /** The kernel's, those first that others depend on. */
    private final Map<String, Module> needed = new LinkedHashMap<>();

    /** Of files in a guest; those that are modules count. */
    ModuleDependencies(Map<String, byte[]> files, Function<String, Module> kernel) {
        this.kernel = kernel;
        files.forEach((path, content) -> {
            if (path.endsWith(SUFFIX)) {
                named.put(name(path), KernelModules.depends(content));
            }
        });
        named.values().forEach(names -> names.forEach(this::need));
    }

    private void need(String name) {
        if (!needed.containsKey(name) && !named.containsKey(name)) {
            Module module = kernel.apply(name);
            KernelModules.depends(module.content()).forEach(this::need);
            needed.put(name, module);
        }
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1).replace(SUFFIX, "");
    }

    /** The kernel's modules that go along. */
    List<Module> modules() {
        return List.copyOf(needed.values());
    }

    /** The init script with lines that load them. */
    String init(String script) {
        Set<String> loaded = new TreeSet<>();
        StringBuilder lines = new StringBuilder();
        script.lines().forEach(line -> {
            List<String> names = ImageParts.loaded(line);
            names.forEach(name -> named.getOrDefault(name, List.of()).forEach(each -> load(each, loaded, lines)));
            loaded.addAll(names);
            lines.append(line).append('\n');
        });
        return lines.toString();
    }

    private void load(String name, Set<String> loaded, StringBuilder lines) {
        Module module = needed.get(name);
        if (module != null && loaded.add(name)) {
            KernelModules.depends(module.content()).forEach(each -> load(each, loaded, lines));
            lines.append("insmod /").append(module.path()).append('\n');
        }
    }
}
