// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher makes of the documents and of its own commands: the site, the manual page, completion. */
@Tag("built")
final class DocumentsTest {
    /** Beginnings of lines, and what their last word can become. */
    private static final Map<String, String> COMPLETED = new TreeMap<>(Map.of(
            "./vmlab doc", "docs doctor",
            "vmlab guest b", "build",
            "vmlab guest vml", "vmlinuz",
            "vmlab test --jun", "--junit",
            "vmlab --backend k", "kvm",
            "vmlab --time r", "real",
            "vmlab --soft-cpu int", "interpreter",
            "vmlab completion z", "zsh",
            "./vmlab import --print ca", "camkes"));

    @TempDir
    private Path folder;

    @Test
    void theSiteHasEveryDocumentAndNoDeadLink() throws IOException, InterruptedException {
        Launched.Result result =
                Launched.with("docs", "-o", folder.resolve("site").toString()).run();

        assertEquals(0, result.status(), result.err());
        assertEquals(folder.resolve("site/index.html") + "\n", result.out());
        try (Stream<Path> pages = Files.list(Checkout.root().resolve("docs"))) {
            for (Path page :
                    pages.filter(each -> each.toString().endsWith(".md")).toList()) {
                String name =
                        page.getFileName().toString().replace("README", "guide").replace(".md", ".html");
                assertTrue(Files.exists(folder.resolve("site").resolve(name)), name);
            }
        }
        String commands = Files.readString(folder.resolve("site/commands.html"));
        assertTrue(commands.contains("<h2 id=\"vmlab-guest-build\">"), commands);
    }

    @Test
    void everyBlockOfCodeSaysWhatItIs() throws IOException {
        for (String page : List.of("CONTRIBUTING.md", "shell/README.md", "dsl/README.md", "vmm-runtime/README.md")) {
            for (PageBlock block : PageBlock.of(Checkout.root().resolve(page))) {
                assertFalse(block.language().isEmpty(), block.place() + ": fence it, and say what it is");
            }
        }
    }

    @Test
    void theManualPageIsRoffThatGroffAccepts() throws IOException, InterruptedException {
        Launched.Result result = Launched.with("man").run();

        assertEquals(0, result.status(), result.err());
        String page = result.out();
        assertTrue(page.startsWith(".TH VMLAB 1 "), page);
        for (String section : List.of("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT")) {
            assertTrue(page.contains("\n.SH \"" + section + "\"\n"), section);
        }
        for (ExitCode code : ExitCode.values()) {
            assertTrue(page.contains("\n\\fB" + code.status() + "\\fR\n"), code.toString());
        }
        if (Launched.command("sh", "-c", "command -v groff").run().status() == 0) {
            Launched.Result formatted = Launched.command("groff", "-man", "-ww", "-Tascii")
                    .input(page)
                    .run();
            assertEquals("", formatted.err());
            assertTrue(formatted.out().contains("vmlab - A scriptable console"), formatted.out());
        }
    }

    private Path completion(String shell) throws IOException, InterruptedException {
        Launched.Result script = Launched.with("completion", shell).run();
        assertEquals(0, script.status(), script.err());
        return Files.writeString(folder.resolve("completion." + shell), script.out());
    }

    /** By the function that bash says it would call, with what bash would tell it. */
    @Test
    void bashCompletesByTheScript() throws IOException, InterruptedException {
        StringBuilder asked = new StringBuilder("source '" + completion("bash") + "'\n");
        asked.append(
                "function_of() { set -- $(complete -p vmlab); while [ \"$1\" != -F ]; do shift; done; echo \"$2\"; }\n");
        COMPLETED
                .keySet()
                .forEach(line -> asked.append(
                                "COMP_LINE='%s'; COMP_WORDS=($COMP_LINE); COMP_POINT=${#COMP_LINE}\n".formatted(line))
                        .append("COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); $(function_of)\n")
                        .append("echo \"$COMP_LINE: \" $(printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort)\n"));

        Launched.Result result =
                Launched.command("bash").input(asked.toString()).run();

        String expected = COMPLETED.entrySet().stream()
                .map(each -> each.getKey() + ":  " + each.getValue() + "\n")
                .collect(Collectors.joining());
        assertEquals(expected, result.out(), result.err());
    }

    /** In a zsh on a terminal of its own, with the Tab key. */
    @Test
    void zshCompletesByTheScript() throws IOException, InterruptedException {
        if (Launched.command("sh", "-c", "command -v zsh").run().status() != 0) {
            Guest.missing("zsh", "there is no zsh here (Debian: zsh)");
        }
        Path seen = folder.resolve("seen");
        StringBuilder typed = new StringBuilder("""
                zmodload zsh/zpty
                zpty terminal zsh -f -i
                zpty -w terminal 'autoload -U compinit; compinit -D -u; source "%s"'
                zpty -w terminal 'see() { print -r -- "$BUFFER" >> "%s"; BUFFER=; zle accept-line }; zle -N see; bindkey "^X" see'
                """.formatted(completion("zsh"), seen));
        List<String> lines = COMPLETED.keySet().stream()
                .filter(line -> !COMPLETED.get(line).contains(" "))
                .toList();
        lines.forEach(line -> typed.append("zpty -w -n terminal '%s'$'\\t\\x18'\n".formatted(line)));
        typed.append("zpty -w terminal 'print al''l'\nzpty -r -m terminal all '*all*'\n");

        Launched.Result result =
                Launched.command("zsh", "-f", "-c", typed.toString()).in(folder).run();

        assertEquals(0, result.status(), result.err());
        List<String> expected = lines.stream()
                .map(line -> line.replaceFirst("\\S+$", COMPLETED.get(line)) + " ")
                .toList();
        assertEquals(expected, Files.readAllLines(seen), result.toString());
    }
}
