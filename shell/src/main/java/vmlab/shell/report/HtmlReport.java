// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import vmlab.lab.Timeline;
import vmlab.scenario.ScenarioResult;

/**
 * The results as a page: one file without anything it would have to fetch. What happened is data in it; {@code report.html}
 * is the page that draws it.
 */
final class HtmlReport {
    private static final String PLACE = "\"DATA\"";
    /** So many entries of a timeline are drawn, the newest: more than that nobody looks at, and a browser slows down. */
    private static final int DRAWN = 2000;

    private HtmlReport() {}

    static void write(List<ScenarioResult> results, Writer to) throws IOException {
        String page = template();
        int at = page.indexOf(PLACE);
        to.write(page.substring(0, at));
        // Gson writes <, > and & as \\u003c and so on, so no text of a guest ends the script element.
        new Gson().toJson(results.stream().map(HtmlReport::data).toList(), to);
        to.write(page.substring(at + PLACE.length()));
    }

    private static Map<String, Object> data(ScenarioResult result) {
        List<Timeline.Entry> newest = newest(result.timeline());
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("name", result.scenario().name());
        data.put("file", result.scenario().file().toString());
        data.put("seed", result.scenario().seed());
        data.put("outcome", result.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        data.put("told", Text.clean(result.told()));
        data.put("seconds", result.took().toMillis() / 1e3);
        data.put("printed", Text.clean(result.printed()));
        data.put("guests", result.guests().stream().map(HtmlReport::data).toList());
        data.put("lanes", TraceFile.lanes(newest));
        data.put("timeline", newest.stream().map(HtmlReport::data).toList());
        data.put("recorded", result.timeline().size());
        return data;
    }

    private static List<Timeline.Entry> newest(List<Timeline.Entry> all) {
        return all.subList(Math.max(0, all.size() - DRAWN), all.size());
    }

    private static Map<String, Object> data(Timeline.Entry entry) {
        return Map.of(
                "at", entry.nanos() / 1e9,
                "kind", entry.kind().name().toLowerCase(Locale.ROOT),
                "from", TraceFile.lane(entry.source()),
                "to", TraceFile.lane(entry.sink()),
                "text", Text.clean((entry.source() + " " + entry.sink() + " " + entry.detail()).strip()));
    }

    private static Map<String, Object> data(ScenarioResult.GuestRecord guest) {
        return Map.of(
                "name", guest.name(),
                "backend", guest.backend(),
                "seconds", guest.time().toNanos() / 1e9,
                "console", Text.clean(guest.console()),
                "events", guest.events().stream().map(Text::clean).toList());
    }

    private static String template() throws IOException {
        try (InputStream page = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.html"))) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
