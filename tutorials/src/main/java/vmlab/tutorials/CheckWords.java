// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import groovy.lang.Closure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What a {@code check.groovy} can say besides the words of a lab. Threads: the check's.
 *
 * <p>Public because Groovy calls it.
 */
public final class CheckWords {
    /** Ends a check: the step isn't done. */
    static final class NotYet extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient StepResult result;

        NotYet(StepResult result) {
            super(result.seen());
            this.result = result;
        }

        StepResult result() {
            return result;
        }
    }

    private final String wanted;
    private final Path work;
    private final List<String> evidence = new ArrayList<>();
    private final Map<Pattern, String> known = new LinkedHashMap<>();
    private boolean met;

    private final Function<Path, Object> scripts;
    private final Supplier<String> printed;

    /**
     * @param scripts runs a script in the check's lab
     * @param printed what scripts and handlers have printed
     */
    CheckWords(String wanted, Path work, Function<Path, Object> scripts, Supplier<String> printed) {
        this.wanted = Objects.requireNonNull(wanted);
        this.work = Objects.requireNonNull(work);
        this.scripts = Objects.requireNonNull(scripts);
        this.printed = Objects.requireNonNull(printed);
    }

    /** What checks a step: done if it is the one to be checked. */
    public void step(String name, Closure<?> check) {
        if (name.equals(wanted)) {
            met = true;
            check.call();
        }
    }

    /** Has a mistake told whenever what was seen matches. */
    public void recognise(Pattern seen, String likely) {
        known.put(seen, likely);
    }

    /** Notes what the VMM saw. */
    public void evidence(Object what) {
        evidence.add(String.valueOf(what));
    }

    /** Ends the check: {@code fail seen: …, expected: …, likely: …}. */
    public void fail(Map<String, Object> what) {
        throw new NotYet(new StepResult(
                wanted, false, evidence, part(what, "seen"), part(what, "expected"), part(what, "likely")));
    }

    private static String part(Map<String, Object> what, String name) {
        return String.valueOf(what.getOrDefault(name, ""));
    }

    /** The text of a file in the learner's folder; the step isn't done if it isn't there. */
    public String file(String name) throws IOException {
        return Files.readString(there(name));
    }

    private Path there(String name) {
        Path file = work.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new NotYet(new StepResult(
                    wanted,
                    false,
                    evidence,
                    "there is no file " + name + " in " + work,
                    "the step's text names it",
                    ""));
        }
        return file;
    }

    /** Runs a script of the learner's in the check's lab. */
    public Object play(String name) {
        return scripts.apply(there(name));
    }

    /** What the learner's scripts, and handlers they have registered, have printed so far. */
    public String printed() {
        return printed.get();
    }

    List<String> evidence() {
        return evidence;
    }

    /** Whether the check knows the step it was asked for. */
    boolean met() {
        return met;
    }

    /** The mistake that what was seen looks like; empty if none that is known. */
    String likely(String seen) {
        return known.entrySet().stream()
                .filter(entry -> entry.getKey().matcher(seen).find())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("");
    }
}
