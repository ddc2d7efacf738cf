// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Applications after the field's own, in folders. */
public final class Samples {
    private Samples() {}

    /** The tutorials' third exercise, which is there to be run, too. */
    public static final String TUTORIAL = "print-client/vm";

    private static final Path SCRIPTS = Path.of("..", "scripts");

    /** Copies a sample's folder, and says which file has its assembly: {@code arm/multi} is multi.camkes of arm. */
    public static Path copy(Path into, String name) throws IOException, URISyntaxException {
        Path file = name.equals(TUTORIAL)
                ? SCRIPTS.resolve(name + ".camkes")
                : Path.of(
                        Samples.class.getResource("samples/" + name + ".camkes").toURI());
        Path folder = file.getParent();
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> plain = files.filter(Files::isRegularFile).toList();
            for (Path each : plain) {
                Path target = into.resolve(folder.relativize(each));
                Files.createDirectories(target.getParent());
                Files.copy(each, target);
            }
        }
        return into.resolve(file.getFileName());
    }
}
