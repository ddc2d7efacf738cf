// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report of a suite, two of whose scenarios fail, as a browser shows it. */
final class ReportInBrowserTest {
    private static final int WIDE = 1280;
    private static final int NARROW = 420;
    private static final int HIGH = 900;

    private static final String SCENARIO = """
            lab {
                component('Bell') { control; emits 'Ring', 'ring'; run { 30.times { ring_emit() } } }
                component('Ear') { control; consumes 'Ring', 'ring'; run { ring_wait(); println 'ding' } }
                vm(0) { guest_ram_mb = 4; kernel_image = '%s' }
                vm(1) { guest_ram_mb = 4; kernel_image = '%s' }
                composition {
                    component Ear, 'ear'
                    component Bell, 'bell_with_a_name_that_is_longer_than_others'
                    connection seL4Notification, 'sound', from: bell_with_a_name_that_is_longer_than_others.ring, to: ear.ring
                }
            }
            [vm0, vm1].each { it.start() }
            [vm0, vm1].each { it.awaitEnd() }
            eventually(5.seconds) { assert ear.lines() == ['ding'] }
            println '</script><script>console.error(1)</script>' + 'x' * 500
            assert ear.lines().size() == 7
            """;

    /** Siblings of which one lies on another, and what is wider than the window: by their tags and classes. */
    private static final String MISPLACED = """
            (() => {
              const bad = [], box = e => e.getBoundingClientRect(), name = e => `${e.tagName}.${e.className.baseVal ?? e.className}`;
              if (document.documentElement.scrollWidth > innerWidth) bad.push(`the page is ${document.documentElement.scrollWidth} wide`);
              for (const parent of document.querySelectorAll("body, main, p, summary, section, details[open], .consoles, .legend, .timeline")) {
                const all = [...parent.children].map(e => [e, box(e)]).filter(([e, b]) => b.width && b.height);
                all.forEach(([e, b], i) => all.slice(i + 1).forEach(([f, c]) => {
                  if (Math.min(b.right, c.right) - Math.max(b.left, c.left) > 1 && Math.min(b.bottom, c.bottom) - Math.max(b.top, c.top) > 1)
                    bad.push(`${name(e)} lies on ${name(f)}`);
                }));
              }
              return bad;
            })()
            """;

    /** Entries that don't stand where the data say: in their order, on the lane of their instance, with an arrow to the other's. */
    private static final String TIMELINE = """
            (() => {
              const bad = [], r = results.find(each => each.name === "two"), of = document.querySelector(".timeline");
              const middle = e => { const b = e.getBoundingClientRect(); return { x: b.left + b.width / 2, y: b.top + b.height / 2 }; };
              const lane = name => middle([...of.querySelectorAll("li")].find(e => e.textContent === name)).y;
              const marks = [...of.querySelectorAll("circle")], arrows = [...of.querySelectorAll(".arrow")];
              if (marks.length !== r.timeline.length) bad.push(`${marks.length} marks for ${r.timeline.length} entries`);
              const crossing = r.timeline.filter(e => e.kind === "event");
              if (!crossing.length || arrows.length !== crossing.length) bad.push(`${arrows.length} arrows for ${crossing.length} events`);
              r.timeline.forEach((entry, i) => {
                if (Math.abs(middle(marks[i]).y - lane(entry.from)) > 3) bad.push(`entry ${i} isn't on the lane ${entry.from}`);
                if (i && middle(marks[i]).x <= middle(marks[i - 1]).x) bad.push(`entry ${i} isn't behind the one before`);
              });
              arrows.forEach((arrow, i) => {
                const box = arrow.getBoundingClientRect(), ends = [lane(crossing[i].from), lane(crossing[i].to)].sort((a, b) => a - b);
                if (Math.abs(box.top - ends[0]) > 3 || Math.abs(box.bottom - ends[1]) > 3) bad.push(`arrow ${i} goes from ${box.top} to ${box.bottom}, not ${ends}`);
              });
              return bad;
            })()
            """;

    @TempDir
    private static Path folder;

    private static Path page;
    private static Browser browser;

