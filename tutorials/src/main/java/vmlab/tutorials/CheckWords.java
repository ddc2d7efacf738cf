// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import groovy.lang.Closure;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.SourceLocation;
import vmlab.lab.GuestFiles;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;

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

    private static final int MADE_UP_LETTERS = 7;
    private static final int LETTERS = 26;
    private static final Random RANDOM = new SecureRandom();

    private final String wanted;
    private final Path work;
    private final Lab lab;
    private final List<String> evidence = new ArrayList<>();
    private final Map<Pattern, String> known = new LinkedHashMap<>();
    private boolean met;

    private final Function<Path, Object> scripts;
    private final Supplier<String> printed;

    /**
     * @param lab the check's own
     * @param scripts runs a script in the check's lab
     * @param printed what scripts and handlers have printed
     */
    CheckWords(String wanted, Path work, Lab lab, Function<Path, Object> scripts, Supplier<String> printed) {
        this.wanted = Objects.requireNonNull(wanted);
        this.work = Objects.requireNonNull(work);
        this.lab = Objects.requireNonNull(lab);
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
        Path file = there(name);
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw notYet(
                    name + " has octets that are no text in UTF-8",
                    "a text",
                    "it was saved by another program, or in another encoding",
                    e);
        }
    }

    private NotYet notYet(String seen, String expected, String likely, Throwable cause) {
        NotYet failure = new NotYet(new StepResult(wanted, false, evidence, seen, expected, likely));
        failure.initCause(cause);
        return failure;
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

    /** The VM that the learner's lab.groovy makes under that name, not started; the step isn't done if it makes none. */
    public LabVm machine(String name) {
        play("lab.groovy");
        return lab.vm(name)
                .orElseThrow(() -> new NotYet(new StepResult(
                        wanted,
                        false,
                        evidence,
                        "lab.groovy makes "
                                + lab.vms().stream().map(LabVm::name).toList(),
                        "a VM " + name + ": vm(" + name.replaceFirst("\\D+", "") + ") { … } in lab { … }",
                        "the number in vm(…) is another")));
    }

    /** What the kit makes of the program or module of that name in the learner's folder: octets by names of files. */
    public Map<String, byte[]> built(String name) {
        SourceLocation nowhere = new SourceLocation("check.groovy", 1, 1);
        GuestSource folder = new GuestSource(GuestSource.Kind.FOLDER, work, nowhere);
        return lab.settings().guest().part(name, new RootFs(List.of(), List.of(folder))).stream()
                .collect(Collectors.toMap(part -> part.path().replaceFirst(".*/", ""), GuestFiles.Built::content));
    }

    /** Letters that nobody could know before, each another: no palindrome. */
    public String madeUpWord() {
        StringBuilder word = new StringBuilder();
        while (word.length() < MADE_UP_LETTERS) {
            char next = (char) ('a' + RANDOM.nextInt(LETTERS));
            if (word.indexOf(String.valueOf(next)) < 0) {
                word.append(next);
            }
        }
        return word.toString();
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
