// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Image;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/** A document as a tree, its headings with anchors as GitHub makes them, and at last as HTML. */
final class RenderedPage {
    private static final List<TablesExtension> TABLES = List.of((TablesExtension) TablesExtension.create());
    private static final int LISTED_LEVEL = 2;
    private static final int HINT_LEVEL = 3;

    /**
     * A link as it stands in a document.
     *
     * @param line counted from 1
     */
    record Link(String destination, int line) {}

    private final Page page;
    private final Node document;
    private final Map<Heading, String> anchors = new LinkedHashMap<>();

    RenderedPage(Page page) {
        this.page = Objects.requireNonNull(page);
        document = Parser.builder()
                .extensions(TABLES)
                .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
                .build()
                .parse(page.markdown());
        foldHints();
        document.accept(new Preparation());
    }

    /** A lesson's hints are opened one by one: who reads a step needn't see its solution. */
    private void foldHints() {
        int number = 0;
        Node next;
        for (Node node = document.getFirstChild(); node != null; node = next) {
            next = node.getNext();
            if (node instanceof Heading heading) {
                boolean hint = heading.getLevel() == HINT_LEVEL && text(heading).equals("Hint");
                if (number > 0) {
                    heading.insertBefore(html("</details>"));
                }
                number = hint ? number + 1 : 0;
                if (hint) {
                    heading.insertBefore(html("<details>\n<summary>Hint " + number + "</summary>"));
                    heading.unlink();
                }
            }
        }
        if (number > 0) {
            document.appendChild(html("</details>"));
        }
    }

    private static HtmlBlock html(String literal) {
        HtmlBlock block = new HtmlBlock();
        block.setLiteral(literal);
        return block;
    }

    Page page() {
        return page;
    }

    Set<String> anchors() {
        return Set.copyOf(anchors.values());
    }

    /** The first heading. */
    String title() {
        return anchors.keySet().stream()
                .findFirst()
                .map(RenderedPage::text)
                .orElseGet(() -> page.source().toString());
    }

    /** Replaces every link. */
    void relink(Function<Link, String> target) {
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(org.commonmark.node.Link link) {
                link.setDestination(target.apply(new Link(link.getDestination(), line(link))));
                visitChildren(link);
            }

            @Override
            public void visit(Image image) {
                image.setDestination(target.apply(new Link(image.getDestination(), line(image))));
            }
        });
    }

    private static int line(Node node) {
        return node.getSourceSpans().get(0).getLineIndex() + 1;
    }

    /** The page with the list of all pages beside it. */
    String html(List<RenderedPage> all) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>%s</title>
                <link rel="stylesheet" href="site.css">
                </head>
                <body>
                <a class="skip" href="#page">to the text</a>
                <nav aria-label="Pages">
                %s</nav>
                <main id="page">
                %s</main>
                </body>
                </html>
                """.formatted(
                Html.escaped(title().equals("vmlab") ? "vmlab" : title() + " · vmlab"), navigation(all), body());
    }

    private String navigation(List<RenderedPage> all) {
        Map<String, List<RenderedPage>> groups = all.stream()
                .collect(Collectors.groupingBy(each -> each.page.group(), LinkedHashMap::new, Collectors.toList()));
        StringBuilder html = new StringBuilder();
        groups.forEach((group, pages) -> {
            html.append("<h2>").append(Html.escaped(group)).append("</h2>\n<ul>\n");
            pages.forEach(each -> html.append(entry(each)));
            html.append("</ul>\n");
        });
        return html.toString();
    }

    private String entry(RenderedPage other) {
        String label = other.page.target().equals("index.html") ? "Overview" : other.title();
        return "<li><a href=\"%s\"%s>%s</a>%s</li>\n"
                .formatted(
                        other.page.target(),
                        other == this ? " aria-current=\"page\"" : "",
                        Html.escaped(label),
                        other == this ? sections() : "");
    }

    private String sections() {
        String entries = anchors.entrySet().stream()
                .filter(each -> each.getKey().getLevel() == LISTED_LEVEL)
                .map(each -> "<li><a href=\"#%s\">%s</a></li>\n"
                        .formatted(each.getValue(), Html.escaped(text(each.getKey()))))
                .collect(Collectors.joining());
        return entries.isEmpty() ? "" : "\n<ul>\n" + entries + "</ul>\n";
    }

    private String body() {
        return HtmlRenderer.builder()
                .extensions(TABLES)
                .attributeProviderFactory(context -> (node, tag, attributes) -> {
                    if (node instanceof Heading heading) {
                        attributes.put("id", anchors.get(heading));
                    }
                    if (node instanceof TableBlock && tag.equals("table") && headless(node)) {
                        attributes.put("class", "headless");
                    }
                })
                .nodeRendererFactory(Transcripts::new)
                .build()
                .render(document);
    }

    /** Whether a table's head is empty, as Markdown wants one even where there is nothing to say. */
    private static boolean headless(Node table) {
        return text(table.getFirstChild()).isBlank();
    }

    private static String text(Node node) {
        StringBuilder text = new StringBuilder();
        node.accept(new AbstractVisitor() {
            @Override
            public void visit(Text each) {
                text.append(each.getLiteral());
            }

            @Override
            public void visit(Code code) {
                text.append(code.getLiteral());
            }
        });
        return text.toString();
    }

    /** Gives headings their anchors and takes out what no reader is meant to see: comments, the tests' words for a block. */
    private final class Preparation extends AbstractVisitor {
        private final Map<String, Integer> taken = new HashMap<>();

        @Override
        public void visit(Heading heading) {
            String anchor = text(heading)
                    .strip()
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                    .replace(' ', '-');
            int before = taken.merge(anchor, 1, Integer::sum) - 1;
            anchors.put(heading, before == 0 ? anchor : anchor + "-" + before);
        }

        @Override
        public void visit(HtmlBlock html) {
            if (html.getLiteral().startsWith("<!--")) {
                html.unlink();
            }
        }

        @Override
        public void visit(FencedCodeBlock block) {
            block.setInfo(block.getInfo().split("\\s", 2)[0]);
        }
    }
}
