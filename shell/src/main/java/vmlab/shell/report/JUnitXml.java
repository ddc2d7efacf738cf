// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.report;

import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import vmlab.scenario.ScenarioResult;
import vmlab.scenario.ScenarioResult.Outcome;

/**
 * The results as JUnit's XML, as CI servers read it: a suite, a case for each scenario, {@code failure} for what a
 * scenario has found out, {@code error} for what kept it from that.
 *
 * @spec the format of Ant's JUnit task, as Jenkins and GitLab document what they read
 */
final class JUnitXml {
    private static final Map<Outcome, String> ELEMENTS = Map.of(
            Outcome.FAILED,
            "failure",
            Outcome.TIMED_OUT,
            "error",
            Outcome.MISTAKEN,
            "error",
            Outcome.SKIPPED,
            "skipped");

    private JUnitXml() {}

    static void write(List<ScenarioResult> results, Writer to) throws XMLStreamException {
        XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(to);
        xml.writeStartDocument("UTF-8", "1.0");
        xml.writeCharacters("\n");
        xml.writeStartElement("testsuites");
        writeCounts(xml, results);
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", "vmlab");
        writeCounts(xml, results);
        for (ScenarioResult result : results) {
            writeCase(xml, result);
        }
        xml.writeEndElement();
        xml.writeEndElement();
        xml.writeEndDocument();
        xml.flush();
    }

    private static void writeCounts(XMLStreamWriter xml, List<ScenarioResult> results) throws XMLStreamException {
        Map<String, Long> counts = results.stream()
                .filter(result -> ELEMENTS.containsKey(result.outcome()))
                .collect(Collectors.groupingBy(result -> ELEMENTS.get(result.outcome()), Collectors.counting()));
        xml.writeAttribute("tests", String.valueOf(results.size()));
        xml.writeAttribute("failures", String.valueOf(counts.getOrDefault("failure", 0L)));
        xml.writeAttribute("errors", String.valueOf(counts.getOrDefault("error", 0L)));
        xml.writeAttribute("skipped", String.valueOf(counts.getOrDefault("skipped", 0L)));
        xml.writeAttribute(
                "time", seconds(results.stream().map(ScenarioResult::took).reduce(Duration.ZERO, Duration::plus)));
    }

    private static void writeCase(XMLStreamWriter xml, ScenarioResult result) throws XMLStreamException {
        xml.writeCharacters("\n  ");
        xml.writeStartElement("testcase");
        String name = result.scenario().name();
        int slash = name.lastIndexOf('/');
        xml.writeAttribute(
                "classname",
                slash < 0 ? "vmlab" : "vmlab." + name.substring(0, slash).replace('/', '.'));
        xml.writeAttribute("name", name.substring(slash + 1));
        xml.writeAttribute("time", seconds(result.took()));
        if (ELEMENTS.containsKey(result.outcome())) {
            xml.writeStartElement(ELEMENTS.get(result.outcome()));
            xml.writeAttribute("message", Text.clean(result.summary()));
            if (result.outcome() != Outcome.SKIPPED) {
                xml.writeAttribute("type", result.outcome().name().toLowerCase(Locale.ROOT));
                xml.writeCharacters(Text.clean(result.told()));
            }
            xml.writeEndElement();
        }
        writeOutput(xml, result);
        xml.writeEndElement();
    }

    private static void writeOutput(XMLStreamWriter xml, ScenarioResult result) throws XMLStreamException {
        StringBuilder output = new StringBuilder(result.printed());
        result.guests()
                .forEach(guest -> output.append("\n== ")
                        .append(guest.name())
                        .append("'s console\n")
                        .append(guest.console()));
        if (!output.isEmpty()) {
            xml.writeStartElement("system-out");
            xml.writeCharacters(Text.clean(output.toString()));
            xml.writeEndElement();
        }
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.3f", time.toNanos() / 1e9);
    }
}
