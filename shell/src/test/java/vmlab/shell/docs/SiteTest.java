// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small checkout as a site: links, anchors, what is left out, and what is told of links that lead nowhere. */
final class SiteTest {
    @TempDir
    private Path root;

    @BeforeEach
    void aCheckout() throws IOException {
        Files.createDirectories(root.resolve("docs"));
        Files.writeString(root.resolve("LICENSE"), "do what you like");
        page("README.md", "# vmlab\n\n[a](docs/a.md#two-words) [licence](LICENSE) [net](https://example.org/)\n");
        page("docs/a.md", "# A\n\n## Two `words`\n\n[back](../README.md) [here](#two-words) [map](.)\n");
        page("docs/README.md", "# Map\n");
    }

    private void page(String name, String text) throws IOException {
        Files.writeString(root.resolve(name), text);
    }

    private Path written() throws IOException {
        Site site = Site.of(root, "# Commands\n");
        assertEquals(List.of(), site.problems());
        site.write(root.resolve("site"));
        return root.resolve("site");
    }

    private String html(String name) throws IOException {
        return Files.readString(written().resolve(name));
    }

    @Test
    void linksBetweenDocumentsLeadToPages() throws IOException {
        String overview = html("index.html");
        assertTrue(overview.contains("<a href=\"a.html#two-words\">a</a>"), overview);
        assertTrue(overview.contains("<a href=\"files/LICENSE\">"), overview);
        assertTrue(overview.contains("<a href=\"https://example.org/\">"), overview);
        String a = html("a.html");
        assertTrue(a.contains("<h2 id=\"two-words\">"), a);
        assertTrue(a.contains("<a href=\"index.html\">back</a> <a href=\"a.html#two-words\">here</a>"), a);
        assertTrue(a.contains("<a href=\"guide.html\">map</a>"), a);
        assertEquals("do what you like", Files.readString(root.resolve("site/files/LICENSE")));
    }

    @Test
    void everyPageIsListedOnEveryPage() throws IOException {
        for (String name : List.of("index.html", "a.html", "guide.html", "commands.html")) {
            String html = html(name);
            assertTrue(html.contains("<a href=\"a.html\"") && html.contains("<a href=\"commands.html\""), html);
            assertTrue(html.contains("<a href=\"" + name + "\" aria-current=\"page\">"), html);
        }
    }

    @Test
    void linksThatLeadNowhereAreToldWithTheirLines() throws IOException {
        page("docs/a.md", "# A\n\n[gone](gone.md)\n\ntext\n[x](README.md#nothing) [out](../../etc/passwd)\n");
        page("README.md", "# vmlab\n");

        assertEquals(
                List.of(
                        "docs/a.md:3: gone.md isn't there",
                        "docs/a.md:6: docs/README.md has no heading #nothing",
                        "docs/a.md:6: ../../etc/passwd isn't there"),
                Site.of(root, "# Commands\n").problems());
    }

    @Test
    void commentsAndTheTestsWordsAreLeftOut() throws IOException {
        page("docs/a.md", "# A\n## Two words\n<!--\n```groovy\nhidden\n```\n-->\n\n```groovy session\nx < y\n```\n");

        String html = html("a.html");

        assertFalse(html.contains("hidden") || html.contains("session"), html);
        assertTrue(html.contains("<pre class=\"groovy\" tabindex=\"0\"><code>x &lt; y\n</code></pre>"), html);
    }

    @Test
    void hintsAreFolded() throws IOException {
        page("docs/a.md", "# A\n## Two words\nx\n### Hint\none\n### Hint\n*two*\n## Next\ny\n### Hint\nthree\n");

        String html = html("a.html").replaceAll("\\n+", "");

        String first = "<details><summary>Hint 1</summary><p>one</p></details>";
        assertTrue(html.contains(first + "<details><summary>Hint 2</summary><p><em>two</em></p></details><h2"), html);
        assertTrue(html.contains("<details><summary>Hint 1</summary><p>three</p></details></main>"), html);
    }

    @Test
    void whatIsTypedInATranscriptStandsOut() throws IOException {
        page("docs/a.md", "# A\n## Two words\n```console\nvmlab> 6 * 7\n42\n$ ls\n```\n");

        String html = html("a.html");

        assertTrue(html.contains("<i>vmlab&gt; </i><b>6 * 7</b>\n42\n<i>$ </i><b>ls</b>\n"), html);
    }
}
