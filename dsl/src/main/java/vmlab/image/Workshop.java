// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import vmlab.guest.Digests;
import vmlab.guest.GuestCache;
import vmlab.guest.ToolTree;

/**
 * A folder of the cache in which the parts of one image are built, laid out as their Makefiles expect it.
 *
 * <p>A part is a copy of its author's, so nothing is left behind there, and his paths may have blanks. It is built again
 * when the hash of all it may depend on differs from that of its last build; if only C sources of its own differ, make
 * finds what to do from their times, else it begins anew: a Makefile may know nothing of headers.
 *
 * <p>Threads: several may build different parts; who makes a workshop locks it.
 */
final class Workshop {
    private static final String KEY_FILE = ".built";

    private final Path root;
    private final Path top;
    private final ToolTree tools;
    private final String commonHash;

    /** What was made: by its file name, the content. */
    record Products(SortedMap<String, byte[]> files, List<String> warnings) {}

    private record Hashes(String allButC, String all) {}

    Workshop(Path root, ToolTree tools, SortedMap<String, byte[]> common, List<Part> libraries) throws IOException {
        this.root = root;
        this.top = root.resolve("linux");
        this.tools = tools;
        StringBuilder everything = new StringBuilder(tools.root().getFileName().toString());
        common.forEach((name, content) -> everything.append(name).append('\0').append(Digests.sha256(content)));
        libraries.forEach(library -> everything.append(hashes(library, "").all()));
        commonHash = Digests.sha256(everything.toString().getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, byte[]> file : common.entrySet()) {
            writeIfOther(top.resolve(file.getKey()), file.getValue(), false);
        }
        Files.createDirectories(staticLibraries());
    }

    private Path staticLibraries() {
        return top.resolve("out/static_lib");
    }

    /** Whether {@link #build} has something to do. */
    boolean isStale(Part part) throws IOException {
        return !isBuilt(part, hashes(part, commonHash));
    }

    private boolean isBuilt(Part part, Hashes hashes) throws IOException {
        Path key = products(part).resolve(KEY_FILE);
        return Files.exists(key) && Files.readString(key).equals(hashes.all());
    }

    private Path products(Part part) {
        return root.resolve("products").resolve(part.place());
    }

    /** Builds a part if its last build was of something else. */
    Products build(Part part) throws IOException, InterruptedException {
        Hashes hashes = hashes(part, commonHash);
        Path products = products(part);
        Path key = products.resolve(KEY_FILE);
        if (isBuilt(part, hashes)) {
            return new Products(read(products), List.of());
        }
        Files.deleteIfExists(key);
        Path folder = stage(part, hashes.allButC());
        List<String> said = new MakeRun(tools, top, folder, part).run();
        SortedMap<String, byte[]> made = collect(part, folder);
        GuestCache.deleteTree(products);
        Files.createDirectories(products);
        for (Map.Entry<String, byte[]> file : made.entrySet()) {
            Files.write(products.resolve(file.getKey()), file.getValue());
        }
        Files.writeString(key, hashes.all());
        return new Products(made, said);
    }

    private static Hashes hashes(Part part, String common) {
        StringBuilder names = new StringBuilder(common).append(part.place()).append('\0');
        StringBuilder sources = new StringBuilder();
        part.files().forEach((name, file) -> {
            names.append(name).append(file.executable() ? "*\0" : "\0");
            (name.endsWith(".c") ? sources : names).append(Digests.sha256(file.content()));
        });
        String allButC = Digests.sha256(names.toString().getBytes(StandardCharsets.UTF_8));
        return new Hashes(allButC, Digests.sha256((allButC + sources).getBytes(StandardCharsets.UTF_8)));
    }

    private Path stage(Part part, String allButC) throws IOException {
        Path folder = top.resolve(part.place());
        Path stamp = root.resolve("stamps").resolve(part.place());
        boolean onlyC = Files.exists(stamp) && Files.readString(stamp).equals(allButC);
        if (!onlyC) {
            Files.deleteIfExists(stamp);
            GuestCache.deleteTree(folder);
        }
        for (Map.Entry<String, Part.Source> file : part.files().entrySet()) {
            writeIfOther(
                    folder.resolve(file.getKey()),
                    file.getValue().content(),
                    file.getValue().executable());
        }
        Files.createDirectories(stamp.getParent());
        Files.writeString(stamp, allButC);
        return folder;
    }

    private static void writeIfOther(Path file, byte[] content, boolean executable) throws IOException {
        if (Files.isRegularFile(file) && Arrays.equals(Files.readAllBytes(file), content)) {
            return;
        }
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        if (executable && !file.toFile().setExecutable(true)) {
            throw new IOException("can't be made executable: " + file);
        }
    }

    private static SortedMap<String, byte[]> read(Path products) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> children = Files.list(products)) {
            for (Path file : children.toList()) {
                String name = file.getFileName().toString();
                if (!name.equals(KEY_FILE)) {
                    files.put(name, Files.readAllBytes(file));
                }
            }
        }
        return files;
    }

    private SortedMap<String, byte[]> collect(Part part, Path folder) throws IOException, InterruptedException {
        SortedMap<String, byte[]> made = new TreeMap<>();
        for (Path file : made(part, folder)) {
            byte[] content = Files.readAllBytes(file);
            made.put(
                    file.getFileName().toString(),
                    part.kind() == Part.Kind.PROGRAM ? stripped(file, content) : content);
            if (part.kind() == Part.Kind.LIBRARY) {
                Files.write(staticLibraries().resolve(file.getFileName()), content);
            }
        }
        if (made.isEmpty()) {
            throw nothing(part);
        }
        return made;
    }

    private static BuildMistake nothing(Part part) {
        return switch (part.kind()) {
            case MODULE ->
                new BuildMistake(
                        part.written() + ": its Makefile made no module",
                        "obj-m += " + part.name() + ".o names it, and all: calls make -C $(KHEAD) M=$(PWD) modules");
            case LIBRARY ->
                new BuildMistake(
                        part.written() + ": its Makefile made no library",
                        "TARGET = lib" + part.name() + ".a, OBJS and include ../../common_lib.mk make one");
            case PROGRAM ->
                new BuildMistake(
                        part.written() + ": its Makefile made no program",
                        "TARGET = " + part.name() + " and a rule for " + part.name() + " make one");
        };
    }

    private static List<Path> made(Part part, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> switch (part.kind()) {
                        case MODULE -> file.toString().endsWith(".ko");
                        case LIBRARY -> file.toString().endsWith(".a");
                        case PROGRAM -> Files.isExecutable(file);
                    })
                    .sorted()
                    .toList();
        }
    }

    /** What a program's symbols take is copied at every boot. */
    private byte[] stripped(Path file, byte[] content) throws IOException, InterruptedException {
        if (content.length < 4 || content[0] != 0x7F || content[1] != 'E') {
            return content;
        }
        Path target = Files.createTempFile(root, "stripped", "");
        try {
            List<String> command = List.of(
                    tools.bin().resolve("strip").toString(), "--strip-all", "-o", target.toString(), file.toString());
            Process strip = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return strip.waitFor() == 0 ? Files.readAllBytes(target) : content;
        } finally {
            Files.deleteIfExists(target);
        }
    }
}
