// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Which files of a checkout are documents, in the order of the site. */
record Checkout(Path root) {
    private static final Path LANGUAGE = Path.of("dsl/src/main/resources/vmlab/dsl/language.md");
    private static final List<String> MODULES =
            List.of("vmm-runtime", "x86-devices", "crossvm-lib", "dsl", "tutorials", "shell");

    /** @param commands the reference of the command line, in Markdown */
    List<Page> pages(String commands) throws IOException {
        List<Page> pages = new ArrayList<>();
        add(pages, "vmlab", Path.of("README.md"), "index.html");
        add(pages, "vmlab", Path.of("docs/README.md"), "guide.html");
        for (Path page : list("docs", "*.md")) {
            if (!page.endsWith("README.md")) {
                add(pages, "Guide", page, name(page) + ".html");
            }
        }
        add(pages, "Reference", LANGUAGE, "language.html");
        pages.add(new Page("Reference", Path.of("docs/commands.md"), "commands.html", commands));
        for (Path lesson : list("tutorials/lessons", "*")) {
            add(pages, "Lessons", lesson.resolve("lesson.md"), "lesson-" + lesson.getFileName() + ".html");
        }
        add(pages, "Inside", Path.of("CONTRIBUTING.md"), "contributing.html");
        for (String module : MODULES) {
            add(pages, "Inside", Path.of(module, "README.md"), "module-" + module + ".html");
        }
        return pages;
    }

    private void add(List<Page> pages, String group, Path source, String target) throws IOException {
        Path file = root.resolve(source);
        if (Files.exists(file)) {
            pages.add(new Page(group, source, target, Files.readString(file)));
        }
    }

    private List<Path> list(String folder, String glob) throws IOException {
        Path path = root.resolve(folder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(entry ->
                            path.getFileSystem().getPathMatcher("glob:" + glob).matches(entry.getFileName()))
                    .sorted()
                    .map(root::relativize)
                    .toList();
        }
    }

    private static String name(Path page) {
        return page.getFileName().toString().replaceFirst("\\.md$", "");
    }
}
