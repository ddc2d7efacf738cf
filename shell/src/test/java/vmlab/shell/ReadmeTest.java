// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs every code block of the README: commands end with 0, scripts run, transcripts give what they show. In a transcript
 * {@code …} as a line stands for any lines, and {@code [exit N]} for a status that isn't 0.
 */
@Tag("built")
final class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");

    /** What this very test is part of. */
    private static final String TEST_COMMAND = "mvn verify";

    @TempDir
    private Path folder;

    private record Block(String language, String text) {}

    private static List<Block> blocks() throws IOException {
        Matcher matcher = BLOCK.matcher(Files.readString(Checkout.root().resolve("README.md")));
        List<Block> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }

    @Test
    void exactlyTwoCommandsSetItUp() throws IOException {
        List<String> first = blocks().stream()
                .filter(block -> block.language().equals("sh"))
                .limit(2)
                .map(block -> block.text().strip())
                .toList();

        assertEquals(List.of("./vmlab scripts/hello.groovy", TEST_COMMAND), first);
    }

    @Test
    void theExitCodesAreAllThere() throws IOException {
        String readme = Files.readString(Checkout.root().resolve("README.md"));
        for (ExitCode code : ExitCode.values()) {
            assertTrue(
                    Pattern.compile("(?m)^\\| " + code.status() + " \\| " + Pattern.quote(code.meaning()))
                            .matcher(readme)
                            .find(),
                    code + " isn't told in the README as in --help");
        }
    }

    @TestFactory
    Stream<DynamicTest> everyBlockRuns() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Block block : blocks()) {
            String name =
                    block.language() + ": " + block.text().lines().findFirst().orElse("");
            tests.add(DynamicTest.dynamicTest(name, () -> run(block)));
        }
        return tests.stream();
    }

    private void run(Block block) throws IOException, InterruptedException {
        if (block.text().matches("(?s).*(hello.groovy|debian|guest).*")) {
            Guest.required();
        }
        switch (block.language()) {
            case "sh" -> runCommands(block.text());
            case "groovy" -> runScript(block.text());
            case "console" -> {
                if (block.text().startsWith("vmlab> ")) {
                    replayPrompt(block.text());
                } else {
                    replayShell(block.text());
                }
            }
            default -> throw new AssertionError("nobody knows how to run a block of '" + block.language() + "'");
        }
    }

    private static void runCommands(String text) throws IOException, InterruptedException {
        for (String command : text.lines().toList()) {
            if (!command.equals(TEST_COMMAND)) {
                Launched.Result result = Launched.command("sh", "-c", command).run();
                assertEquals(0, result.status(), command + "\n" + result);
            }
        }
    }

    private void runScript(String text) throws IOException, InterruptedException {
        Path script = Files.writeString(folder.resolve("readme.groovy"), text);
        Launched.Result result = Launched.with(script.toString()).run();
        assertEquals(0, result.status(), result.toString());
    }

    /** Lines of {@code $ } are commands, the others what they print. */
    private static void replayShell(String text) throws IOException, InterruptedException {
        for (String part : text.split("(?m)^\\$ ")) {
            if (!part.isEmpty()) {
                String command = part.lines().findFirst().orElseThrow();
                String expected = part.substring(command.length()).strip();
                Launched.Result result = Launched.command("sh", "-c", command).run();
                String all = (result.out()
                                + (result.status() == 0 ? "" : result.err() + "[exit " + result.status() + "]"))
                        .strip();
                assertTrue(matches(expected, all), command + "\nexpected:\n" + expected + "\nbut was:\n" + result);
            }
        }
    }

    private static boolean matches(String expected, String actual) {
        String pattern = Stream.of(expected.split("\n"))
                .map(line -> line.equals("…") ? "(?s:.*)" : Pattern.quote(line))
                .reduce((a, b) -> a + "\\n" + b)
                .orElse("");
        return Pattern.matches(pattern, actual);
    }

    /** Types the inputs of a transcript into a prompt without a line reader and compares what it answers. */
    private static void replayPrompt(String text) throws IOException, InterruptedException {
        StringBuilder input = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (String line : text.lines().toList()) {
            Matcher typed = Pattern.compile("(?:vmlab| {4}\\.\\.\\.)> (.*)").matcher(line);
            (typed.matches() ? input : expected)
                    .append(typed.matches() ? typed.group(1) : line)
                    .append('\n');
        }
        Launched.Result result = Launched.with().input(input.toString()).run();
        assertEquals(expected.toString(), result.out(), result.err());
    }
}
