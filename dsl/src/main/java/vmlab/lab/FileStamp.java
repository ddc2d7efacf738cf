// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import vmlab.vmm.HostMistake;

/** What tells a file from what it was before, without reading it: path, size and time, as build tools do. */
final class FileStamp {
    private FileStamp() {}

    static String of(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return "%s %d %s".formatted(file.toRealPath(), attributes.size(), attributes.lastModifiedTime());
        } catch (IOException e) {
            throw new HostMistake(file + " can't be read: " + e, "give the path of a file on this host", e);
        }
    }
}
