// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Something a guest's image is built from.
 *
 * @param path on the host, as the script says it; of programs and modules it may also be the name of one of vmlab's own
 */
public record GuestSource(Kind kind, Path path, SourceLocation location) {
    /** What it is. */
    public enum Kind {
        /** A folder with pkg, modules, lib_src, text, init_template, camkes_init, as in the CAmkES tutorials. */
        FOLDER,
        /** The folder of a program. */
        PROGRAM,
        /** The folder of a kernel module. */
        MODULE,
        /** A file or folder that is copied into /opt. */
        TEXT
    }

    public GuestSource {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(path);
        Objects.requireNonNull(location);
    }
}
