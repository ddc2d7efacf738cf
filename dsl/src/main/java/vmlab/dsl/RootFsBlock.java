// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import vmlab.dsl.model.GuestFile;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.RootFs;

/** The words of {@code rootfs { }}. */
public final class RootFsBlock extends Block {
    private final List<GuestFile> files = new ArrayList<>();
    private final List<GuestSource> sources = new ArrayList<>();

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

    /** A folder with pkg, modules, init_template and so on, as in the CAmkES tutorials: all of it. */
    public void from(Object folder) {
        source(GuestSource.Kind.FOLDER, folder, "from");
    }

    /** The folder of a program, or the name of one of vmlab's own. */
    public void pkg(Object folder) {
        source(GuestSource.Kind.PROGRAM, folder, "pkg");
    }

    /** The folder of a kernel module, or the name of one of vmlab's own. */
    public void module(Object folder) {
        source(GuestSource.Kind.MODULE, folder, "module");
    }

    /** A file or folder that is copied into {@code /opt}. */
    public void text(Object fileOrFolder) {
        source(GuestSource.Kind.TEXT, fileOrFolder, "text");
    }

    private void source(GuestSource.Kind kind, Object path, String word) {
        Path there =
                path instanceof Path nio ? nio : path instanceof File file ? file.toPath() : Path.of(path.toString());
        sources.add(new GuestSource(kind, there, here(word)));
    }

    private void add(String path, Object content) {
        String relative = path.startsWith("/") ? path.substring(1) : path;
        files.add(new GuestFile(relative, content, here("file")));
    }

    RootFs rootfs() {
        return new RootFs(files, sources);
    }
}
