// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.shell.docs.CommandReference;
import vmlab.shell.docs.Site;

/** The documents as a browser shows them. */
final class SiteInBrowserTest {
    private static final int HIGH = 900;

    /** What is wider than the window, or than the column that it stands in. */
    private static final String TOO_WIDE = """
            (() => {
              const main = document.querySelector("main").getBoundingClientRect();
              return [...document.querySelectorAll("main > *")].filter(e => e.getBoundingClientRect().right > main.right + 1).map(e => e.outerHTML.slice(0, 99))
                .concat(document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} of ${innerWidth}`] : []);
            })()
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void thereIsABrowser() {
        Browser.required();
    }

    @Test
    void everyPageFitsAndNeedsNothingElse() throws IOException {
        TestSurroundings test = new TestSurroundings("", Map.of());
        Path to = folder.resolve("site");
        Site.of(Checkout.root(), CommandReference.markdown(VmlabCommand.commandLine(test.surroundings())))
                .write(to);
        Map<String, String> bad = new TreeMap<>();
        try (Browser browser = Browser.start(Files.createDirectories(folder.resolve("profile")));
                Stream<Path> files = Files.list(to)) {
            List<Path> pages =
                    files.filter(file -> file.toString().endsWith(".html")).toList();
            assertTrue(pages.size() > 20, pages.toString());
            for (Path page : pages) {
                browser.open(page, 1280, HIGH);
                String wide = browser.value(TOO_WIDE).toString();
                browser.size(400, HIGH);
                String elsewhere = browser.requests().stream()
                        .filter(address -> !address.startsWith(to.toUri().toString()))
                        .collect(Collectors.joining(" "));
                String found = wide + browser.value(TOO_WIDE) + elsewhere + browser.complaints();
                if (!found.equals("[][][]")) {
                    bad.put(page.getFileName().toString(), found);
                }
            }
            assertEquals(Map.of(), bad);

            browser.open(to.resolve("lesson-02-hello.html"), 1280, HIGH);
            String hint = "document.querySelector('details p').checkVisibility()";
            assertEquals("false", browser.value(hint).toString(), "a hint is hidden");
            browser.value("document.querySelector('summary').click()");
            assertEquals("true", browser.value(hint).toString(), "until it is asked for");
        }
    }
}
