// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.anarres.cpp.InputLexerSource;
import org.anarres.cpp.Source;
import org.anarres.cpp.VirtualFile;

/** A file of the user's or, under {@code LIBRARY}, of vmlab's own library, as the preprocessor sees it. */
final class ProjectFile implements VirtualFile {
    /** The folder that stands for vmlab's own library. */
    static final Path LIBRARY = Path.of("<vmlab>");

    private final Path path;

    private ProjectFile(Path path) {
        this.path = path;
    }

    static ProjectFile of(Path path) {
        return new ProjectFile(path.normalize());
    }

    Path path() {
        return path;
    }

    /** The name of a file of vmlab's own library, as an import says it; empty for other files. */
    static Optional<String> ofLibrary(String file) {
        return isOfLibrary(file) ? Optional.of(file.substring(LIBRARY.toString().length() + 1)) : Optional.empty();
    }

    static boolean isOfLibrary(String file) {
        return file.startsWith(LIBRARY + "/");
    }

    private boolean isOurs() {
        return path.startsWith(LIBRARY);
    }

    private InputStream resource() {
        String name = LIBRARY.relativize(path).toString();
        return ProjectFile.class.getResourceAsStream("library/" + name);
    }

    @Override
    public boolean isFile() {
        if (!isOurs()) {
            return Files.isRegularFile(path);
        }
        try (InputStream content = path.equals(LIBRARY) ? null : resource()) {
            return content != null;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String getPath() {
        return path.toString();
    }

    @Override
    public String getName() {
        return String.valueOf(path.getFileName());
    }

    @Override
    public ProjectFile getParentFile() {
        Path parent = path.getParent();
        return of(parent == null ? Path.of("") : parent);
    }

    @Override
    public ProjectFile getChildFile(String name) {
        return of(path.resolve(name));
    }

    @Override
    public Source getSource() throws IOException {
        Reader reader = isOurs()
                ? new InputStreamReader(resource(), StandardCharsets.UTF_8)
                : Files.newBufferedReader(path, StandardCharsets.UTF_8);
        String shown = path.toString();
        return new InputLexerSource(reader) {
            @Override
            public String getPath() {
                return shown;
            }

            @Override
            public String getName() {
                return shown;
            }
        };
    }
}
