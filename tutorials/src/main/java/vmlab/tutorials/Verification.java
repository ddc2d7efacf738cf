// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;
import vmlab.vmm.HostMistake;

/**
 * Proves a lesson in both directions: a step fails before its solution and passes with it, and each known mistake fails at
 * its step with what the learner must be told.
 */
public final class Verification {
    private final Supplier<Lab> labs;
    private final Consumer<String> told;

    /**
     * @param labs opens an empty lab, for a check or a learner's prompt
     * @param told of each step and mistake, as it is looked at
     */
    public Verification(Supplier<Lab> labs, Consumer<String> told) {
        this.labs = Objects.requireNonNull(labs);
        this.told = Objects.requireNonNull(told);
    }

    /** A learner of our own. */
    private record Learner(Path folder, ScriptRunner prompt, StepCheck check) {
        void give(Answer answer) {
            answer.give(folder, Optional.of(prompt));
        }

        StepResult check(Lesson lesson, Step step) {
            return check.check(lesson, step, folder);
        }
    }

    /** What is wrong with the lesson; empty if nothing is. */
    public List<String> problems(Lesson lesson) {
        List<String> problems = new ArrayList<>();
        try {
            // One folder for all, so that what was built there once needn't be built again.
            Path folder = Files.createTempDirectory("vmlab-lesson");
            try {
                in(folder, lesson, learner -> solutions(lesson, learner, problems));
                for (Lesson.Wrong wrong : lesson.wrong()) {
                    in(folder, lesson, learner -> mistake(lesson, wrong, learner, problems));
                }
            } finally {
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new HostMistake(
                    "no folder for trying a lesson: " + e.getMessage(), "make the temporary folder writable", e);
        }
        return problems;
    }

    private void in(Path folder, Lesson lesson, Consumer<Learner> work) throws IOException {
        try (Lab lab = labs.get()) {
            ScriptRunner prompt = new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()));
            FileTree.lay(lesson.setup(), folder);
            work.accept(new Learner(folder, prompt, new StepCheck(labs, Optional.of(prompt))));
        } finally {
            empty(folder);
        }
    }

    private void solutions(Lesson lesson, Learner learner, List<String> problems) {
        for (Step step : lesson.steps()) {
            String name = lesson.name() + "/" + step.name();
            told.accept(name);
            if (learner.check(lesson, step).passed()) {
                problems.add(name + " passes before it is solved");
            }
            learner.give(lesson.solution(step));
            StepResult solved = learner.check(lesson, step);
            if (!solved.passed()) {
                problems.add(name + " fails with its solution:\n" + solved.text());
                return;
            }
            if (solved.evidence().isEmpty()) {
                problems.add(name + " has no evidence");
            }
        }
    }

    private void mistake(Lesson lesson, Lesson.Wrong wrong, Learner learner, List<String> problems) {
        String name = lesson.name() + "/wrong/" + wrong.name();
        told.accept(name);
        for (Step step : lesson.steps()) {
            // What is typed wrongly is typed in place of what is right; wrong files lie on top of right ones.
            boolean typed = step.name().equals(wrong.step()) && wrong.answer().isTyped();
            if (!typed) {
                learner.give(lesson.solution(step));
            }
            if (step.name().equals(wrong.step())) {
                break;
            }
        }
        learner.give(wrong.answer());
        StepResult result = learner.check(lesson, lesson.step(wrong.step()).orElseThrow());
        if (result.passed()) {
            problems.add(name + " passes");
        } else if (!result.text().contains(wrong.told())) {
            problems.add(name + " doesn't tell \"" + wrong.told() + "\" but:\n" + result.text());
        }
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                if (!path.equals(folder)) {
                    Files.delete(path);
                }
            }
        }
    }
}
