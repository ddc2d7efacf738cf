// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.model.Similar;
import vmlab.vmm.HostMistake;

/**
 * A learner's way through lessons: which one is open, in which folder, which of its steps are done. It is kept in a file
 * after every change, by names of steps, so it survives restarts and changed lessons.
 *
 * <p>Threads: one at a time.
 */
public final class Course {
    private static final String CURRENT = "current";

    private final List<Lesson> lessons;
    private final Path file;
    private final Properties kept = new Properties();

    /** @param file where progress is kept; it needn't be there */
    public Course(List<Lesson> lessons, Path file) {
        this.lessons = List.copyOf(lessons);
        this.file = Objects.requireNonNull(file);
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                kept.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                throw new HostMistake(
                        "progress in " + file + " can't be read: " + e.getMessage(), "remove the file", e);
            }
        }
    }

    public List<Lesson> lessons() {
        return lessons;
    }

    /** The lesson of that name. */
    public Lesson lesson(String name) {
        return lessons.stream()
                .filter(lesson -> lesson.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new HostMistake(
                        "there is no lesson " + name,
                        Similar.didYouMean(name, names(), "there are " + String.join(", ", names()))));
    }

    private List<String> names() {
        return lessons.stream().map(Lesson::name).toList();
    }

    /** The open lesson, if one is. */
    public Optional<Lesson> current() {
        return Optional.ofNullable(kept.getProperty(CURRENT))
                .flatMap(name ->
                        lessons.stream().filter(l -> l.name().equals(name)).findFirst());
    }

    /**
     * Opens a lesson: one that was begun goes on where it was, in its own folder. If that is gone, it begins anew.
     *
     * @param folder for a new one, if not that of the lesson's name here; what the lesson begins with is put there
     */
    public void start(Lesson lesson, Optional<Path> folder) {
        Optional<Path> begun = folderOf(lesson).filter(there -> !lesson.hasFiles() || Files.isDirectory(there));
        Path work = begun.or(() -> folder)
                .or(() -> folderOf(lesson))
                .orElse(Path.of(lesson.name()))
                .toAbsolutePath();
        if (begun.isPresent()
                && folder.isPresent()
                && !folder.get().toAbsolutePath().equals(work)) {
            throw new HostMistake(
                    lesson.name() + " was begun in " + work,
                    "without --folder it goes on there; or remove that folder");
        }
        if (begun.isEmpty()) {
            prepare(lesson, work);
            forget(lesson);
            kept.setProperty(lesson.name() + ".folder", work.toString());
        }
        kept.setProperty(CURRENT, lesson.name());
        save();
    }

    private static void prepare(Lesson lesson, Path folder) {
        if (!lesson.hasFiles()) {
            return;
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new HostMistake(folder + " can't be made: " + e.getMessage(), "give another with --folder", e);
        }
        FileTree.lay(lesson.setup(), folder);
    }

    /** Where the learner works on a lesson that was begun. */
    public Optional<Path> folderOf(Lesson lesson) {
        return Optional.ofNullable(kept.getProperty(lesson.name() + ".folder")).map(Path::of);
    }

    public boolean isDone(Lesson lesson, Step step) {
        return done(lesson).contains(step.name());
    }

    private Set<String> done(Lesson lesson) {
        String names = kept.getProperty(lesson.name() + ".done", "");
        return new LinkedHashSet<>(Arrays.asList(names.split(" ")));
    }

    /** The first step that isn't done; empty if the lesson is over. */
    public Optional<Step> next(Lesson lesson) {
        return lesson.steps().stream().filter(step -> !isDone(lesson, step)).findFirst();
    }

    /** Notes that a step is done. */
    public void done(Lesson lesson, Step step) {
        Set<String> names = done(lesson);
        names.add(step.name());
        kept.setProperty(lesson.name() + ".done", String.join(" ", names).strip());
        save();
    }

    /** The next hint for a step, each deeper than the one before; the last again when there is none. */
    public String hint(Lesson lesson, Step step) {
        String key = lesson.name() + "." + step.name() + ".hints";
        // Who edits the file may have written anything.
        String noted = kept.getProperty(key, "");
        int given = noted.matches("\\d{1,3}") ? Integer.parseInt(noted) : 0;
        int now = Math.min(given, step.hints().size() - 1);
        kept.setProperty(key, String.valueOf(now + 1));
        save();
        return "hint %d of %d: %s"
                .formatted(now + 1, step.hints().size(), step.hints().get(now));
    }

    /**
     * Gives the solution of a step, and of those before it that aren't done.
     *
     * @param prompt where what has to be typed is typed
     */
    public void solve(Lesson lesson, Step step, Optional<ScriptRunner> prompt) {
        Path folder = folderOf(lesson).orElseThrow();
        for (Step each : lesson.steps()) {
            if (!isDone(lesson, each) || each.equals(step)) {
                lesson.solution(each).give(folder, prompt);
            }
            if (each.equals(step)) {
                return;
            }
        }
    }

    /** Forgets the progress of a lesson; the learner's files stay, but for those the lesson begins with. */
    public void reset(Lesson lesson) {
        folderOf(lesson).ifPresent(folder -> FileTree.lay(lesson.setup(), folder));
        Optional<Path> folder = folderOf(lesson);
        forget(lesson);
        folder.ifPresent(f -> kept.setProperty(lesson.name() + ".folder", f.toString()));
        save();
    }

    private void forget(Lesson lesson) {
        kept.stringPropertyNames().stream()
                .filter(key -> key.startsWith(lesson.name() + "."))
                .forEach(kept::remove);
    }

    private void save() {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            try (Writer writer = Files.newBufferedWriter(fresh)) {
                kept.store(writer, null);
            }
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new HostMistake("progress can't be kept in " + file + ": " + e.getMessage(), "make it writable", e);
        }
    }
}
