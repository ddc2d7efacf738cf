// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** The recorded tour is the README's: what {@code scripts/record-tour} has kept can't go stale unseen. */
final class TourTest {
    private static final String AGAIN = "scripts/record-tour records it again";
    private static final Gson GSON = new Gson();
    private static final Path CAST = Checkout.root().resolve("docs/tour.cast");
    private static final Path PICTURE = Checkout.root().resolve("docs/tour.svg");

    /** The last moment of the recording; what stands on the screen, from top to bottom. */
    private static List<String> lastScreen() throws IOException {
        List<String> lines = Files.readAllLines(CAST);
        JsonObject header = GSON.fromJson(lines.get(0), JsonObject.class);
        assertEquals(2, header.get("version").getAsInt());
        ScreenPicture screen = new ScreenPicture(
                header.get("width").getAsInt(), header.get("height").getAsInt());
        for (String line : lines.subList(1, lines.size())) {
            JsonArray event = GSON.fromJson(line, JsonArray.class);
            byte[] printed = event.get(2).getAsString().getBytes(StandardCharsets.UTF_8);
            screen.print(printed, 0, printed.length);
        }
        return screen.text().lines().toList();
    }

    @Test
    void theRecordedTextIsTheReadmesTour() throws IOException {
        String expected = PageBlock.of(Checkout.root().resolve("README.md")).stream()
                .filter(PageBlock::isPromptTranscript)
                .map(PageBlock::text)
                .collect(Collectors.joining());

        List<String> screen = lastScreen();
        String recorded = IntStream.range(0, screen.size())
                .filter(row -> row < screen.size() - 1 || !screen.get(row).contains(" running "))
                .mapToObj(screen::get)
                // What the guest prints meanwhile comes above the prompt, on a terminal only; at last it waits.
                .filter(line -> !line.startsWith("vm0|") && !line.isBlank() && !line.equals("vmlab>"))
                .filter(line -> !line.startsWith("vmlab 0."))
                .collect(Collectors.joining("\n", "", "\n"));

        assertEquals(expected, recorded, AGAIN);
    }

    @Test
    void thePictureEndsAsTheRecordingDoes() throws IOException, ParserConfigurationException, SAXException {
        List<String> recorded =
                lastScreen().stream().filter(line -> !line.isBlank()).toList();

        assertEquals(words(recorded), words(lastTexts()), AGAIN + "; --draw only draws it");
        assertTrue(Files.size(PICTURE) < 100_000, "it is part of a page: " + Files.size(PICTURE) + " octets");
    }

    /** The picture keeps blanks by place. */
    private static List<String> words(List<String> lines) {
        return lines.stream().map(line -> line.replaceAll("\\s+", "")).toList();
    }

    private static List<String> lastTexts() throws IOException, ParserConfigurationException, SAXException {
        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(Files.readString(PICTURE))));
        NodeList texts = svg.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength())
                .mapToObj(i -> (Element) texts.item(i))
                .filter(text -> !text.getAttribute("visibility").equals("hidden"))
                .sorted((a, b) -> Double.compare(y(a), y(b)))
                .map(Element::getTextContent)
                .toList();
    }

    private static double y(Element text) {
        return Double.parseDouble(text.getAttribute("y"));
    }
}
