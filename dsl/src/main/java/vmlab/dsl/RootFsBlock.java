// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import vmlab.dsl.model.GuestFile;
import vmlab.dsl.model.RootFs;

/** The words of {@code rootfs { }}. */
public final class RootFsBlock extends Block {
    private final List<GuestFile> files = new ArrayList<>();

    RootFsBlock(LabScript script) {
        super(script);
    }

    /** A file with this text in UTF-8; one that begins with {@code #!} can be run. */
    public void file(String path, CharSequence content) {
        add(path, content.toString());
    }

    /** A copy of a host's file; programs can be run. */
    public void file(String path, File content) {
        add(path, content.toPath());
    }

    /** A copy of a host's file; programs can be run. */
    public void file(String path, Path content) {
        add(path, content);
    }

    /** A file with these octets. */
    public void file(String path, byte[] content) {
        add(path, content.clone());
    }

    private void add(String path, Object content) {
        String relative = path.startsWith("/") ? path.substring(1) : path;
        files.add(new GuestFile(relative, content, here("file")));
    }

    RootFs rootfs() {
        return new RootFs(files);
    }
}
