// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import groovy.lang.GroovyObject;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jline.reader.Candidate;
import vmlab.dsl.Glossary;
import vmlab.dsl.LabScript;
import vmlab.dsl.ScriptProperties;

/**
 * Groovy at the prompt.
 *
 * <p>Tab offers variables, words of the language, and members of live objects. Those are looked up by type along the chain
 * before the cursor; nothing is called, so Tab has no effect on a guest.
 */
final class GroovyInputs implements Language {
    /** A chain of names and calls that ends at a dot: {@code vm0.sh('x').}. */
    private static final Pattern CHAIN = Pattern.compile(
            "(?<first>[A-Za-z_]\\w*)(?<rest>(\\s*\\.\\s*[A-Za-z_]\\w*(\\([^()]*\\))?)*)\\s*\\??\\.\\s*$");

    private static final Pattern LINK = Pattern.compile("\\.\\s*([A-Za-z_]\\w*)");
    private static final Set<Class<?>> PLUMBING = Set.of(Object.class, GroovyObject.class);

    private final GroovyStart start;

    GroovyInputs(GroovyStart start) {
        this.start = Objects.requireNonNull(start);
    }

    @Override
    public String prompt() {
        return "vmlab> ";
    }

    @Override
    public boolean isIncomplete(String input) {
        return start.runner().isIncomplete(input);
    }

    @Override
    public String evaluate(String input) {
        return Session.shown(start.runner().evaluate(input));
    }

    @Override
    public void interrupt() {
        // An interrupt of its thread is enough: scripts look for it.
    }

    @Override
    public void complete(String input, int cursor, List<Candidate> candidates) {
        int start = cursor;
        while (start > 0 && Character.isJavaIdentifierPart(input.charAt(start - 1))) {
            start--;
        }
        addNames(input.substring(0, start), candidates);
    }

    private void addNames(String before, List<Candidate> candidates) {
        Matcher chain = CHAIN.matcher(before);
        if (chain.find()) {
            typeOf(chain.group("first"), chain.group("rest")).ifPresent(type -> addMembers(type, candidates));
        } else if (!before.stripTrailing().endsWith(".")) {
            for (String name : start.names()) {
                candidates.add(name(name, ""));
            }
            addWords(candidates);
        }
    }

    /** The type at the end of a chain that begins at a variable. */
    private Optional<Class<?>> typeOf(String first, String rest) {
        Map<?, ?> variables = start.runner().binding().getVariables();
        Object value = variables.get(first);
        Optional<Class<?>> type = Optional.ofNullable(value).map(Object::getClass);
        Matcher link = LINK.matcher(rest);
        while (type.isPresent() && link.find()) {
            type = typeOfMember(type.get(), link.group(1));
        }
        return type;
    }

    private static Optional<Class<?>> typeOfMember(Class<?> type, String name) {
        return members(type)
                .filter(member -> member.name().equals(name))
                .<Class<?>>map(Member::type)
                .findFirst();
    }

    /** @param parameters as they are shown; empty for a property */
    private record Member(String name, String parameters, Class<?> type) {}

    /** What can be said behind a value's dot: its class's own methods, and the properties that scripts see. */
    private static Stream<Member> members(Class<?> type) {
        Stream<Member> own = Arrays.stream(type.getMethods())
                .filter(m -> !m.isSynthetic()
                        && !Modifier.isStatic(m.getModifiers())
                        && !PLUMBING.contains(m.getDeclaringClass()))
                .filter(m -> m.getName().matches("[a-z]\\w*") && !m.getName().matches("hashCode|equals|toString|wait"))
                .map(m -> new Member(m.getName(), parameters(m), m.getReturnType()));
        Stream<Member> properties = Arrays.stream(ScriptProperties.class.getMethods())
                .filter(m -> m.getName().matches("(get|is)[A-Z]\\w*")
                        && m.getParameterCount() == 1
                        && m.getParameterTypes()[0].isAssignableFrom(type))
                .map(m -> new Member(property(m.getName()), "", m.getReturnType()));
        return Stream.concat(properties, own);
    }

    /** {@code getState} is {@code state}. */
    private static String property(String getter) {
        String name = getter.replaceFirst("^(get|is)", "");
        return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    private static void addMembers(Class<?> type, List<Candidate> candidates) {
        Map<String, String> shown = new TreeMap<>();
        // A property is the shorter way to say what a method without parameters does.
        members(type)
                .forEach(m -> shown.merge(
                        m.name(),
                        m.parameters(),
                        (one, other) -> one.isEmpty() && other.equals("()") ? "" : one.equals(other) ? one : "(…)"));
        shown.forEach((name, parameters) -> candidates.add(name(name, parameters)));
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
                .filter(name -> Glossary.of(name).isEmpty())
                .distinct()
                .forEach(name -> candidates.add(name(name, "")));
        Glossary.words().stream()
                .filter(word -> !word.section().equals(Glossary.OF_A_VM))
                .forEach(word -> candidates.add(
                        new Candidate(word.name(), word.name(), null, word.section(), null, null, false)));
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
