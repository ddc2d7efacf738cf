// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.dsl.model.GuestSource;

/**
 * What an image is made of: what its author names, and what the kit adds because that needs it. A snapshot of all files, so
 * that what is built and what its hash says are the same.
 *
 * <p>Of two parts of one name the later counts; the kit's stand behind all of the author's. From the kit come modules that
 * the init script loads, programs that {@code camkes_init} calls, and libraries that a Makefile links by {@code -l}.
 *
 * <p>Errors: {@link BuildMistake} for sources that aren't there.
 */
final class ImageParts {
    /** Where the newer edition's applications have some of their programs. */
    private static final String PROGRAMS_OF_CMAKE = "pkgs";

    private static final String INIT_TEMPLATE = "init_template";
    private static final String CAMKES_INIT = "camkes_init";
    private static final Pattern MODULE_FILE = Pattern.compile("([\\w.+-]+)\\.ko\\b");
    private static final Pattern LINKED = Pattern.compile("-l([\\w+-]+)");

    /** What every part may include, by its place in the folder of all parts. */
    private final SortedMap<String, byte[]> common = new TreeMap<>();

    private final Map<String, Part> modules = new LinkedHashMap<>();
    private final Map<String, Part> libraries = new LinkedHashMap<>();
    private final Map<String, Part> programs = new LinkedHashMap<>();

    /** Files that are only copied, by their paths in the guest. */
    private final SortedMap<String, Part.Source> texts = new TreeMap<>();

    /** Where what is to be built comes from, in the order its author names it. */
    private final List<String> origins = new ArrayList<>();

    private final SortedMap<String, byte[]> kit;
    private Optional<String> initTemplate = Optional.empty();
    private Optional<String> camkesInit = Optional.empty();

    private ImageParts(SortedMap<String, byte[]> kit) {
        this.kit = kit;
    }

    static ImageParts of(List<GuestSource> sources, SortedMap<String, byte[]> kit) throws IOException {
        ImageParts parts = new ImageParts(kit);
        kit.forEach((name, content) -> {
            if (name.endsWith(".mk") || name.startsWith("include/") || name.startsWith("kernel-include/")) {
                parts.common.put(name, content);
            }
        });
        List<Path> folders = new ArrayList<>();
        for (GuestSource source : sources) {
            parts.add(source, folders);
        }
        parts.addWhatIsNeeded();
        return parts;
    }

    SortedMap<String, byte[]> common() {
        return common;
    }

    /** The same wherever its author is, as long as it is the kit's or in the same folders. */
    List<String> origins() {
        return List.copyOf(origins);
    }

    List<Part> modules() {
        return List.copyOf(modules.values());
    }

    List<Part> libraries() {
        return List.copyOf(libraries.values());
    }

    List<Part> programs() {
        return List.copyOf(programs.values());
    }

    SortedMap<String, Part.Source> texts() {
        return texts;
    }

    Optional<String> camkesInit() {
        return camkesInit;
    }

    /** The script that the kernel starts; none if there is nothing to do before the default guest's own. */
    Optional<String> init(String kernelRelease) {
        if (initTemplate.isEmpty() && modules.isEmpty()) {
            return Optional.empty();
        }
        StringBuilder lines = new StringBuilder();
        modules.keySet()
                .forEach(name -> lines.append("insmod ")
                        .append(ImageBuilder.modulePath("__LINUX_VERSION__", name + ".ko"))
                        .append('\n'));
        String template = initTemplate.orElseGet(() -> text(kit.get(INIT_TEMPLATE)));
        return Optional.of(
                template.replace("__INSMOD__\n", lines.toString()).replace("__LINUX_VERSION__", kernelRelease));
    }

