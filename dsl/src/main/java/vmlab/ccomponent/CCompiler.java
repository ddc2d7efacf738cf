// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import vmlab.guest.Digests;
import vmlab.guest.GuestCache;
import vmlab.guest.ToolTree;
import vmlab.image.BuildMistake;

/**
 * Compiles components in C with the compiler that guests' programs are compiled with, so that nothing has to be installed.
 * A program is made once of what the preprocessor makes of its sources; the newest of each set of sources is kept.
 *
 * <p>Threads: any number of threads and processes. Errors: {@link BuildMistake} with the compiler's lines, which name the
 * sources as {@link CSource} does.
 */
public final class CCompiler {
    private static final String RESOURCES = "/vmlab/ccomponent/";

    /** What a component is linked with, and its headers. */
    private static final List<String> RUNTIME = List.of(
            "component.c",
            "include/camkes/dataport.h",
            "include/sel4/sel4.h",
            "include/utils/util.h",
            "include/utils/zf_log.h",
            "include/vmlab/component.h");

    private static final List<String> FLAGS = List.of(
            "-m32",
            "-static",
            "-std=gnu11",
            "-O1",
            "-g",
            "-Wall",
            "-Werror=implicit-function-declaration",
            "-fdiagnostics-color=never");

    private final ToolTree tools;
    private final GuestCache cache;

    public CCompiler(ToolTree tools, GuestCache cache) {
        this.tools = Objects.requireNonNull(tools);
        this.cache = Objects.requireNonNull(cache);
    }

    /** The program, made now if it isn't there. */
    public CProgram compile(CSource source) {
        try {
            return new CProgram(source, program(source), tools);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path program(CSource source) throws IOException {
        for (Path file : source.sources()) {
            if (!Files.isReadable(file)) {
                throw new BuildMistake("there is no " + file + " that can be read", "name a file beside the script");
            }
        }
        Path work = Files.createTempDirectory("vmlab-component");
        try {
            List<Path> units = new Work(source, work).preprocessed();
            String folder = "components/" + identity(source);
            String name = folder + "/" + key(units, work);
            if (!Files.exists(cache.path(name))) {
                cache.put(name, target -> {
                    new Work(source, work).link(units, target);
                    removeAllBut(target);
                });
            }
            return cache.path(name);
        } finally {
            GuestCache.deleteTree(work);
        }
    }

    private static String identity(CSource source) {
        String names = source.type().name()
                + source.sources().stream()
                        .map(file -> "\0" + file.toAbsolutePath().normalize())
                        .collect(Collectors.joining());
        return Digests.sha256(names.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    private String key(List<Path> units, Path work) throws IOException {
        StringBuilder all = new StringBuilder(tools.root().getFileName().toString()).append(FLAGS);
        for (Path unit : units) {
            all.append('\0')
                    .append(Files.readString(unit, StandardCharsets.ISO_8859_1).replace(work.toString(), ""));
        }
        return Digests.sha256(all.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Programs of older sources; who runs one goes on. */
    private static void removeAllBut(Path newest) throws IOException {
        try (Stream<Path> files = Files.list(newest.getParent())) {
            for (Path file : files.filter(file -> !file.equals(newest)).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** One compilation in a folder of its own. */
    private final class Work {
        private final CSource source;
        private final Path folder;

        Work(CSource source, Path folder) {
            this.source = source;
            this.folder = folder;
        }

        /** All there is to compile, without any {@code #include} left. */
        List<Path> preprocessed() throws IOException {
            for (String name : RUNTIME) {
                try (InputStream in = CCompiler.class.getResourceAsStream(RESOURCES + name)) {
                    write(name, in.readAllBytes());
                }
            }
            CamkesHeader generated = new CamkesHeader(source);
            write("include/camkes.h", generated.header().getBytes(StandardCharsets.UTF_8));
            write("interfaces.c", generated.code().getBytes(StandardCharsets.UTF_8));
            List<Path> units = new ArrayList<>();
            for (Path file : source.sources()) {
                units.add(preprocessed(file, units.size()));
            }
            units.add(preprocessed(folder.resolve("interfaces.c"), units.size()));
            units.add(preprocessed(folder.resolve("component.c"), units.size()));
            return units;
        }

        private void write(String name, byte[] content) throws IOException {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }

        private Path preprocessed(Path file, int number) throws IOException {
            Path unit = folder.resolve(number + ".i");
            List<String> arguments = new ArrayList<>(List.of("-E", "-o", unit.toString()));
            source.includeFolders().forEach(include -> arguments.add("-I" + include));
            arguments.add("-I" + folder.resolve("include"));
            arguments.add(file.toString());
            gcc(arguments);
            return unit;
        }

        void link(List<Path> units, Path target) throws IOException {
            List<String> arguments = new ArrayList<>(List.of("-o", target.toString()));
            units.forEach(unit -> arguments.add(unit.toString()));
            List<String> said = gcc(arguments);
            if (!said.isEmpty()) {
                LoggerFactory.getLogger(CCompiler.class).warn("{}", String.join("\n", said));
            }
        }

        /** What the compiler said that is no error. */
        private List<String> gcc(List<String> arguments) throws IOException {
            List<String> command = new ArrayList<>();
            command.add(tools.bin().resolve("gcc").toString());
            command.addAll(FLAGS);
            command.addAll(arguments);
            Path log = folder.resolve("log");
            int status = status(command, log);
            List<String> lines = Files.readString(log, StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replace(folder + "/include/", "").replace(folder + "/", ""))
                    .toList();
            if (status != 0) {
                throw new CMistake(source, lines).mistake();
            }
            return lines;
        }

        private int status(List<String> command, Path log) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(log.toFile());
            builder.environment().clear();
            builder.environment()
                    .putAll(Map.of(
                            "PATH", tools.bin() + ":/usr/bin:/bin", "LC_ALL", "C", "KIT_WORK", folder.toString()));
            Process gcc = builder.start();
            try {
                return gcc.waitFor();
            } catch (InterruptedException e) {
                gcc.descendants().forEach(ProcessHandle::destroyForcibly);
                gcc.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new BuildMistake("compiling " + source.type().name() + " was interrupted", "");
            }
        }
    }
}
