// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the launcher makes of the documents and of its own commands: the site, the manual page, completion. */
@Tag("built")
final class DocumentsTest {
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

    @ParameterizedTest
    @CsvSource({
        "'./vmlab doc', docs doctor",
        "'vmlab guest b', build",
        "'vmlab test --jun', --junit",
        "'vmlab --backend k', kvm",
    })
    void bashCompletesByTheScript(String line, String expected) throws IOException, InterruptedException {
        Path script = Files.writeString(
                folder.resolve("completion.bash"),
                Launched.with("completion", "bash").run().out());
        String words = "COMP_WORDS=(" + line + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE='" + line + "'";

        Launched.Result result = Launched.command(
                        "bash",
                        "-c",
                        "source '" + script + "' && " + words
                                + " && _complete_vmlab && printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort | xargs")
                .run();

        assertEquals(expected + "\n", result.out(), result.err());
    }
}
