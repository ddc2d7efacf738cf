// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.model.Similar;
import vmlab.lab.Lab;
import vmlab.tutorials.Answer;
import vmlab.tutorials.Course;
import vmlab.tutorials.Lesson;
import vmlab.tutorials.LessonReader;
import vmlab.tutorials.Step;
import vmlab.tutorials.StepCheck;
import vmlab.tutorials.StepResult;
import vmlab.tutorials.Verification;
import vmlab.vmm.HostMistake;

/** What a learner asks for, the same on the command line and at the prompt, answered in text. */
final class Tutor {
    /** Where the launcher says that its checkout is. */
    private static final String HOME = "vmlab.home";

    /** What can be asked for at the prompt. */
    static final List<String> ACTIONS = List.of("list", "start", "next", "check", "hint", "solve", "reset", "status");

    private final Surroundings surroundings;
    private final Supplier<Lab> labs;
    private final Optional<ScriptRunner> prompt;
    private final Classroom room;

    /**
     * @param labs opens an empty lab for a check
     * @param prompt where the learner types; empty on the command line
     */
    Tutor(Surroundings surroundings, Supplier<Lab> labs, Optional<ScriptRunner> prompt, Classroom room) {
        this.surroundings = Objects.requireNonNull(surroundings);
        this.labs = Objects.requireNonNull(labs);
        this.prompt = Objects.requireNonNull(prompt);
        this.room = Objects.requireNonNull(room);
    }

    /** The folder of lessons: the environment's {@code VMLAB_LESSONS}, or that of the checkout. */
    static Path lessonsFolder(Surroundings surroundings) {
        String named = surroundings.environment().getOrDefault("VMLAB_LESSONS", "");
        return named.isEmpty() ? home().resolve("tutorials/lessons") : Path.of(named);
    }

    /** The folder of the checkout. */
    static Path home() {
        return Path.of(System.getProperty(HOME, ""));
    }

    /** Answers what was typed behind {@code /tutorial}. */
    String answer(String typed) {
        String[] words = typed.strip().split("\\s+", 2);
        String action = words[0].isEmpty() ? "list" : words[0];
        if (action.equals("start") != (words.length == 2)) {
            throw new HostMistake(
                    "/tutorial " + typed + " isn't complete", "start takes a lesson's name, others nothing");
        }
        return switch (action) {
            case "list" -> list();
            case "start" -> start(words[1], Optional.empty());
            case "next" -> next();
            case "check" -> check().text();
            case "hint" -> hint();
            case "solve" -> solve();
            case "reset" -> reset();
            case "status" -> status();
            default ->
                throw new HostMistake(
                        "/tutorial can't " + action, Similar.didYouMean(action, ACTIONS, "it can " + ACTIONS));
        };
    }

    private Course course() {
        return new Course(
                LessonReader.all(lessonsFolder(surroundings)),
                UserFolders.state(surroundings.environment()).resolve("lessons.properties"));
    }

    /** What there is to learn, and how far it is. */
    String list() {
        Course course = course();
        String lessons = course.lessons().stream()
                .map(lesson -> "%s (%s): %s\n\n%s"
                        .formatted(
                                lesson.name(),
                                progress(course, lesson),
                                lesson.title(),
                                shown(course, lesson, lesson.summary())
                                        .indent(4)
                                        .stripTrailing()))
                .collect(Collectors.joining("\n\n"));
        return lessons + "\n\n" + room.typed("start NAME") + " begins one, or goes on with it";
    }

    /** A text of a lesson as the learner reads it. */
    private String shown(Course course, Lesson lesson, String markdown) {
        Path folder = course.folderOf(lesson).orElse(Path.of(lesson.name()));
        return room.shown(markdown, lesson.name(), folder);
    }

    private static String progress(Course course, Lesson lesson) {
        long done = lesson.steps().stream()
                .filter(step -> course.isDone(lesson, step))
                .count();
        return course.folderOf(lesson).isEmpty()
                ? "new"
                : done + " of " + lesson.steps().size();
    }

    /** @param folder where the learner works; if empty, a folder of the lesson's name here */
    String start(String name, Optional<Path> folder) {
        Course course = course();
        Lesson lesson = course.lesson(name);
        boolean fresh = course.folderOf(lesson).isEmpty();
        course.start(lesson, folder);
        String introduction =
                fresh ? lesson.title() + "\n\n" + shown(course, lesson, lesson.introduction()) + "\n\n" : "";
        String where = lesson.hasFiles()
                ? "you work in the folder " + course.folderOf(lesson).orElseThrow() + "\n\n"
                : "";
        return introduction + where + next();
    }

    private Lesson open(Course course) {
        return course.current()
                .orElseThrow(() -> new HostMistake(
                        "no lesson is open",
                        room.typed("start NAME") + " opens one of: "
                                + course.lessons().stream().map(Lesson::name).collect(Collectors.joining(", "))));
    }

