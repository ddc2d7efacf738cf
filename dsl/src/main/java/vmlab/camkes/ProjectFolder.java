// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder a {@code .camkes} file lies in, and what lies beside it. */
record ProjectFolder(Path path) {
    /** What makes a folder one that a guest is built from. */
    private static final List<String> GUEST_PARTS = List.of("pkg", "pkgs", "modules", "camkes_init", "init_template");

    /** So deep a pattern of a Makefile looks. */
    private static final int DEPTH = 6;

    static ProjectFolder of(Path file) {
        Path parent = file.normalize().getParent();
        return new ProjectFolder(parent == null ? Path.of(".") : parent);
    }

    /** The file that a name means: beside the project's, or where the name itself says. */
    Optional<Path> file(String name) {
        return Stream.of(path.resolve(name).normalize(), Path.of(name))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Where macros of an application are that its files don't include. */
    List<Path> configurationHeaders() {
        return matching("configurations/*.h");
    }

    /** The folder a VM's image is built from, if there is one. */
    Optional<Path> guest(String vm) {
        return Stream.of(path.resolve(vm), path.resolve("linux"), path)
                .filter(ProjectFolder::isGuest)
                .findFirst();
    }

    static boolean isGuest(Path folder) {
        return GUEST_PARTS.stream().anyMatch(part -> Files.exists(folder.resolve(part)));
    }

    /** Files below the folder that a shell's pattern means, sorted. */
    List<Path> matching(String pattern) {
        String relative = pattern.replaceFirst("^(\\./)+", "");
        if (!relative.contains("*")) {
            return Optional.of(path.resolve(relative).normalize()).filter(Files::isRegularFile).stream()
                    .toList();
        }
        Path start = path.resolve(relative.substring(0, relative.indexOf('*')).replaceAll("[^/]*$", ""))
                .normalize();
        PathMatcher matcher = FileSystems.getDefault()
                .getPathMatcher("glob:" + path.resolve(relative).normalize());
        if (!Files.isDirectory(start)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(start, DEPTH)) {
            return files.map(Path::normalize)
                    .filter(matcher::matches)
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A text file's content; empty if there is no such file. */
    Optional<String> text(String name) {
        return matching(name).stream().findFirst().map(ProjectFolder::text);
    }

    static String text(Path file) {
        try {
            // What isn't UTF-8 stands in comments and texts, which nobody reads here.
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
