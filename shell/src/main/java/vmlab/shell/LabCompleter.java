// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import vmlab.dsl.LabScript;
import vmlab.lab.LabVm;

/**
 * What Tab offers: commands and their arguments, variables and words of the language, members of live objects.
 *
 * <p>Members are looked up by type along the chain before the cursor; nothing is called, so Tab has no effect on a guest.
 */
final class LabCompleter implements Completer {
    /** A chain of names and calls that ends at a dot: {@code vm0.sh('x').}. */
    private static final Pattern CHAIN = Pattern.compile(
            "(?<first>[A-Za-z_]\\w*)(?<rest>(\\s*\\.\\s*[A-Za-z_]\\w*(\\([^()]*\\))?)*)\\s*\\??\\.\\s*$");

    private static final Pattern LINK = Pattern.compile("\\.\\s*([A-Za-z_]\\w*)");
    private static final Set<Class<?>> PLUMBING = Set.of(Object.class, groovy.lang.GroovyObject.class);

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
            addNames(before, candidates);
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

    private void addNames(String before, List<Candidate> candidates) {
        Matcher chain = CHAIN.matcher(before);
        if (chain.find()) {
            typeOf(chain.group("first"), chain.group("rest")).ifPresent(type -> addMembers(type, candidates));
        } else if (!before.stripTrailing().endsWith(".")) {
            for (Object name : session.runner().binding().getVariables().keySet()) {
                candidates.add(name(name.toString(), ""));
            }
            addWords(candidates);
        }
    }

    /** The type at the end of a chain that begins at a variable. */
    private Optional<Class<?>> typeOf(String first, String rest) {
        Map<?, ?> variables = session.runner().binding().getVariables();
        Object value = variables.get(first);
        Optional<Class<?>> type = Optional.ofNullable(value).map(Object::getClass);
        Matcher link = LINK.matcher(rest);
        while (type.isPresent() && link.find()) {
            type = typeOfMember(type.get(), link.group(1));
        }
        return type;
    }

    private static Optional<Class<?>> typeOfMember(Class<?> type, String name) {
        String getter = "get" + name.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + name.substring(1);
        return publicMethods(type)
                .filter(m -> m.getName().equals(name) || m.getName().equals(getter))
                .<Class<?>>map(Method::getReturnType)
                .findFirst();
    }

    private static Stream<Method> publicMethods(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(m -> !m.isSynthetic() && !PLUMBING.contains(m.getDeclaringClass()))
                .filter(m -> m.getName().matches("[a-z]\\w*") && !m.getName().matches("hashCode|equals|toString|wait"));
    }

    private static void addMembers(Class<?> type, List<Candidate> candidates) {
        Map<String, String> members = new TreeMap<>();
        publicMethods(type)
                .filter(m -> !Modifier.isStatic(m.getModifiers()))
                .forEach(m -> members.merge(m.getName(), parameters(m), (one, other) -> "(…)"));
        members.forEach((name, parameters) -> candidates.add(name(name, parameters)));
    }

    /** The language's own words: what scripts inherit. */
    private static void addWords(List<Candidate> candidates) {
        Arrays.stream(LabScript.class.getMethods())
                .filter(m -> LabScript.class.isAssignableFrom(m.getDeclaringClass())
                        && Modifier.isPublic(m.getModifiers())
                        && !m.isSynthetic())
                .map(Method::getName)
                .filter(name -> name.matches("[a-z]\\w*")
                        && !name.matches("run|main|get[A-Z].*|set[A-Z].*|(property|method)Missing|invokeMethod"))
                .distinct()
                .forEach(name -> candidates.add(name(name, "")));
    }

    private static String parameters(Method method) {
        return method.getParameterCount() == 0
                ? "()"
                : Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .toList()
                        .toString()
                        .replace('[', '(')
                        .replace(']', ')');
    }

    private static Candidate name(String name, String parameters) {
        return new Candidate(name, name + parameters, null, null, null, null, false);
    }
}
