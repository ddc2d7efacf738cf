// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import vmlab.vmm.HostMistake;

/** What a teacher begins with: a lesson of one step that holds. */
public final class LessonSkeleton {
    private static final Map<String, String> FILES = Map.of(
            "lesson.md",
            """
            # %1$s

            One paragraph that says what is learned.

            ## Say hello

            What to do, in the learner's folder: write a file `hello.txt` with the word hello in it.

            ### Hint

            A nudge.

            ### Hint

            A way.

            ### Hint

            Nearly all of it: `echo hello > hello.txt`
            """,
            "check.groovy",
            """
            recognise(~/Hello/, 'the word begins with a small letter')

            step('say-hello') {
                def text = file('hello.txt')
                if (!text.contains('hello')) {
                    fail seen: text, expected: 'the word hello'
                }
                evidence 'hello.txt says ' + text.trim()
            }
            """,
            "solve/say-hello/hello.txt",
            "hello\n",
            "wrong/capital.md",
            "step: say-hello\n\nthe word begins with a small letter\n",
            "wrong/capital/hello.txt",
            "Hello\n");

    private LessonSkeleton() {}

    /** Makes the folder of a lesson, behind those that are there; gives it. */
    public static Path make(Path lessons, String name) {
        if (!name.matches("[a-z0-9_]+")) {
            throw new HostMistake("a lesson can't be called " + name, "small letters, digits and _ make its name");
        }
        try {
            Files.createDirectories(lessons);
            List<Lesson> others = LessonReader.all(lessons);
            if (others.stream().anyMatch(lesson -> lesson.name().equals(name))) {
                throw new HostMistake("there is a lesson " + name + " already, in " + lessons, "give another name");
            }
            int number = others.stream()
                            .map(lesson ->
                                    lesson.folder().getFileName().toString().replaceFirst("-.*", ""))
                            .mapToInt(Integer::parseInt)
                            .max()
                            .orElse(0)
                    + 1;
            Path folder = lessons.resolve("%02d-%s".formatted(number, name));
            for (Map.Entry<String, String> file : FILES.entrySet()) {
                Path path = folder.resolve(file.getKey());
                Files.createDirectories(path.getParent());
                Files.writeString(path, file.getValue().replace("%1$s", name));
            }
            return folder;
        } catch (IOException e) {
            throw new HostMistake(
                    "no lesson can be made in " + lessons + ": " + e.getMessage(), "name a folder of yours", e);
        }
    }
}
