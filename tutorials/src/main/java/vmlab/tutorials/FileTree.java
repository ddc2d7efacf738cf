// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/** Files laid over a learner's folder. */
final class FileTree {
    private FileTree() {}

    /** Copies all files below a folder, in place of those of the same names; nothing if the folder isn't there. */
    static void lay(Path from, Path over) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                Path to = over.resolve(from.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new HostMistake(over + " can't be written: " + e.getMessage(), "give another folder", e);
        }
    }
}
