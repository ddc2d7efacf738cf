// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A lesson: a folder {@code NN-name} with
 *
 * <ul>
 *   <li>{@code lesson.md}: a heading, an introduction, and a section for each step with its hints;
 *   <li>{@code check.groovy}: what each step is checked by;
 *   <li>{@code setup/}: what the learner's folder holds at the beginning, if anything;
 *   <li>{@code solve/STEP/}: the files that solve a step, on top of the steps before; {@code solve/STEP.groovy}: what is typed
 *       at the prompt to solve it;
 *   <li>{@code wrong/CASE/} or {@code wrong/CASE.groovy}: the same with a mistake; {@code wrong/CASE.md} says at which step, and
 *       what must be told.
 * </ul>
 *
 * @param name without its number
 * @param summary the first paragraph of the introduction
 */
public record Lesson(
        String name,
        String title,
        String summary,
        String introduction,
        List<Step> steps,
        List<Wrong> wrong,
        Path folder) {
    /**
     * A mistake the lesson knows.
     *
     * @param step where it is found
     * @param told what the learner must be told, in part
     */
    public record Wrong(String name, String step, String told, Answer answer) {
        public Wrong {
            Objects.requireNonNull(name);
            Objects.requireNonNull(step);
            Objects.requireNonNull(told);
            Objects.requireNonNull(answer);
        }
    }

    public Lesson {
        Objects.requireNonNull(name);
        Objects.requireNonNull(title);
        Objects.requireNonNull(summary);
        Objects.requireNonNull(introduction);
        steps = List.copyOf(steps);
        wrong = List.copyOf(wrong);
        Objects.requireNonNull(folder);
    }

    /** The step of that name. */
    public Optional<Step> step(String stepName) {
        return steps.stream().filter(step -> step.name().equals(stepName)).findFirst();
    }

    Path check() {
        return folder.resolve("check.groovy");
    }

    Path setup() {
        return folder.resolve("setup");
    }

    /** Whether learners need a folder: some lessons are done at the prompt alone. */
    public boolean hasFiles() {
        return Files.isDirectory(setup())
                || steps.stream()
                        .anyMatch(step -> Files.isDirectory(solution(step).files()));
    }

    /** What solves a step. */
    public Answer solution(Step step) {
        return new Answer(folder.resolve("solve").resolve(step.name()));
    }
}
