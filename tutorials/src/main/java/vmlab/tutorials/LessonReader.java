// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * Reads a lesson's folder, and says all that is wrong with it.
 *
 * <p>In {@code lesson.md} a heading of level 1 is the title, of level 2 a step's, of level 3 with the word Hint a hint's.
 */
public final class LessonReader {
    private static final Pattern NUMBERED = Pattern.compile("\\d+-(.+)");
    private static final Pattern HEADING = Pattern.compile("(?m)^(#{1,3}) (.+)$");
    private static final Pattern WRONG = Pattern.compile("(?s)step: (\\S+)\\n\\n(.+)");
    private static final int HINTS = 3;

    private LessonReader() {}

    /** The lessons in a folder of lessons, in the order of their numbers. */
    public static List<Lesson> all(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry ->
                            NUMBERED.matcher(entry.getFileName().toString()).matches())
                    .sorted()
                    .map(LessonReader::read)
                    .toList();
        } catch (IOException e) {
            throw new HostMistake("there are no lessons in " + folder, "name the folder that holds them", e);
        }
    }

    /**
     * Reads one.
     *
     * @throws HostMistake if something is missing or wrong, with everything that is
     */
    public static Lesson read(Path folder) {
        List<String> problems = new ArrayList<>();
        for (String needed : List.of("lesson.md", "check.groovy")) {
            if (!Files.isRegularFile(folder.resolve(needed))) {
                problems.add(needed + " is missing");
            }
        }
        refuse(folder, problems);
        Lesson lesson = parsed(folder, text(folder.resolve("lesson.md")), wrongs(folder, problems));
        check(lesson, problems);
        refuse(folder, problems);
        return lesson;
    }

    private static void refuse(Path folder, List<String> problems) {
        if (!problems.isEmpty()) {
            throw new HostMistake(
                    "the lesson " + folder + " can't be used: " + String.join("; ", problems),
                    "docs/lessons.md says what a lesson holds");
        }
    }

    private static Lesson parsed(Path folder, String text, List<Lesson.Wrong> wrong) {
        String title = "";
        String introduction = "";
        List<Step> steps = new ArrayList<>();
        List<String> hints = new ArrayList<>();
        String[] open = {"", ""};
        Matcher heading = HEADING.matcher(text);
        boolean more = heading.find();
        while (more) {
            int level = heading.group(1).length();
            String words = heading.group(2).strip();
            int from = heading.end();
            more = heading.find();
            String body =
                    text.substring(from, more ? heading.start() : text.length()).strip();
            if (level == 1) {
                title = words;
                introduction = body;
            } else if (level == 2) {
                addStep(steps, open, hints);
                open = new String[] {words, body};
            } else {
                hints.add(body);
            }
        }
        addStep(steps, open, hints);
        Matcher number = NUMBERED.matcher(folder.getFileName().toString());
        String name = number.matches() ? number.group(1) : folder.getFileName().toString();
        return new Lesson(name, title, introduction.split("\n\n", 2)[0], introduction, steps, wrong, folder);
    }

    private static void addStep(List<Step> steps, String[] titleAndText, List<String> hints) {
        if (!titleAndText[0].isEmpty()) {
            steps.add(new Step(slug(titleAndText[0]), titleAndText[0], titleAndText[1], hints));
        }
        hints.clear();
    }

    private static String slug(String title) {
        return title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    private static List<Lesson.Wrong> wrongs(Path folder, List<String> problems) {
        Path all = folder.resolve("wrong");
        if (!Files.isDirectory(all)) {
            return List.of();
        }
        List<Lesson.Wrong> wrongs = new ArrayList<>();
        try (Stream<Path> cases = Files.list(all)) {
            for (String name : cases.map(path -> path.getFileName().toString().replaceFirst("\\.(md|groovy)$", ""))
                    .distinct()
                    .sorted()
                    .toList()) {
                Answer answer = new Answer(all.resolve(name));
                if (!answer.isThere()) {
                    problems.add("wrong/" + name + " is missing: a folder, or wrong/" + name + ".groovy");
                }
                Path about = all.resolve(name + ".md");
                Matcher parts = WRONG.matcher(Files.isRegularFile(about) ? text(about) : "");
                if (parts.matches()) {
                    wrongs.add(new Lesson.Wrong(
                            name, parts.group(1), parts.group(2).strip(), answer));
                } else {
                    problems.add("wrong/" + name + ".md must be \"step: NAME\", an empty line, and what must be told");
                }
            }
        } catch (IOException e) {
            problems.add(all + " can't be read");
        }
        return wrongs;
    }

    private static void check(Lesson lesson, List<String> problems) {
        if (lesson.title().isEmpty() || lesson.introduction().isEmpty()) {
            problems.add("lesson.md has no title with an introduction");
        }
        if (lesson.steps().isEmpty()) {
            problems.add("lesson.md has no step (a heading of level 2)");
        }
        for (Step step : lesson.steps()) {
            if (step.hints().size() != HINTS) {
                problems.add("the step " + step.name() + " has " + step.hints().size() + " hints, not " + HINTS);
            }
            if (!lesson.solution(step).isThere()) {
                problems.add("solve/" + step.name() + " is missing: a folder, or solve/" + step.name() + ".groovy");
            }
        }
        for (Lesson.Wrong wrong : lesson.wrong()) {
            if (lesson.step(wrong.step()).isEmpty()) {
                problems.add("wrong/" + wrong.name() + " names the step " + wrong.step() + ", which isn't there");
            }
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new HostMistake(file + " can't be read: " + e.getMessage(), "it must be a text in UTF-8", e);
        }
    }
}
