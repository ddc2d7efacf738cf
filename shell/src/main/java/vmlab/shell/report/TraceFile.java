// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import vmlab.lab.Timeline;
import vmlab.scenario.ScenarioResult;

/**
 * The timelines as a file for Perfetto and Chrome's tracing page: a process for each scenario, a thread for each VM and
 * component, an instant for what happened there, a flow for what went from one to another. Times are guest time.
 *
 * @spec Trace Event Format: metadata, instant, complete and flow events
 */
final class TraceFile {
    /** So long an entry is drawn, in microseconds: flows bind to slices only. */
    private static final double DRAWN_MICROS = 1;

    private final JsonWriter json;
    private int flows;

    private TraceFile(JsonWriter json) {
        this.json = json;
    }

    static void write(List<ScenarioResult> results, Writer to) throws IOException {
        JsonWriter json = new JsonWriter(to);
        TraceFile file = new TraceFile(json);
        json.beginObject()
                .name("displayTimeUnit")
                .value("ns")
                .name("traceEvents")
                .beginArray();
        for (int i = 0; i < results.size(); i++) {
            file.write(i + 1, results.get(i));
        }
        json.endArray().endObject().flush();
    }

    private void write(int process, ScenarioResult result) throws IOException {
        name("process_name", process, 0, result.scenario().name());
        List<String> lanes = new ArrayList<>(lanes(result.timeline()));
        for (int lane = 0; lane < lanes.size(); lane++) {
            name("thread_name", process, lane, lanes.get(lane));
        }
        for (Timeline.Entry entry : result.timeline()) {
            int from = lanes.indexOf(lane(entry.source()));
            slice(process, from, entry);
            if (!entry.sink().isEmpty() && lanes.contains(lane(entry.sink()))) {
                int to = lanes.indexOf(lane(entry.sink()));
                if (to != from) {
                    slice(process, to, entry);
                    flows++;
                    flow("s", process, from, entry);
                    flow("f", process, to, entry);
                }
            }
        }
    }

    /** The instances that have part in a timeline, in the order they appear. */
    static List<String> lanes(List<Timeline.Entry> timeline) {
        return timeline.stream()
                .flatMap(TraceFile::instances)
                .map(TraceFile::lane)
                .distinct()
                .toList();
    }

    /** Only events end at an instance; what a call has there is a method. */
    private static Stream<String> instances(Timeline.Entry entry) {
        boolean event = entry.kind() == Timeline.Kind.EVENT || entry.kind() == Timeline.Kind.DROPPED;
        return event && !entry.sink().isEmpty() ? Stream.of(entry.source(), entry.sink()) : Stream.of(entry.source());
    }

    /** The instance of an interface: {@code vm0} of {@code vm0.do_print}. */
    static String lane(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    private void name(String what, int process, int thread, String name) throws IOException {
        begin("M", what, process, thread);
        json.name("args")
                .beginObject()
                .name("name")
                .value(Text.clean(name))
                .endObject()
                .endObject();
    }

    private void slice(int process, int thread, Timeline.Entry entry) throws IOException {
        String title = entry.kind().name().toLowerCase(Locale.ROOT) + " " + entry.source()
                + (entry.sink().isEmpty() ? "" : " → " + entry.sink());
        begin("X", title, process, thread);
        json.name("ts").value(micros(entry)).name("dur").value(DRAWN_MICROS);
        json.name("args")
                .beginObject()
                .name("detail")
                .value(Text.clean(entry.detail()))
                .endObject()
                .endObject();
    }

    private void flow(String phase, int process, int thread, Timeline.Entry entry) throws IOException {
        begin(phase, "event", process, thread);
        json.name("ts").value(micros(entry)).name("id").value(flows).name("cat").value("event");
        if (phase.equals("f")) {
            json.name("bp").value("e");
        }
        json.endObject();
    }

    private void begin(String phase, String name, int process, int thread) throws IOException {
        json.beginObject().name("ph").value(phase).name("name").value(name);
        json.name("pid").value(process).name("tid").value(thread);
    }

    private static double micros(Timeline.Entry entry) {
        return entry.nanos() / 1e3;
    }
}
