// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code rootfs { }}: vmlab's root file system and what a script adds to it.
 *
 * @param files in the order of the script
 * @param sources what is built for it, in the order of the script
 */
public record RootFs(List<GuestFile> files, List<GuestSource> sources) {
    public RootFs {
        files = List.copyOf(files);
        sources = List.copyOf(sources);
    }

    /** What it is made of, wherever that stands: two that are equal make the same. */
    List<Object> content() {
        List<Object> all = new ArrayList<>();
        for (GuestFile file : files) {
            all.add(file.path());
            all.add(file.content() instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : file.content());
        }
        for (GuestSource source : sources) {
            all.add(source.kind());
            all.add(source.path());
        }
        return all;
    }

    /** As the script says it, shortened. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        sources.forEach(source -> words.add(source.path().toString()));
        if (!files.isEmpty()) {
            words.add(files.size() + (files.size() == 1 ? " file" : " files"));
        }
        return words.isEmpty() ? "rootfs { }" : "rootfs { " + String.join(", ", words) + " }";
    }
}
