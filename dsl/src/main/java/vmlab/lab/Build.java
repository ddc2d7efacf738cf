// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which vmlab this is. */
final class Build {
    private Build() {}

    /** Its version, for people. */
    static String version() {
        return Objects.requireNonNullElse(Lab.class.getPackage().getImplementationVersion(), "(not packaged)");
    }

    /** Tells builds apart: the times of the files that the code of these is in. */
    static String id(Class<?>... parts) {
        return Stream.of(parts)
                .map(Build::place)
                .distinct()
                .map(place -> place + " " + newest(place))
                .collect(Collectors.joining("\n"));
    }

    private static Path place(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("code from nowhere: " + type, e);
        }
    }

    /** A jar's time; of a folder of classes the newest file's. */
    private static String newest(Path place) {
        try (Stream<Path> files = Files.walk(place)) {
            return files.map(Build::time).max(String::compareTo).orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String time(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
