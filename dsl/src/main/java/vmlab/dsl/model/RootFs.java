// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;

/**
 * {@code rootfs { }}: vmlab's root file system and what a script adds to it.
 *
 * @param files in the order of the script
 */
public record RootFs(List<GuestFile> files) {
    public RootFs {
        files = List.copyOf(files);
    }

    /** As the script says it, shortened. */
    @Override
    public String toString() {
        return files.isEmpty()
                ? "rootfs { }"
                : "rootfs { " + files.size() + (files.size() == 1 ? " file }" : " files }");
    }
}
