// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import groovy.lang.MissingMethodException;
import groovy.lang.MissingPropertyException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.codehaus.groovy.control.MultipleCompilationErrorsException;
import org.codehaus.groovy.control.messages.Message;
import org.codehaus.groovy.control.messages.SyntaxErrorMessage;
import org.codehaus.groovy.runtime.InvokerInvocationException;
import org.codehaus.groovy.runtime.powerassert.PowerAssertionError;
import org.codehaus.groovy.syntax.SyntaxException;
import vmlab.ccomponent.ComponentDied;
import vmlab.dsl.UserMistake.Kind;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.SourceLocation;
import vmlab.image.BuildMistake;
import vmlab.lab.AssemblyRefused;
import vmlab.lab.BackendUnavailable;
import vmlab.lab.GuestEnded;
import vmlab.lab.GuestPanic;
import vmlab.lab.LabMistake;
import vmlab.lab.WaitFailure;
import vmlab.lab.WaitInterrupted;
import vmlab.lab.WaitTimedOut;
import vmlab.vmm.HostMistake;

/**
 * Makes of what a script threw what its author is told. Only the author's lines count. What comes from vmlab's own code
 * without being meant for people is a bug: it is thrown on as it is.
 */
final class MistakeReports {
    /** Groovy tells this in text only. */
    private static final Pattern OF_ELEMENT =
            Pattern.compile("No such property: (?<name>\\w+) for class: (?:[\\w$]+\\.)*(?<type>\\w+)");

    private static final List<String> RUNTIMES = List.of(
            "java.", "javax.", "jdk.", "sun.", "groovy.", "groovyjarjar", "org.codehaus.groovy.", "org.apache.groovy.");

    private final ScriptSources sources;
    private final Suggestions suggestions;
    private final Map<Class<? extends Throwable>, Function<Throwable, Optional<UserMistake>>> rules =
            new LinkedHashMap<>();
    private String script = "";

    MistakeReports(ScriptSources sources, Binding binding) {
        this.sources = sources;
        suggestions = new Suggestions(binding);
        on(UserMistake.class, Optional::of);
        on(Skipped.class, e -> Optional.empty());
        on(MultipleCompilationErrorsException.class, this::syntax);
        on(AssemblyRefused.class, e -> told(Kind.SCRIPT, e.problems(), "", e));
        on(ScriptMistake.class, e -> told(Kind.SCRIPT, e, e.getMessage(), e.remedy(), e.word(), ""));
        on(LabMistake.class, e -> told(Kind.SCRIPT, e, e.getMessage(), e.remedy(), verb(e), ""));
        on(BuildMistake.class, e -> told(Kind.SCRIPT, e, e.getMessage(), e.remedy(), verb(e), indented(e.output())));
        on(ComponentDied.class, this::died);
        on(BackendUnavailable.class, e -> told(Kind.BACKEND, e, e.getMessage(), e.remedy(), verb(e), ""));
        on(HostMistake.class, e -> told(Kind.HOST, e, e.getMessage(), e.remedy(), verb(e), ""));
        on(
                WaitTimedOut.class,
                e -> wait(Kind.TIMED_OUT, e, "wait longer, as in 2.minutes, or for something that comes"));
        on(GuestPanic.class, e -> wait(Kind.PANIC, e, ""));
        on(GuestEnded.class, this::guestEnded);
        on(WaitInterrupted.class, e -> told(Kind.INTERRUPTED, e, e.getMessage(), "", verb(e), ""));
        on(InterruptedException.class, e -> told(Kind.INTERRUPTED, e, "interrupted", "", "", ""));
        on(PowerAssertionError.class, this::assertion);
        on(AssertionError.class, e -> ifUsers(e, () -> told(Kind.ASSERTION, e, message(e), "", "assert", "")));
        on(MissingPropertyException.class, this::missingProperty);
        on(MissingMethodException.class, this::missingMethod);
        on(StackOverflowError.class, e -> ifUsers(e, () -> told(Kind.SCRIPT, e, "endless recursion", "", "", "")));
        on(Exception.class, e -> ifUsers(e, () -> told(Kind.SCRIPT, e, message(e), "", "", "")));
    }

