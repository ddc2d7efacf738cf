// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.codehaus.groovy.runtime.MethodClosure;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.UserMistake;
import vmlab.dsl.model.Problem;
import vmlab.image.BuildMistake;
import vmlab.lab.Lab;
import vmlab.lab.WaitFailure;
import vmlab.vmm.HostMistake;

/**
 * Checks a step: runs the lesson's {@code check.groovy} with a lab of its own over the learner's folder. What it asserts is
 * what the VMM sees: registers of hypercalls, octets of dataports, counts of events, files in the image.
 *
 * <p>In a check, {@code work} is the learner's folder and {@code live} the lab of the prompt and {@code variables} what
 * has been assigned there; the check of a step that is solved without the prompt finds both null.
 * Threads: one at a time. Errors: what keeps a check from being done is thrown as it is; what a learner did wrong is a
 * result.
 */
public final class StepCheck {
    private final Supplier<Lab> labs;
    private final Optional<ScriptRunner> prompt;

    /**
     * @param labs opens an empty lab for a check
     * @param prompt the prompt that the learner is working at
     */
    public StepCheck(Supplier<Lab> labs, Optional<ScriptRunner> prompt) {
        this.labs = Objects.requireNonNull(labs);
        this.prompt = Objects.requireNonNull(prompt);
    }

    /** Whether the step is done in this folder. */
    public StepResult check(Lesson lesson, Step step, Path work) {
        if (lesson.solution(step).isTyped() && prompt.isEmpty()) {
            throw Answer.noPrompt();
        }
        try (Lab lab = labs.get()) {
            StringWriter printed = new StringWriter();
            ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(printed, true));
            return check(
                    lesson,
                    step,
                    new CheckWords(step.name(), work, lab, script -> runner.run(script, List.of()), printed::toString),
                    runner,
                    work);
        }
    }

    private StepResult check(Lesson lesson, Step step, CheckWords words, ScriptRunner runner, Path work) {
        try {
            offer(runner, words, work);
            try {
                runner.run(lesson.check(), List.of());
            } finally {
                runner.cleanUp();
            }
            if (!words.met()) {
                throw new HostMistake(
                        lesson.check() + " doesn't check the step " + step.name(),
                        "add: step('" + step.name() + "') { … }");
            }
            return StepResult.passed(step.name(), words.evidence());
        } catch (CheckWords.NotYet e) {
            return withLikely(e.result(), words);
        } catch (UserMistake e) {
            return notYet(lesson, step, words, e);
        }
    }

    private void offer(ScriptRunner runner, CheckWords words, Path work) {
        for (String word : List.of(
                "step", "recognise", "evidence", "fail", "file", "play", "printed", "machine", "built", "madeUpWord")) {
            runner.binding().setVariable(word, new MethodClosure(words, word));
        }
        runner.binding().setVariable("work", work.toFile());
        runner.binding().setVariable("live", prompt.map(ScriptRunner::lab).orElse(null));
        runner.binding()
                .setVariable(
                        "variables",
                        prompt.map(live -> live.binding().getVariables()).orElse(null));
    }

    /** A host that lacks something isn't the learner's mistake. */
    private static StepResult notYet(Lesson lesson, Step step, CheckWords words, UserMistake mistake) {
        boolean hosts = mistake.kind() == UserMistake.Kind.HOST
                || mistake.kind() == UserMistake.Kind.BACKEND
                || mistake.kind() == UserMistake.Kind.INTERRUPTED;
        if (hosts) {
            throw mistake;
        }
        return withLikely(
                new StepResult(step.name(), false, words.evidence(), told(mistake, lesson.check()), "", ""), words);
    }

    /** What a build or a guest of the learner's came to, without the line of the check that had it built or waited for it. */
    private static String told(UserMistake mistake, Path check) {
        boolean learners = mistake.getCause() instanceof BuildMistake || mistake.getCause() instanceof WaitFailure;
        Problem first = mistake.problems().isEmpty() ? null : mistake.problems().get(0);
        if (!learners || first == null || !first.location().file().equals(check.toString())) {
            return mistake.getMessage();
        }
        String head = Pattern.quote(first.location() + ": " + first.found());
        return mistake.getMessage()
                .replaceFirst("^" + head + "(\\n[^\\n]*\\n[ \\t]*\\^)?", Matcher.quoteReplacement(first.found()));
    }

    private static StepResult withLikely(StepResult result, CheckWords words) {
        return result.likely().isEmpty()
                ? new StepResult(
                        result.step(),
                        false,
                        result.evidence(),
                        result.seen(),
                        result.expected(),
                        words.likely(result.seen()))
                : result;
    }
}
