// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the code blocks of the README and of all pages in {@code docs}. CONTRIBUTING.md tells an author what there is:
 *
 * <ul>
 *   <li>{@code sh}: each line is a command that ends with 0;
 *   <li>{@code groovy}: a script; those marked {@code session} are one script, from the page's top to its bottom;
 *   <li>{@code console}: a transcript gives what it shows. {@code …} as a line stands for any lines, and {@code [exit N]}
 *       for a status that isn't 0. All of a page that are typed at vmlab's prompt are typed at one;
 *   <li>{@code console apart}: in the folder of the page's files, with a link to the launcher and progress of its own;
 *   <li>{@code file=NAME} behind any language: the text of a file in the folder of the page's scripts;
 *   <li>{@code text} or any other language, and the reason why it isn't run.
 * </ul>
 */
@Tag("built")
final class PagesTest {
    /** What this very test is part of. */
    private static final String TEST_COMMAND = "mvn verify";

    private static final Pattern TYPED = Pattern.compile("(?:vmlab| {4}\\.\\.\\.)> (.*)");

    @TempDir
    private Path folder;

    /** Commands that did well: pages may show the same one. */
    private final Map<String, Launched.Result> done = new HashMap<>();

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(Checkout.root().resolve("docs"))) {
            return Stream.concat(
                            Stream.of(Checkout.root().resolve("README.md")),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicContainer> everyBlockRuns() throws IOException {
        List<DynamicContainer> all = new ArrayList<>();
        for (Path page : pages()) {
            String name = Checkout.root().relativize(page).toString();
            all.add(DynamicContainer.dynamicContainer(name, tests(PageBlock.of(page), folderOf(name))));
        }
        return all.stream();
    }

    private Path folderOf(String page) throws IOException {
        return Files.createDirectories(folder.resolve(page.replaceAll("\\W", "-")));
    }

    private Stream<DynamicTest> tests(List<PageBlock> blocks, Path place) {
        Stream<DynamicTest> own = blocks.stream()
                .filter(block -> !block.inSession() && !block.isPromptTranscript())
                .map(block -> test(block.place(), List.of(block), () -> run(block, place)));
        Stream<DynamicTest> session = together("session", blocks, PageBlock::inSession, all -> runSession(all, place));
        Stream<DynamicTest> prompt = together("prompt", blocks, PageBlock::isPromptTranscript, this::replayPrompt);
        return Stream.of(own, session, prompt).flatMap(each -> each);
    }

    /** What is done with all blocks of a kind. */
    private interface Together {
        void run(List<PageBlock> blocks) throws IOException, InterruptedException;
    }

    /** Those that need something more than the others have a test of their own, as they may have to be skipped. */
    private static Stream<DynamicTest> together(
            String name, List<PageBlock> blocks, Predicate<PageBlock> kind, Together action) {
        Map<String, List<PageBlock>> byNeed = blocks.stream()
                .filter(kind)
                .collect(Collectors.groupingBy(block -> block.need().orElse(""), TreeMap::new, Collectors.toList()));
        return byNeed.keySet().stream().map(need -> {
            List<PageBlock> some = blocks.stream()
                    .filter(kind)
                    .filter(block -> List.of("", need).contains(block.need().orElse("")))
                    .toList();
            return test(name + " " + need, some, () -> action.run(some));
        });
    }

    private static DynamicTest test(String name, List<PageBlock> blocks, Executable action) {
        String first = blocks.get(0).text().lines().findFirst().orElse("");
        return DynamicTest.dynamicTest(name + " " + blocks.get(0).language() + ": " + first, () -> {
            for (PageBlock block : blocks) {
                requireWhatItNeeds(block);
            }
            action.execute();
        });
    }

    private static void requireWhatItNeeds(PageBlock block) throws IOException, InterruptedException {
        boolean isRun = List.of("sh", "groovy", "console").contains(block.language());
        if (isRun && block.text().matches("(?s).*(hello.groovy|debian|guest|vm0).*")) {
            Guest.required();
        }
        String need = block.need().orElse("");
        switch (need) {
            case "" -> {}
            case "guest" -> Guest.required();
            case "capstone" -> {
                if (Launched.command("sh", "-c", "ldconfig -p | grep -q libcapstone.so.4")
                                .run()
                                .status()
                        != 0) {
                    Guest.missing(need, "there is no libcapstone here (Debian: libcapstone4)");
                }
            }
            case "gdb" -> {
                if (Launched.command("sh", "-c", "command -v gdb").run().status() != 0) {
                    Guest.missing(need, "there is no gdb here (Debian: gdb)");
                }
            }
            case "rig" -> Guest.requiredByName(need, "it takes minutes in an emulated host");
            default -> throw new AssertionError(block.place() + ": nobody knows what " + need + " is");
        }
    }

    private void run(PageBlock block, Path place) throws IOException, InterruptedException {
        if (block.file().isPresent()) {
            write(place.resolve(block.file().get()), block.text());
            return;
        }
        switch (block.language()) {
            case "sh" -> runCommands(block.text());
            case "groovy" -> runScript(block, block.text(), place);
            case "console" -> replayShell(block, place);
            default ->
                assertFalse(
                        block.language().isEmpty() || block.words().isEmpty(),
                        block.place()
                                + ": nobody can run this; behind the fence stands what it is, and why it isn't run");
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void runCommands(String text) throws IOException, InterruptedException {
        for (String command : text.lines().toList()) {
            if (!command.equals(TEST_COMMAND) && !done.containsKey(command)) {
                Launched.Result result = Launched.command("sh", "-c", command).run();
                assertEquals(0, result.status(), command + "\n" + result);
                done.put(command, result);
            }
        }
    }

    /** One script of which every line has the number that it has in the page. */
    private static void runSession(List<PageBlock> blocks, Path place) throws IOException, InterruptedException {
        StringBuilder script = new StringBuilder();
        int line = 1;
        for (PageBlock block : blocks) {
            script.append("\n".repeat(block.line() - line)).append(block.text());
            line = block.line() + (int) block.text().lines().count();
        }
        runScript(blocks.get(0), script.toString(), place);
    }

    private static void runScript(PageBlock block, String text, Path place) throws IOException, InterruptedException {
        boolean hasFiles =
                PageBlock.of(block.page()).stream().anyMatch(each -> each.file().isPresent());
        Path script = place.resolve(block.page().getFileName().toString().replace(".md", ".groovy"));
        write(script, text);
        Launched.Result result = Launched.with(script.toString())
                .in(hasFiles ? place : Checkout.root())
                .run();
        assertEquals(0, result.status(), result.toString());
    }

    /** Lines of {@code $ } are commands, the others what they print. */
    private static void replayShell(PageBlock block, Path place) throws IOException, InterruptedException {
        if (block.isApart() && !Files.exists(place.resolve("vmlab"))) {
            Files.createSymbolicLink(place.resolve("vmlab"), Checkout.root().resolve("vmlab"));
        }
        for (String part : block.text().split("(?m)^\\$ ")) {
            if (!part.isEmpty()) {
                String command = part.lines().findFirst().orElseThrow();
                String expected = part.substring(command.length()).strip();
                Launched launched = Launched.command("sh", "-c", command);
                Launched.Result result = (block.isApart() ? apart(launched, place) : launched).run();
                String all = (result.out()
                                + (result.status() == 0 ? "" : result.err() + "[exit " + result.status() + "]"))
                        .strip();
                assertMatches(expected, all, command + "\n" + result.err());
            }
        }
    }

    private static Launched apart(Launched launched, Path place) {
        return launched.in(place)
                .set("XDG_STATE_HOME", place.resolve("state").toString())
                .set("VMLAB_LESSONS", "");
    }

    private static void assertMatches(String expected, String actual, String about) {
        String pattern = expected.lines()
                .map(line -> line.equals("…") ? "(?s:.*)" : Pattern.quote(line))
                .collect(Collectors.joining("\\n"));
        if (!Pattern.matches(pattern, actual)) {
            assertEquals(expected, actual, about);
        }
    }

    /** Types the inputs of the transcripts into a prompt without a line reader and compares what it answers. */
    private void replayPrompt(List<PageBlock> blocks) throws IOException, InterruptedException {
        StringBuilder input = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (PageBlock block : blocks) {
            for (String line : block.text().lines().toList()) {
                Matcher typed = TYPED.matcher(line);
                (typed.matches() ? input : expected)
                        .append(typed.matches() ? typed.group(1) : line)
                        .append('\n');
            }
        }
        Launched.Result result = Launched.with().input(input.toString()).run();
        assertMatches(expected.toString().strip(), result.out().strip(), result.err());
    }
}
