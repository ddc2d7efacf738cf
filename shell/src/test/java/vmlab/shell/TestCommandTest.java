// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.SAXException;

/** {@code vmlab test} and {@code vmlab replay} as commands, with scripts that need no guest. */
final class TestCommandTest {
    @TempDir
    private Path folder;

    private Path scripts;
    private TestSurroundings test;

    @BeforeEach
    void begin() throws IOException {
        scripts = Files.createDirectories(folder.resolve("scripts"));
    }

    private int run(String... words) {
        return runWith("", words);
    }

    private int runWith(String input, String... words) {
        test = new TestSurroundings(input, Map.of("HOME", folder.toString(), "XDG_STATE_HOME", folder.toString()));
        return VmlabCommand.execute(test.surroundings(), words);
    }

    private int test(String... options) {
        List<String> words = new ArrayList<>(List.of("test", scripts.toString()));
        words.addAll(List.of(options));
        return run(words.toArray(String[]::new));
    }

    private void script(String name, String text) throws IOException {
        Path file = scripts.resolve(name + ".groovy");
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void whatPassesIsToldAndCounted() throws IOException {
        script("a", "assert 1 + 1 == 2");
        script("deep/b", "assert true");
        assertEquals(0, test(), test.out() + test.err());
        assertTrue(test.out().matches("(?s)passed +(a|deep/b) .*2 passed\\n"), test.out());
    }

    @Test
    void theExitCodeTellsTheWorst() throws IOException {
        script("a", "skip 'not here'");
        assertEquals(ExitCode.ALL_SKIPPED.status(), test());
        script("b", "assert true");
        assertEquals(ExitCode.OK.status(), test());
        script("c", "while (true) { }");
        assertEquals(ExitCode.TIMED_OUT.status(), test("--timeout", "1"));
        script("d", "nosuch()");
        assertEquals(ExitCode.USAGE.status(), test("--timeout", "1"));
        script("e", "assert false");
        assertEquals(ExitCode.SCENARIO_FAILED.status(), test("--timeout", "1"));
        assertTrue(test.out().contains("1 passed, 1 failed, 1 timed out, 1 mistaken, 1 skipped"), test.out());
    }

    @Test
    void theListRunsNothing() throws IOException {
        script("a", "println 'ran'");
        script("b", "println 'ran'");
        assertEquals(0, test("--list"));
        assertEquals("a\nb\n", test.out());
        assertEquals(0, test("--list", "--shard", "2/2"));
        assertEquals("b\n", test.out());
        assertEquals(0, test("--list", "--filter", "^a", "--repeat", "2"));
        assertEquals("a#1\na#2\n", test.out());
    }

    @Test
    void whatIsWrongOnTheCommandLineIsUsage() throws IOException {
        script("a", "assert true");
        assertEquals(2, test("--shard", "3/2"));
        assertTrue(test.err().contains("--shard is I/N"), test.err());
        assertEquals(2, test("--filter", "["));
        assertEquals(2, run("test", folder.resolve("nosuch").toString()));
        assertTrue(test.err().contains("there is no"), test.err());
    }

    @Test
    void theXmlIsWhatCiServersRead() throws IOException, SAXException {
        script("a", "println '\\u0007bell \\u001b[1mbold\\u001b[0m & <tag> ]]>'; assert false : '\\u0000'");
        script("deep/er/b", "skip 'not here'");
        script("c", "nosuch()");
        Path xml = folder.resolve("reports/junit.xml");
        test("--junit", xml.toString());

        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
                .newSchema(TestCommandTest.class.getResource("junit.xsd"))
                .newValidator()
                .validate(new StreamSource(xml.toFile()));
        String text = Files.readString(xml);
        assertTrue(text.contains("tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"1\""), text);
        assertTrue(text.contains("classname=\"vmlab.deep.er\" name=\"b\""), text);
        assertTrue(text.contains("bell bold &amp; &lt;tag&gt;"), text);
    }

    @Test
    void whatAGuestPrintsBreaksNoReport() throws Exception {
        StringBuilder rubbish =
                new StringBuilder("]]></system-out> \u001b]0;title\u0007 \u001b[31mred\u001b[0m </script>");
        for (char octet = 1; octet < 256; octet++) {
            rubbish.append(octet);
        }
        Path kernel = BareKernel.write(folder.resolve("kernel"), rubbish.toString(), 4);
        script("a", """
                lab { vm(0) { guest_ram_mb = 4; kernel_image = '%s' } }
                vm0.start()
                vm0.awaitEnd()
                println vm0.console.text()
                assert false : vm0.console.text()
                """.formatted(kernel));
        Path xml = folder.resolve("junit.xml");
        Path html = folder.resolve("report.html");
        Path trace = folder.resolve("trace.json");

        int status = test(
                "--backend", "soft", "--junit", xml.toString(), "--html", html.toString(), "--trace", trace.toString());

        assertEquals(1, status, test.out() + test.err());
        assertFalse(test.out().matches("(?s).*[\\x00-\\x08\\x0B-\\x1F\\x7F-\\x9F].*"), test.out());
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml.toFile());
        String console = document.getElementsByTagName("system-out").item(0).getTextContent();
        assertTrue(console.contains("]]></system-out> ") && console.contains(" red </script>"), console);
        String page = Files.readString(html);
        assertEquals(1, page.split("</script>", -1).length - 1, "a guest's text ends no element");
        new Gson().fromJson(Files.readString(trace), JsonObject.class);
        for (String report : List.of(Files.readString(xml), page, Files.readString(trace))) {
            assertFalse(report.matches("(?s).*[\\x00-\\x08\\x0B-\\x1F].*"), report);
        }
    }