    /** What is odd about them and built all the same. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (initTemplate.filter(text -> !text.contains("__INSMOD__")).isEmpty()) {
            return warnings;
        }
        List<String> loaded = loaded(initTemplate.get());
        modules.values().stream()
                .filter(module -> !loaded.contains(module.name()))
                .forEach(module -> warnings.add(module.written() + ": no line of init_template loads it; add: insmod "
                        + "/lib/modules/__LINUX_VERSION__/kernel/drivers/vmm/" + module.name() + ".ko"));
        loaded.stream()
                .filter(name -> !modules.containsKey(name))
                .forEach(name -> warnings.add("init_template loads " + name + ".ko, but there is no modules/" + name));
        return warnings;
    }

    /** The modules that a script loads by their files. */
    static List<String> loaded(String init) {
        List<String> names = new ArrayList<>();
        init.lines()
                .map(line -> line.replaceFirst("#.*", ""))
                .filter(line -> line.contains("insmod") || line.contains("modprobe"))
                .forEach(line -> {
                    Matcher name = MODULE_FILE.matcher(line);
                    while (name.find()) {
                        names.add(name.group(1));
                    }
                });
        return names;
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.UTF_8);
    }

    private void add(GuestSource source, List<Path> folders) throws IOException {
        switch (source.kind()) {
            case FOLDER -> {
                addFolder(source.path());
                folders.add(source.path());
                origins.add(onHost(source.path()));
            }
            case PROGRAM -> programs.putAll(named(Part.Kind.PROGRAM, source.path(), folders));
            case MODULE -> modules.putAll(named(Part.Kind.MODULE, source.path(), folders));
            case TEXT -> addText(source.path());
        }
    }

    private Map<String, Part> named(Part.Kind kind, Path path, List<Path> folders) throws IOException {
        Optional<Part> ofKit = ofKit(kind, path.toString());
        for (Path folder : candidates(kind, path, folders)) {
            // A folder of something else may have the name of a part of the kit.
            boolean meant = ofKit.isEmpty() || Files.isRegularFile(folder.resolve(Part.MAKEFILE));
            if (meant && Files.isDirectory(folder)) {
                Part part = Part.ofFolder(kind, folder, folder.toString());
                origins.add(kind.folder() + ":" + onHost(folder));
                return Map.of(part.name(), part);
            }
        }
        if (ofKit.isPresent()) {
            origins.add(ofKit.get().written());
            return Map.of(ofKit.get().name(), ofKit.get());
        }
        throw new BuildMistake(
                "there is no folder " + path + (path.getNameCount() == 1 ? ", and the kit has none of that name" : ""),
                "the kit has: " + String.join(", ", namesInKit(kind)) + "; else give the path of a folder, as in '"
                        + kind.folder() + "/" + path.getFileName() + "'");
    }

    private static String onHost(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static List<Path> candidates(Part.Kind kind, Path path, List<Path> folders) {
        List<Path> candidates = new ArrayList<>(List.of(path));
        for (Path folder : folders) {
            candidates.add(folder.resolve(path));
            candidates.add(folder.resolve(kind.folder()).resolve(path));
        }
        return candidates;
    }

    private List<String> namesInKit(Part.Kind kind) {
        List<String> names = kit.keySet().stream()
                .filter(name -> name.startsWith(kind.kitFolder() + "/") && name.endsWith("/" + Part.MAKEFILE))
                .map(name -> name.split("/")[1])
                .distinct()
                .toList();
        return names.isEmpty() ? List.of("none") : names;
    }

    private Optional<Part> ofKit(Part.Kind kind, String name) {
        String folder = kind.kitFolder() + "/" + name + "/";
        SortedMap<String, Part.Source> files = new TreeMap<>();
        kit.tailMap(folder).entrySet().stream()
                .takeWhile(file -> file.getKey().startsWith(folder))
                .forEach(file -> files.put(
                        file.getKey().substring(folder.length()), new Part.Source(file.getValue(), isScript(file))));
        return files.containsKey(Part.MAKEFILE)
                ? Optional.of(new Part(kind, name, "kit:" + kind.kitFolder() + "/" + name, files))
                : Optional.empty();
    }

    /** Resources have no modes. */
    private static boolean isScript(Map.Entry<String, byte[]> file) {
        return file.getValue().length > 1 && file.getValue()[0] == '#' && file.getValue()[1] == '!';
    }

    private void addFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new BuildMistake("there is no folder " + folder, "give the folder that holds pkg and modules");
        }
        for (Part.Kind kind : Part.Kind.values()) {
            addAll(kind, folder.resolve(kind.folder()));
        }
        addAll(Part.Kind.PROGRAM, folder.resolve(PROGRAMS_OF_CMAKE));
        addText(folder.resolve("text"));
        initTemplate = readIfThere(folder.resolve(INIT_TEMPLATE)).or(() -> initTemplate);
        camkesInit = readIfThere(folder.resolve(CAMKES_INIT)).or(() -> camkesInit);
        for (String name : List.of("common.mk", "common_app.mk", "common_lib.mk")) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                common.put(name, Files.readAllBytes(file));
            }
        }
        Path include = folder.resolve("include");
        if (Files.isDirectory(include)) {
            Part.read(include).forEach((name, file) -> common.put("include/" + name, file.content()));
        }
    }

    private void addAll(Part.Kind kind, Path folder) throws IOException {
        for (Path child : children(folder)) {
            Part part = Part.ofFolder(
                    kind, child, folder.resolve(child.getFileName()).toString());
            ofKind(kind).put(part.name(), part);
        }
    }

    private Map<String, Part> ofKind(Part.Kind kind) {
        return switch (kind) {
            case MODULE -> modules;
            case LIBRARY -> libraries;
            case PROGRAM -> programs;
        };
    }

    private static List<Path> children(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(Files::isDirectory)
                    .filter(child -> !child.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    private static Optional<String> readIfThere(Path file) throws IOException {
        return Files.isRegularFile(file) ? Optional.of(text(Files.readAllBytes(file))) : Optional.empty();
    }

    private void addText(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            texts.put("opt/" + path.getFileName(), new Part.Source(Files.readAllBytes(path), Files.isExecutable(path)));
        } else if (Files.isDirectory(path)) {
            Part.read(path).forEach((name, file) -> texts.put("opt/" + name, file));
        }
    }

    private void addWhatIsNeeded() {
        initTemplate.ifPresent(init -> loaded(init).forEach(name -> addOfKit(Part.Kind.MODULE, name)));
        camkesInit.ifPresent(this::addProgramsCalledIn);
        for (Part program : programs()) {
            Matcher linked = LINKED.matcher(program.makefile());
            while (linked.find()) {
                addOfKit(Part.Kind.LIBRARY, linked.group(1));
            }
        }
        libraries
                .values()
                .forEach(library -> library.files().forEach((name, file) -> {
                    if (name.endsWith(".h")) {
                        common.put(library.place() + "/" + name, file.content());
                    }
                }));
    }

    private void addOfKit(Part.Kind kind, String name) {
        if (!ofKind(kind).containsKey(name)) {
            ofKit(kind, name).ifPresent(part -> ofKind(kind).put(name, part));
        }
    }

    /** An app of the kit may make several programs, each from a source of its name. */
    private void addProgramsCalledIn(String script) {
        List<String> words = Arrays.asList(script.split("[^\\w.+-]+"));
        for (String name : namesInKit(Part.Kind.PROGRAM)) {
            boolean called = ofKit(Part.Kind.PROGRAM, name).stream()
                    .flatMap(part -> part.files().keySet().stream())
                    .anyMatch(file -> words.contains(file.replaceFirst("\\.c$", "")));
            if (called) {
                addOfKit(Part.Kind.PROGRAM, name);
            }
        }
    }
}