    private <T extends Throwable> void on(Class<T> type, Function<T, Optional<UserMistake>> rule) {
        rules.put(type, thrown -> rule.apply(type.cast(thrown)));
    }

    /** Does the work of a script; what it throws is reported. */
    <T> T reporting(String scriptName, Callable<T> work) {
        script = scriptName;
        try {
            return work.call();
        } catch (Throwable e) {
            Throwable thrown = unwrapped(e);
            UserMistake mistake = report(thrown).orElse(null);
            if (mistake == null) {
                throw MistakeReports.<RuntimeException>asItIs(thrown);
            }
            if (mistake.kind() == Kind.INTERRUPTED) {
                Thread.interrupted();
            }
            throw mistake;
        }
    }

    /** What the author of a handler is told of what it has thrown; empty if that is a bug of vmlab. Any thread. */
    Optional<UserMistake> reported(Throwable thrown) {
        return report(unwrapped(thrown));
    }

    private static Throwable unwrapped(Throwable e) {
        return e instanceof InvokerInvocationException && e.getCause() != null ? e.getCause() : e;
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T asItIs(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private Optional<UserMistake> report(Throwable thrown) {
        return rules.entrySet().stream()
                .filter(rule -> rule.getKey().isInstance(thrown))
                .findFirst()
                .flatMap(rule -> rule.getValue().apply(thrown));
    }

    private Optional<UserMistake> told(
            Kind kind, Throwable thrown, String found, String remedy, String word, String tail) {
        SourceLocation location = sources.locate(thrown.getStackTrace(), word).orElse(new SourceLocation(script, 0, 0));
        return told(kind, List.of(new Problem(location, found, remedy)), tail, thrown);
    }

    private Optional<UserMistake> told(Kind kind, List<Problem> problems, String tail, Throwable thrown) {
        List<String> parts = new ArrayList<>();
        for (Problem problem : problems) {
            String remedy = problem.remedy().isEmpty() ? "" : "  " + problem.remedy() + "\n";
            parts.add(problem.location() + ": " + problem.found() + "\n"
                    + sources.excerpt(problem.location(), thrown.getStackTrace()) + remedy);
        }
        String text = String.join("\n", parts) + tail;
        return Optional.of(new UserMistake(kind, problems, text.stripTrailing(), thrown));
    }

    private Optional<UserMistake> wait(Kind kind, WaitFailure failure, String remedy) {
        return told(kind, failure, failure.getMessage(), remedy, verb(failure), consoleOf(failure));
    }

    /** A triple fault comes with the registers. */
    private Optional<UserMistake> guestEnded(GuestEnded failure) {
        String detail = failure.end().detail();
        String tail =
                detail.contains("\n") ? "its end:\n" + indented(detail.lines().toList()) : "";
        return told(Kind.ENDED, failure, failure.getMessage(), "", verb(failure), tail + consoleOf(failure));
    }

    /** At its own line, which is in no script. */
    private Optional<UserMistake> died(ComponentDied e) {
        return e.location()
                .map(location -> told(Kind.SCRIPT, List.of(new Problem(location, e.getMessage(), e.remedy())), "", e))
                .orElseGet(() -> told(Kind.SCRIPT, e, e.getMessage(), e.remedy(), "", ""));
    }

    private static String consoleOf(WaitFailure failure) {
        return failure.lastLines().isEmpty()
                ? ""
                : "the last lines of " + failure.vm() + "'s console:\n" + indented(failure.lastLines());
    }

    private static String indented(List<String> lines) {
        return lines.stream().map(line -> "  | " + line + "\n").collect(Collectors.joining());
    }

    private Optional<UserMistake> assertion(PowerAssertionError error) {
        List<String> lines = error.getMessage().lines().toList();
        // The picture begins with the assertion's own text, so the line isn't shown twice.
        SourceLocation location =
                sources.locate(error.getStackTrace(), "assert").orElse(new SourceLocation(script, 0, 0));
        Problem problem = new Problem(location, "the assertion failed", "");
        String text = location + ": the assertion failed\n" + String.join("\n", lines);
        return Optional.of(new UserMistake(Kind.ASSERTION, List.of(problem), text.stripTrailing(), error));
    }

    private Optional<UserMistake> missingProperty(MissingPropertyException e) {
        Matcher ofElement = OF_ELEMENT.matcher(e.getMessageWithoutLocationText());
        if (e.getType() == null && ofElement.find()) {
            String found = ofElement.group("type") + " has no property " + ofElement.group("name");
            String remedy = "a property of a list is that of each of its elements";
            return ifUsers(e, () -> told(Kind.SCRIPT, e, found, remedy, ofElement.group("name"), ""));
        }
        return ifUsersWord(
                e,
                () -> told(
                        Kind.SCRIPT,
                        e,
                        suggestions.foundProperty(e),
                        suggestions.propertyRemedy(e),
                        e.getProperty(),
                        ""));
    }

    private Optional<UserMistake> missingMethod(MissingMethodException e) {
        return ifUsersWord(
                e,
                () -> told(Kind.SCRIPT, e, suggestions.foundMethod(e), suggestions.methodRemedy(e), e.getMethod(), ""));
    }

    private Optional<UserMistake> syntax(MultipleCompilationErrorsException e) {
        List<Problem> problems = new ArrayList<>();
        String text = sources.text(script);
        SourceProblems.unpaired(script, text).ifPresent(problems::add);
        for (Message message : e.getErrorCollector().getErrors()) {
            if (message instanceof SyntaxErrorMessage error && problems.isEmpty()) {
                problems.add(problem(error.getCause()));
            }
        }
        if (problems.isEmpty()) {
            problems.add(new Problem(new SourceLocation(script, 0, 0), message(e), ""));
        }
        return told(Kind.SCRIPT, problems, "", e);
    }

    private Problem problem(SyntaxException e) {
        String found = e.getOriginalMessage().strip().lines().findFirst().orElse("a mistake");
        return new Problem(
                new SourceLocation(script, Math.max(0, e.getStartLine()), Math.max(0, e.getStartColumn())),
                found.substring(0, 1).toLowerCase(Locale.ROOT) + found.substring(1),
                "");
    }

    private static String message(Throwable thrown) {
        String message =
                thrown.getMessage() == null ? "" : ": " + thrown.getMessage().strip();
        return thrown.getClass().getSimpleName() + message;
    }

    private interface Telling {
        Optional<UserMistake> tell();
    }

    private Optional<UserMistake> ifUsers(Throwable thrown, Telling telling) {
        return isUsers(thrown.getStackTrace(), false) ? telling.tell() : Optional.empty();
    }

    /** The same for a word that a block of the language has looked up in the script. */
    private Optional<UserMistake> ifUsersWord(Throwable thrown, Telling telling) {
        return isUsers(thrown.getStackTrace(), true) ? telling.tell() : Optional.empty();
    }

    /** Whether the innermost frame that isn't a runtime's is the user's. */
    private boolean isUsers(StackTraceElement[] trace, boolean throughBlocks) {
        return Arrays.stream(trace)
                .filter(frame -> RUNTIMES.stream().noneMatch(frame.getClassName()::startsWith))
                .filter(frame -> !throughBlocks || !frame.getClassName().startsWith("vmlab.dsl."))
                .findFirst()
                .map(sources::isUsers)
                .orElse(false);
    }

    /** The method of vmlab that the user's line called. */
    private String verb(Throwable thrown) {
        String verb = "";
        for (StackTraceElement frame : thrown.getStackTrace()) {
            if (sources.isUsers(frame)) {
                return verb;
            }
            if (frame.getClassName().startsWith("vmlab.")) {
                verb = frame.getMethodName();
            }
        }
        return "";
    }
}
