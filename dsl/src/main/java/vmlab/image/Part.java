// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder with a Makefile that something of an image is built from: a snapshot of its files.
 *
 * @param written the folder as its author calls it
 * @param files by their paths in the folder
 */
record Part(Kind kind, String name, String written, SortedMap<String, Source> files) {
    static final String MAKEFILE = "Makefile";

    /** Names that neither make nor a shell takes for something else. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*");

    /** What is built. */
    enum Kind {
        MODULE("modules", "linux-module"),
        LIBRARY("lib_src", "lib"),
        PROGRAM("pkg", "apps");

        private final String folder;
        private final String kitFolder;

        Kind(String folder, String kitFolder) {
            this.folder = folder;
            this.kitFolder = kitFolder;
        }

        /** Where such parts are in a guest's folder. */
        String folder() {
            return folder;
        }

        /** Where such parts are in the kit. */
        String kitFolder() {
            return kitFolder;
        }
    }

    /** One file. */
    record Source(byte[] content, boolean executable) {}

    Part {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(written);
        if (!NAME.matcher(name).matches()) {
            throw new BuildMistake(
                    written + ": make takes \"" + name + "\" for more than one name",
                    "call the folder by letters, digits, _ and - only");
        }
        String odd = files.keySet().stream()
                .filter(file -> !file.matches("[A-Za-z0-9_.+/-]+"))
                .findFirst()
                .orElse("");
        if (!odd.isEmpty()) {
            throw new BuildMistake(
                    written + "/" + odd + ": make takes this name for more than one",
                    "call the file by letters, digits, _ . and - only");
        }
        if (!files.containsKey(MAKEFILE)) {
            throw new BuildMistake(
                    written + " has no Makefile",
                    kind == Kind.MODULE
                            ? "write one: obj-m += " + name + ".o, and all: with make -C $(KHEAD) M=$(PWD) modules"
                            : "write one: TARGET = " + name + ", include ../../common.mk, and a rule for it");
        }
        files = new TreeMap<>(files);
    }

    /** A folder of the host's; a program may have a {@code CMakeLists.txt} in a Makefile's place. */
    static Part ofFolder(Kind kind, Path folder, String written) throws IOException {
        SortedMap<String, Source> files = read(folder);
        if (kind == Kind.PROGRAM && !files.containsKey(MAKEFILE) && files.containsKey(CMakeProgram.FILE)) {
            CMakeProgram.of(new String(files.get(CMakeProgram.FILE).content(), StandardCharsets.UTF_8))
                    .ifPresent(program -> files.put(
                            MAKEFILE, new Source(program.makefile().getBytes(StandardCharsets.UTF_8), false)));
        }
        return new Part(kind, folder.toAbsolutePath().normalize().getFileName().toString(), written, files);
    }

    /** All files below a folder but hidden ones, which editors and kernel builds leave behind. */
    static SortedMap<String, Source> read(Path folder) throws IOException {
        SortedMap<String, Source> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : paths.filter(Files::isRegularFile).toList()) {
                String name = folder.relativize(file).toString();
                if (!name.matches("(.*/)?\\..*") && !name.matches(".*\\.(o|ko|mod|mod\\.c)|.*~")) {
                    files.put(name, new Source(Files.readAllBytes(file), Files.isExecutable(file)));
                }
            }
        }
        return files;
    }

    String makefile() {
        return new String(files.get(MAKEFILE).content(), StandardCharsets.UTF_8);
    }

    /** Where it is while it is built, in the folder of all parts. */
    String place() {
        return kind.folder() + "/" + name;
    }
}
