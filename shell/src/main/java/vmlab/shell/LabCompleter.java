// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import vmlab.dsl.Glossary;
import vmlab.lab.LabVm;

/** What Tab offers: commands and their arguments, and what the language of the session knows. */
final class LabCompleter implements Completer {
    private final Session session;

    LabCompleter(Session session) {
        this.session = Objects.requireNonNull(session);
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        String before = line.words().size() == 2 ? line.words().get(0) : "";
        if (before.isEmpty() && line.word().matches("[/:].*")) {
            addCommands(line.word().charAt(0), candidates);
        } else if (Session.isCommand(before)) {
            addArguments(before.strip().substring(1), line.word(), candidates);
        } else {
            session.language().complete(line.line(), line.cursor(), candidates);
        }
    }

    private static void addCommands(char mark, List<Candidate> candidates) {
        for (ConsoleCommand command : ConsoleCommands.ALL) {
            candidates.add(new Candidate(
                    mark + command.name(), "/" + command.name(), null, command.summary(), null, null, true));
        }
    }

    private void addArguments(String command, String word, List<Candidate> candidates) {
        switch (ConsoleCommands.named(command).map(ConsoleCommand::argument).orElse(ConsoleCommand.Argument.NONE)) {
            case VM ->
                session.lab().vms().stream()
                        .map(LabVm::name)
                        .map(Candidate::new)
                        .forEach(candidates::add);
            case FILE -> addFiles(word, candidates);
            case WORD ->
                Glossary.words().stream()
                        .map(known ->
                                new Candidate(known.name(), known.name(), known.section(), null, null, null, true))
                        .forEach(candidates::add);
            case ACTION -> Tutor.ACTIONS.forEach(action -> candidates.add(new Candidate(action)));
            case NONE -> {}
        }
    }

    private static void addFiles(String word, List<Candidate> candidates) {
        int slash = word.lastIndexOf('/') + 1;
        String folder = word.substring(0, slash);
        Path path = Path.of(folder.isEmpty() ? "." : folder);
        if (!Files.isDirectory(path)) {
            return;
        }
        try (Stream<Path> entries = Files.list(path)) {
            entries.sorted().forEach(entry -> {
                boolean isFolder = Files.isDirectory(entry);
                String name = entry.getFileName() + (isFolder ? "/" : "");
                candidates.add(new Candidate(folder + name, name, null, null, null, null, !isFolder));
            });
        } catch (IOException | UncheckedIOException e) {
            // A folder that can't be read has nothing to offer.
            candidates.clear();
        }
    }
}
