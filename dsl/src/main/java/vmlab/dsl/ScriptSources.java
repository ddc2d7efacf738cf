// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.dsl.model.SourceLocation;

/** The texts of the scripts that were compiled, and which class file came of which: stack frames become places in a text. */
final class ScriptSources {
    /** A script's text under the name its user knows. */
    record Source(String name, String text) {
        /** A line, from 1 on; empty if there is no such line. */
        String line(int number) {
            List<String> lines = text.lines().toList();
            return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
        }
    }

    private final Map<String, Source> byFile = new ConcurrentHashMap<>();
    private final Map<String, Source> byName = new ConcurrentHashMap<>();

    void add(Source source) {
        byName.put(source.name(), source);
    }

    /** A script's text; empty if nobody knows it. */
    String text(String name) {
        Source source = byName.get(name);
        return source == null ? "" : source.text();
    }

    /** Names what a class file was made of; all classes of one source have the same file. */
    void addCompiled(String fileName, Source source) {
        byFile.put(fileName, source);
    }

    /** Whether a frame is of a user's code. */
    boolean isUsers(StackTraceElement frame) {
        return frame.getFileName() != null && byFile.containsKey(frame.getFileName());
    }

    /** Methods that Groovy has added have no lines, nor has one that had no room on the stack to begin. */
    private boolean hasPlace(StackTraceElement frame) {
        return isUsers(frame) && frame.getLineNumber() > 0;
    }

    /** Where the user's code stands, pointing at {@code word} if its line has it. */
    Optional<SourceLocation> here(String word) {
        return locate(new Throwable().getStackTrace(), word);
    }

    /** The user's line that is innermost in a trace. */
    Optional<SourceLocation> locate(StackTraceElement[] trace, String word) {
        return Arrays.stream(trace).filter(this::hasPlace).findFirst().map(frame -> {
            Source source = byFile.get(frame.getFileName());
            int line = frame.getLineNumber();
            return new SourceLocation(source.name(), line, column(source.line(line), word));
        });
    }

    /** 0 if the line doesn't have the word. */
    private static int column(String line, String word) {
        if (word.isEmpty()) {
            return 0;
        }
        Matcher matcher =
                Pattern.compile("(?<!\\w)" + Pattern.quote(word) + "(?!\\w)").matcher(line);
        return matcher.find() ? matcher.start() + 1 : 0;
    }

    /** The text of the block whose word stands at a place: {@code { … }}; empty if nobody knows it. */
    String block(SourceLocation location) {
        String text = text(location.file());
        int at = 0;
        for (int line = 1; line < location.line() && at >= 0; line++) {
            at = text.indexOf('\n', at) + 1;
        }
        return location.line() == 0 ? "" : Brackets.block(text, at + Math.max(0, location.column() - 1));
    }

    /** A file that is no script: a .camkes file, say, or what it goes with. */
    private static Optional<Source> ofFile(String name) {
        try {
            Path file = Path.of(name);
            return Files.isRegularFile(file) ? Optional.of(new Source(name, Files.readString(file))) : Optional.empty();
        } catch (IOException | InvalidPathException e) {
            // Its line is shown to help; its place is told without.
            return Optional.empty();
        }
    }

    /**
     * The line at a place, and below it a caret if the column is known; empty if nobody knows the line. All inputs of the
     * prompt have one name: which one is meant, the trace tells.
     */
    String excerpt(SourceLocation location, StackTraceElement[] trace) {
        Source source = Arrays.stream(trace)
                .filter(this::hasPlace)
                .findFirst()
                .map(frame -> byFile.get(frame.getFileName()))
                .filter(traced -> traced.name().equals(location.file()))
                .or(() -> Optional.ofNullable(byName.get(location.file())))
                .or(() -> ofFile(location.file()))
                .orElse(null);
        String line = source == null ? "" : source.line(location.line()).stripTrailing();
        if (line.isEmpty() || location.column() == 0) {
            return line.isEmpty() ? "" : line + "\n";
        }
        String before = line.substring(0, Math.min(line.length(), location.column() - 1));
        return line + "\n" + before.replaceAll("[^\\t]", " ") + "^\n";
    }
}
