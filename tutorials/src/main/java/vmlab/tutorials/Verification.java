// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * Proves a lesson in both directions: a step fails before its solution and passes with it, and each known mistake fails at
 * its step with what the learner must be told.
 */
public final class Verification {
    private final StepCheck check;
    private final Consumer<String> told;

    /** @param told of each step and mistake, as it is looked at */
    public Verification(StepCheck check, Consumer<String> told) {
        this.check = Objects.requireNonNull(check);
        this.told = Objects.requireNonNull(told);
    }

    /** What is wrong with the lesson; empty if nothing is. */
    public List<String> problems(Lesson lesson) {
        List<String> problems = new ArrayList<>();
        in(work -> solutions(lesson, work, problems));
        for (Lesson.Wrong wrong : lesson.wrong()) {
            in(work -> mistake(lesson, wrong, work, problems));
        }
        return problems;
    }

    private void solutions(Lesson lesson, Path work, List<String> problems) {
        FileTree.lay(lesson.setup(), work);
        for (Step step : lesson.steps()) {
            String name = lesson.name() + "/" + step.name();
            told.accept(name);
            if (check.check(lesson, step, work).passed()) {
                problems.add(name + " passes before it is solved");
            }
            FileTree.lay(lesson.solution(step), work);
            StepResult solved = check.check(lesson, step, work);
            if (!solved.passed()) {
                problems.add(name + " fails with its solution:\n" + solved.text());
                return;
            }
            if (solved.evidence().isEmpty()) {
                problems.add(name + " has no evidence");
            }
        }
    }

    private void mistake(Lesson lesson, Lesson.Wrong wrong, Path work, List<String> problems) {
        String name = lesson.name() + "/wrong/" + wrong.name();
        told.accept(name);
        FileTree.lay(lesson.setup(), work);
        for (Step step : lesson.steps()) {
            FileTree.lay(lesson.solution(step), work);
            if (step.name().equals(wrong.step())) {
                break;
            }
        }
        FileTree.lay(wrong.files(), work);
        StepResult result = check.check(lesson, lesson.step(wrong.step()).orElseThrow(), work);
        if (result.passed()) {
            problems.add(name + " passes");
        } else if (!result.text().contains(wrong.told())) {
            problems.add(name + " doesn't tell \"" + wrong.told() + "\" but:\n" + result.text());
        }
    }

    private static void in(Consumer<Path> work) {
        try {
            Path folder = Files.createTempDirectory("vmlab-lesson");
            try {
                work.accept(folder);
            } finally {
                remove(folder);
            }
        } catch (IOException e) {
            throw new HostMistake(
                    "no folder for trying a lesson: " + e.getMessage(), "make the temporary folder writable", e);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
