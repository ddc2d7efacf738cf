// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.SourceLocation;

/**
 * Reads a {@code .camkes} file and all it imports into one system. Compound components are taken apart, and what is
 * inside takes the compound's place; the contents of all assemblies are one composition.
 *
 * <p>Not modelled: structures are read and forgotten; groups and schedules mean nothing here.
 *
 * @spec camkes-tool, camkes/parser, stages 0 to 7
 */
public final class CamkesReader {
    /**
     * Where files are looked for besides beside the one that names them.
     *
     * @param includePath folders, first to last; vmlab's own library comes after them
     * @param definitions macros that are there from the start
     * @param headers files whose macros are there, too; a file's own replace them
     */
    public record Options(List<Path> includePath, Map<String, String> definitions, List<Path> headers) {
        public static final Options NONE = new Options(List.of(), Map.of());

        public Options {
            includePath = List.copyOf(includePath);
            definitions = Map.copyOf(definitions);
            headers = List.copyOf(headers);
        }

        public Options(List<Path> includePath, Map<String, String> definitions) {
            this(includePath, definitions, List.of());
        }
    }

    private final Options options;
    private final List<Problem> problems = new ArrayList<>();
    private final Set<Path> seen = new HashSet<>();
    private final CamkesSource source = new CamkesSource();

    private CamkesReader(Options options) {
        this.options = options;
    }

    /** Reads a system. Its problems say what couldn't be read; the rest is there all the same. */
    public static CamkesSystem read(Path file, Options options) {
        CamkesReader reader = new CamkesReader(Objects.requireNonNull(options));
        ProjectFile main = ProjectFile.of(file);
        if (main.isFile()) {
            reader.readFile(main);
        } else {
            reader.problems.add(new Problem(
                    new SourceLocation(file.toString(), 0, 0), "there is no such file", "name a .camkes file"));
        }
        Composition whole = reader.whole();
        return new CamkesSystem(
                List.copyOf(reader.source.types().values()),
                List.copyOf(reader.source.procedures().values()),
                whole,
                reader.problems);
    }

    private void readFile(ProjectFile file) {
        if (!seen.add(file.path())) {
            return;
        }
        try {
            List<Path> path = searchPath(file);
            Preprocessed text = new CamkesPreprocessor(path, options, problems::add).run(file);
            SyntaxReader.read(text, source, wanted -> readImport(wanted, file), problems::add);
        } catch (CharacterCodingException e) {
            problems.add(new Problem(place(file), "it isn't text in UTF-8", "name a .camkes file"));
        } catch (IOException e) {
            problems.add(new Problem(place(file), "it can't be read: " + e.getMessage(), "check its permissions"));
        }
    }

    private void readImport(CamkesSource.Import wanted, ProjectFile importer) {
        List<ProjectFile> places = new ArrayList<>();
        if (!wanted.angled()) {
            places.add(importer.getParentFile().getChildFile(wanted.file()));
        }
        searchPath(importer).forEach(folder -> places.add(ProjectFile.of(folder.resolve(wanted.file()))));
        places.stream()
                .filter(ProjectFile::isFile)
                .findFirst()
                .ifPresentOrElse(
                        this::readFile,
                        () -> problems.add(new Problem(
                                wanted.location(),
                                "import '" + wanted.file() + "' is not found",
                                Library.remedyOfImport(wanted.file()))));
    }

    private List<Path> searchPath(ProjectFile file) {
        List<Path> path = new ArrayList<>();
        Path folder = file.getParentFile().path();
        path.add(folder);
        path.addAll(options.includePath);
        path.add(ProjectFile.LIBRARY);
        return path;
    }

    private static SourceLocation place(ProjectFile file) {
        return new SourceLocation(file.getPath(), 0, 0);
    }

    private Composition whole() {
        Flattening flat = new Flattening(source.types(), problems::add);
        source.assemblies().forEach(assembly -> flat.add("", assembly));
        return flat.result();
    }
}