    @BeforeAll
    static void aSuiteHasFailed() throws IOException {
        Browser.required();
        Path scripts = Files.createDirectories(folder.resolve("scripts"));
        String many = "\u001b[1mbold\u001b[0m \u0001\u00ff <b>& 'x' " + "x".repeat(300) + "\n" + "a line\n".repeat(60);
        Path first = BareKernel.write(folder.resolve("first"), many, 4);
        Path second = BareKernel.write(folder.resolve("second"), "hello from the second guest\n", 5);
        Files.writeString(scripts.resolve("two.groovy"), SCENARIO.formatted(first, second));
        Files.writeString(scripts.resolve("good.groovy"), "assert true");
        Files.writeString(scripts.resolve("other.groovy"), "skip 'not here'");
        Files.writeString(scripts.resolve("wrong.groovy"), "lab { vm(0) { kernl = 1 } }");
        page = folder.resolve("report.html");
        TestSurroundings test =
                new TestSurroundings("", Map.of("HOME", folder.toString(), "XDG_STATE_HOME", folder.toString()));
        int status = VmlabCommand.execute(
                test.surroundings(), "test", scripts.toString(), "--html", page.toString(), "--backend", "soft");
        assertEquals(ExitCode.SCENARIO_FAILED.status(), status, test.out() + test.err());
        browser = Browser.start(Files.createDirectories(folder.resolve("profile")));
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void opened() {
        browser.prefer("light");
        browser.open(page, WIDE, HIGH);
    }

    private static void assertNone(String script) {
        JsonArray found = browser.value(script).getAsJsonArray();
        assertTrue(found.isEmpty(), found.toString());
    }

    @Test
    void nothingIsComplainedOfAndNothingIsFetched() {
        assertEquals(
                "1 failed, 1 mistaken, 1 skipped, 1 passed · vmlab",
                browser.value("document.title").getAsString());
        assertEquals(List.of(page.toUri().toString()), browser.requests());
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void theWorstStandsFirstAndIsOpen() {
        assertEquals(
                "[\"two\",\"wrong\",\"other\",\"good\"]",
                browser.value("[...document.querySelectorAll('h2')].map(e => e.textContent)")
                        .toString());
        assertEquals(
                "[true,true,false,false]",
                browser.value("[...document.querySelectorAll('.scenario')].map(e => e.open)")
                        .toString());
    }

    @Test
    void consolesStandSideBySideWhereThereIsRoom() {
        String sections =
                "[...document.querySelectorAll('.consoles section')].slice(0, 2).map(e => e.getBoundingClientRect())";
        String beside = "(([a, b]) => a.top === b.top && a.right < b.left)(" + sections + ")";
        String below = "(([a, b]) => a.bottom <= b.top && a.left === b.left)(" + sections + ")";
        assertEquals(
                "hello from the second guest\n",
                browser.value("document.querySelector('[aria-label=\"console of vm1\"]').textContent")
                        .getAsString());

        assertTrue(browser.value(beside).getAsBoolean());
        browser.size(NARROW, HIGH);
        assertTrue(browser.value(below).getAsBoolean());
    }

    @Test
    void nothingLiesOnAnotherAndThePageNeverScrollsSideways() {
        browser.value("document.querySelectorAll('details').forEach(e => e.open = true)");
        for (int width : List.of(WIDE, 700, NARROW, 320)) {
            browser.size(width, HIGH);
            assertNone(MISPLACED);
        }
    }

    @Test
    void theTimelineIsWhatTheDataSay() {
        assertNone(TIMELINE);
        browser.size(NARROW, HIGH);
        assertNone(TIMELINE);
    }

    @Test
    void theKeyboardReachesAll() {
        browser.press("Tab", 9);
        browser.press("Enter", 13);
        assertEquals("SUMMARY", browser.value("document.activeElement.tagName").getAsString());
        assertEquals(
                "false",
                browser.value("document.querySelector('.scenario').open").toString());
        browser.press("Enter", 13);

        browser.value("document.querySelector('.lanes').focus()");
        browser.press("ArrowRight", 39);
        browser.press("ArrowRight", 39);
        String entry = browser.value("results.find(r => r.name === 'two').timeline[1].text")
                .getAsString();
        String chosen =
                browser.value("document.querySelector('.chosen').textContent").getAsString();
        assertTrue(chosen.endsWith(entry), chosen + " isn't " + entry);
        browser.press("End", 35);
        assertTrue(
                browser.value("document.querySelector('.lanes').scrollLeft > 0").getAsBoolean(),
                "the last is in sight");
    }

    @Test
    void itIsLegibleOnLightAndDark() throws IOException {
        assertDrawn(picture(), 220, 255);
        browser.prefer("dark");
        assertDrawn(picture(), 0, 40);
    }

    private static BufferedImage picture() throws IOException {
        return ImageIO.read(new ByteArrayInputStream(browser.picture()));
    }

    /** That its ground is that bright, and that something is on it. */
    private static void assertDrawn(BufferedImage picture, int darkest, int brightest) {
        assertEquals(WIDE, picture.getWidth());
        int ground = picture.getRGB(2, 2) & 0xFF;
        assertTrue(ground >= darkest && ground <= brightest, "the ground is " + ground);
        int[] pixels = picture.getRGB(0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth());
        long ink = Arrays.stream(pixels)
                .filter(pixel -> Math.abs((pixel & 0xFF) - ground) > 100)
                .count();
        assertTrue(ink > 2000, "only " + ink + " pixels differ from the ground");
    }
}
