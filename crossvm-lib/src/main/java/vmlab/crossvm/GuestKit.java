// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The files that guest images are built with, as they are in {@code src/guest}:
 *
 * <ul>
 *   <li>{@code common.mk}, {@code common_app.mk}, {@code common_lib.mk}: what learners' Makefiles include
 *   <li>{@code init_template}: the init script of images that bring none
 *   <li>{@code kernel-include}: headers that stand before the kernel's own when a module is compiled
 *   <li>{@code include}: headers of programs and modules
 *   <li>{@code linux-module/NAME}, {@code lib/NAME}, {@code apps/NAME}: modules, libraries and programs that images get
 *       by their names
 * </ul>
 *
 * <p>A file that is put into these folders is in the kit: nothing lists them. Threads: any.
 */
public final class GuestKit {
    private static final String ROOT = "vmlab/guest-kit/";

    private GuestKit() {}

    /** All files by their paths below {@code src/guest}, in the order of their names. */
    public static SortedMap<String, byte[]> files() {
        try {
            Path code = Path.of(GuestKit.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return Files.isDirectory(code) ? ofFolder(code.resolve(ROOT)) : ofJar(code);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the code has no path", e);
        }
    }

    private static SortedMap<String, byte[]> ofFolder(Path folder) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path file : paths.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
        }
        return files;
    }

    private static SortedMap<String, byte[]> ofJar(Path file) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        try (JarFile jar = new JarFile(file.toFile())) {
            List<JarEntry> entries = jar.stream()
                    .filter(entry -> entry.getName().startsWith(ROOT) && !entry.isDirectory())
                    .toList();
            for (JarEntry entry : entries) {
                try (InputStream content = jar.getInputStream(entry)) {
                    files.put(entry.getName().substring(ROOT.length()), content.readAllBytes());
                }
            }
        }
        return files;
    }
}
