// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import vmlab.scenario.ScenarioResult;
import vmlab.vmm.HostMistake;

/** Writes what came of a suite, each report in a file of its own. */
public final class Reports {
    private interface Report {
        void write(List<ScenarioResult> results, Writer to) throws IOException, XMLStreamException;
    }

    private Reports() {}

    /** JUnit's XML. */
    public static void junit(List<ScenarioResult> results, Path file) {
        write(results, file, JUnitXml::write);
    }

    /** A page. */
    public static void html(List<ScenarioResult> results, Path file) {
        write(results, file, HtmlReport::write);
    }

    /** The timelines, for Perfetto. */
    public static void trace(List<ScenarioResult> results, Path file) {
        write(results, file, TraceFile::write);
    }

    /** The Test Anything Protocol. */
    public static void tap(List<ScenarioResult> results, Appendable to) throws IOException {
        Tap.write(results, to);
    }

    /** The folder for a failure: {@link FailureBundle}. */
    public static FailureBundle bundle(ScenarioResult result, Path folder, Map<String, String> options) {
        return FailureBundle.write(result, folder, options);
    }

    private static void write(List<ScenarioResult> results, Path file, Report report) {
        try {
            if (file.getParent() != null) {
                Files.createDirectories(file.getParent());
            }
            try (Writer to = Files.newBufferedWriter(file)) {
                report.write(results, to);
            }
        } catch (IOException | XMLStreamException e) {
            throw new HostMistake(file + " can't be written: " + e.getMessage(), "give the path of a file", e);
        }
    }
}