    /** The step at hand. */
    String next() {
        Course course = course();
        Lesson lesson = open(course);
        return course.next(lesson).map(step -> shown(course, lesson, step)).orElseGet(() -> over(course, lesson));
    }

    /** The next one is behind this one, if it isn't done, or any other. */
    private String over(Course course, Lesson lesson) {
        List<Lesson> all = course.lessons();
        int behind = all.indexOf(lesson) + 1;
        String other = Stream.concat(all.subList(behind, all.size()).stream(), all.stream())
                .filter(each -> course.next(each).isPresent())
                .findFirst()
                .map(each -> room.typed("start " + each.name()) + " begins another")
                .orElse("it was the last one");
        return "that was all of " + lesson.name() + "; " + other;
    }

    private String shown(Course course, Lesson lesson, Step step) {
        int number = lesson.steps().indexOf(step) + 1;
        String heading = "%s, step %d of %d: %s"
                .formatted(lesson.name(), number, lesson.steps().size(), step.title());
        return heading + "\n\n" + shown(course, lesson, step.text()) + "\n\n" + then(lesson.solution(step));
    }

    private String then(Answer answer) {
        if (answer.isTyped() && prompt.isEmpty()) {
            return "this step is done at vmlab's prompt: start " + room.launcher() + ", and there type /tutorial next";
        }
        String edit = room.edit() + "FILE";
        String line = "%-" + Math.max(edit.length(), room.typed("check").length()) + "s  %s";
        String rest = line.formatted(room.typed("check"), "looks at what you have done") + "\n"
                + line.formatted(room.typed("hint"), "helps");
        return answer.isTyped() ? rest : line.formatted(edit, "opens a file of the lesson in an editor") + "\n" + rest;
    }

    /** Where the open lesson is. */
    String status() {
        Course course = course();
        Lesson lesson = open(course);
        return lesson.steps().stream()
                .map(step -> (course.isDone(lesson, step) ? "  ✓ " : "    ") + step.title())
                .collect(Collectors.joining(
                        "\n", lesson.name() + " in " + course.folderOf(lesson).orElseThrow() + "\n", ""));
    }

    /** What a check found. */
    record Checked(boolean passed, boolean over, String text) {}

    /** Checks the step at hand; if it is done, shows the next. */
    Checked check() {
        Course course = course();
        Lesson lesson = open(course);
        Optional<Step> step = course.next(lesson);
        if (step.isEmpty()) {
            return new Checked(true, true, next());
        }
        StepResult result = result(lesson, step.get(), course.folderOf(lesson).orElseThrow());
        if (result.passed()) {
            course.done(lesson, step.get());
        }
        String text = result.text().lines().map(TerminalText::neutral).collect(Collectors.joining("\n"));
        boolean over = course.next(lesson).isEmpty();
        return new Checked(result.passed(), over, result.passed() ? text + "\n\n" + next() : text);
    }

    private StepResult result(Lesson lesson, Step step, Path work) {
        try (CheckProgress progress = new CheckProgress(surroundings)) {
            return new StepCheck(() -> progress.watching(labs.get()), prompt).check(lesson, step, work);
        }
    }

    private Step atHand(Course course, Lesson lesson) {
        return course.next(lesson)
                .orElseThrow(
                        () -> new HostMistake(lesson.name() + " is done", room.typed("reset") + " begins it anew"));
    }

    String hint() {
        Course course = course();
        Lesson lesson = open(course);
        return shown(course, lesson, course.hint(lesson, atHand(course, lesson)));
    }

    String solve() {
        Course course = course();
        Lesson lesson = open(course);
        Step step = atHand(course, lesson);
        course.solve(lesson, step, prompt);
        String given = lesson.solution(step).isTyped()
                ? "a solution was typed for you"
                : "the files of a solution are in " + course.folderOf(lesson).orElseThrow();
        return given + "; " + room.typed("check") + " looks at it";
    }

    String reset() {
        Course course = course();
        Lesson lesson = open(course);
        course.reset(lesson);
        return lesson.name() + " begins anew\n\n" + next();
    }

    /** The folder of the open lesson. */
    Path folder() {
        Course course = course();
        return course.folderOf(open(course)).orElseThrow();
    }

    /** Where a file is whose path begins at the open lesson's folder, or here if none is open. */
    Path place(Path file) {
        Course course = course();
        return course.current().flatMap(course::folderOf).orElse(Path.of("")).resolve(file);
    }

    /** What is wrong with lessons: all, or those named. */
    List<String> verify(List<String> names) {
        Course course = course();
        Verification verification =
                new Verification(labs, name -> surroundings.err().println("vmlab: trying " + name));
        List<Lesson> wanted = names.isEmpty()
                ? course.lessons()
                : names.stream().map(course::lesson).toList();
        return wanted.stream()
                .flatMap(lesson -> verification.problems(lesson).stream())
                .toList();
    }
}