    @Test
    void aReportThatCantBeWrittenKeepsNothingElseFromBeingTold() throws IOException {
        script("a", "assert false");
        script("b", "assert true");
        Path file = Files.writeString(folder.resolve("file"), "");
        Path xml = folder.resolve("junit.xml");

        int status = test(
                "--html",
                file + "/page.html",
                "--junit",
                xml.toString(),
                "--bundles",
                file + "/bundles",
                "--jobs",
                "1");

        assertEquals(1, status);
        assertTrue(test.err().contains(file + "/page.html can't be written"), test.err());
        assertTrue(test.err().contains("what is known of the failure of a can't be kept"), test.err());
        assertTrue(test.out().contains("1 passed, 1 failed"), test.out());
        assertTrue(Files.exists(xml));
        Files.delete(scripts.resolve("a.groovy"));
        assertEquals(2, test("--html", file + "/page.html"), "passed, but not told where it should be");
    }

    @Test
    void tapIsPrintedAlone() throws IOException {
        script("a", "assert 1 == 2");
        script("b", "skip 'not #here'");
        script("c", "assert true");
        assertEquals(1, test("--tap"));
        List<String> lines = test.out().lines().toList();
        assertEquals(List.of("TAP version 14", "1..3", "not ok 1 - a", "  ---"), lines.subList(0, 4));
        assertTrue(lines.containsAll(List.of("ok 2 - b # SKIP not \\#here", "ok 3 - c")), test.out());
    }

    @Test
    void thePageHoldsAllAndFetchesNothing() throws IOException {
        script("a", "println '</script><b>no</b>'; assert 1 == 2");
        Path html = folder.resolve("report.html");
        test("--html", html.toString());
        String page = Files.readString(html);
        assertEquals(1, page.split("</script>", -1).length - 1, "a script's text ends no element");
        assertTrue(page.contains("assert 1 \\u003d\\u003d 2"), page);
        assertFalse(page.matches("(?s).*(src|href)=.*"), "nothing is fetched");
    }

    @Test
    void theTimelineShowsWhatWentFromOneToAnother() throws IOException {
        script("a", """
                lab {
                    component('Bell') { emits 'Ring', 'ring'; run { ring_emit() } }
                    component('Ear') { consumes 'Ring', 'ring'; run { ring_wait(); println 'ding' } }
                    composition {
                        component Ear, 'ear'
                        component Bell, 'bell'
                        connection seL4Notification, 'sound', from: bell.ring, to: ear.ring
                    }
                }
                eventually(5.seconds) { assert ear.lines() == ['ding'] }
                """);
        Path trace = folder.resolve("trace.json");
        Path html = folder.resolve("report.html");
        assertEquals(0, test("--trace", trace.toString(), "--html", html.toString()), test.out());

        List<JsonObject> events = new ArrayList<>();
        new Gson()
                .fromJson(Files.readString(trace), JsonObject.class)
                .getAsJsonArray("traceEvents")
                .forEach(event -> events.add(event.getAsJsonObject()));
        JsonObject begun = one(events, "s");
        JsonObject ended = one(events, "f");
        assertEquals(begun.get("id"), ended.get("id"));
        assertEquals("bell", threadName(events, begun.get("tid").getAsInt()));
        assertEquals("ear", threadName(events, ended.get("tid").getAsInt()));
        assertTrue(Files.readString(html).contains("\"text\":\"bell.ring ear.ring\""), Files.readString(html));
    }

    private static JsonObject one(List<JsonObject> events, String phase) {
        List<JsonObject> found = events.stream()
                .filter(event -> event.get("ph").getAsString().equals(phase))
                .toList();
        assertEquals(1, found.size(), events.toString());
        return found.get(0);
    }

    private static String threadName(List<JsonObject> events, int thread) {
        return events.stream()
                .filter(event -> event.get("name").getAsString().equals("thread_name")
                        && event.get("tid").getAsInt() == thread)
                .map(event -> event.getAsJsonObject("args").get("name").getAsString())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aFailureOpensAgainAtItsLine() throws IOException {
        script("a", "def answer = 6 * 7 + seed\nassert answer == 0\nprintln 'never'");
        assertEquals(1, test("--seed", "5"));
        String told = test.out()
                .lines()
                .filter(line -> line.contains("vmlab replay "))
                .findFirst()
                .orElseThrow();
        String bundle = told.replaceFirst(".*vmlab replay ", "");
        assertTrue(Files.readString(Path.of(bundle, "told.txt")).contains("answer == 0"));

        assertEquals(0, runWith("answer\n", "replay", bundle), test.out() + test.err());
        assertTrue(test.err().contains("scenario.groovy:2:1: the assertion failed"), test.err());
        assertEquals("47\n", test.out());
    }

    @Test
    void aFolderThatIsNoBundleIsNamed() {
        assertEquals(2, run("replay", folder.toString()));
        assertTrue(test.err().contains("isn't what vmlab test keeps"), test.err());
    }
}
