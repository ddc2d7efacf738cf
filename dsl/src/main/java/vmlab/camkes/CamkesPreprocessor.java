// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anarres.cpp.InternalException;
import org.anarres.cpp.LexerException;
import org.anarres.cpp.Preprocessor;
import org.anarres.cpp.PreprocessorListener;
import org.anarres.cpp.Source;
import org.anarres.cpp.Token;
import org.anarres.cpp.VirtualFile;
import org.anarres.cpp.VirtualFileSystem;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.SourceLocation;

/** The C preprocessor over one file; macros don't flow from a file into what it imports. */
final class CamkesPreprocessor {
    private static final class Files implements VirtualFileSystem {
        @Override
        public VirtualFile getFile(String path) {
            return ProjectFile.of(Path.of(path));
        }

        @Override
        public VirtualFile getFile(String folder, String name) {
            return ProjectFile.of(Path.of(folder, name));
        }
    }

    /** Opens up where the preprocessor is: in a macro, the place of its name. */
    private static final class Cpp extends Preprocessor {
        private String path = "";
        private int line = 1;
        private int column;

        SourceLocation place(Token token) {
            Source source = getSource();
            boolean expanded = source != null && source.getPath() != null && !isFile(source);
            return expanded ? here() : new SourceLocation(path(source), token.getLine(), token.getColumn() + 1);
        }

        private SourceLocation here() {
            return new SourceLocation(path, line, column + 1);
        }

        /** Remembers where the text of a file goes on: there the next macro's name is. */
        void passed() {
            Source source = getSource();
            if (source != null && isFile(source)) {
                path = path(source);
                line = Math.max(1, source.getLine());
                column = Math.max(0, source.getColumn());
            }
        }

        private String path(Source source) {
            return source == null || source.getPath() == null ? path : source.getPath();
        }

        private static boolean isFile(Source source) {
            return source instanceof org.anarres.cpp.InputLexerSource;
        }
    }

    private static final Pattern NOT_FOUND = Pattern.compile("File not found: (\\S+)");

    private final List<Path> includePath;
    private final CamkesReader.Options options;
    private final Consumer<Problem> problems;

    CamkesPreprocessor(List<Path> includePath, CamkesReader.Options options, Consumer<Problem> problems) {
        this.includePath = includePath;
        this.options = options;
        this.problems = problems;
    }

    Preprocessed run(ProjectFile file) throws IOException {
        Preprocessed result = new Preprocessed();
        try (Cpp cpp = new Cpp()) {
            cpp.setFileSystem(new Files());
            cpp.setListener(new Listener());
            List<String> folders = includePath.stream().map(Path::toString).toList();
            cpp.setQuoteIncludePath(folders);
            cpp.setSystemIncludePath(folders);
            for (Map.Entry<String, String> definition : options.definitions().entrySet()) {
                cpp.addMacro(definition.getKey(), definition.getValue());
            }
            for (Path header : options.headers()) {
                cpp.addInput(ProjectFile.of(header).getSource());
                // Of a header only its macros count: the rest is C.
                while (cpp.token().getType() != Token.EOF) {
                    cpp.passed();
                }
            }
            cpp.addInput(file.getSource());
            for (Token token = cpp.token(); token.getType() != Token.EOF; token = cpp.token()) {
                add(result, cpp, token);
            }
        } catch (LexerException | InternalException e) {
            problems.accept(new Problem(
                    new SourceLocation(file.getPath(), 0, 0),
                    "the C preprocessor gives up: " + e.getMessage(),
                    "look at its #include and #define lines"));
        }
        return result;
    }

    /** The names of the macros that a header defines. */
    static Set<String> macros(Path header) {
        try (Cpp cpp = new Cpp()) {
            cpp.addInput(ProjectFile.of(header).getSource());
            while (cpp.token().getType() != Token.EOF) {
                cpp.passed();
            }
            return Set.copyOf(cpp.getMacros().keySet());
        } catch (IOException | LexerException e) {
            throw new IllegalStateException("a header of the library", e);
        }
    }

    private static void add(Preprocessed result, Cpp cpp, Token token) {
        switch (token.getType()) {
            // What a comment hides mustn't join what stands around it.
            case Token.CCOMMENT, Token.CPPCOMMENT -> result.add(" ", cpp.place(token));
            default -> result.add(token.getText(), cpp.place(token));
        }
        cpp.passed();
    }

    private final class Listener implements PreprocessorListener {
        @Override
        public void handleWarning(Source source, int line, int column, String message) {
            // They are about styles of C: .camkes files are none.
        }

        @Override
        public void handleError(Source source, int line, int column, String message) {
            String path = source == null || source.getPath() == null ? "" : source.getPath();
            SourceLocation place = new SourceLocation(path, Math.max(0, line), Math.max(0, column + 1));
            Matcher missing = NOT_FOUND.matcher(message);
            problems.accept(
                    missing.lookingAt()
                            ? new Problem(
                                    place,
                                    "there is no file " + missing.group(1),
                                    Library.remedyOfInclude(missing.group(1)))
                            : new Problem(place, message, "this is the C preprocessor's: see its # lines"));
        }

        @Override
        public void handleSourceChange(Source source, SourceChangeEvent event) {
            // Each token says where it is from.
        }
    }
}
