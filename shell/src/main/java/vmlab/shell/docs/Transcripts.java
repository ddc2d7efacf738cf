// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Node;
import org.commonmark.renderer.NodeRenderer;
import org.commonmark.renderer.html.HtmlNodeRendererContext;
import org.commonmark.renderer.html.HtmlWriter;

/** Code blocks, with what was typed in a transcript told apart from what was answered. */
final class Transcripts implements NodeRenderer {
    private static final Pattern TYPED = Pattern.compile("(vmlab> | {4}\\.\\.\\.> |java> |\\$ )(.*)");

    private final HtmlWriter html;

    Transcripts(HtmlNodeRendererContext context) {
        html = context.getWriter();
    }

    @Override
    public Set<Class<? extends Node>> getNodeTypes() {
        return Set.of(FencedCodeBlock.class);
    }

    @Override
    public void render(Node node) {
        FencedCodeBlock block = (FencedCodeBlock) node;
        html.line();
        html.tag("pre", new TreeMap<>(Map.of("class", block.getInfo(), "tabindex", "0")));
        html.tag("code");
        if (block.getInfo().equals("console")) {
            block.getLiteral().lines().forEach(this::line);
        } else {
            html.text(block.getLiteral());
        }
        html.tag("/code");
        html.tag("/pre");
        html.line();
    }

    private void line(String line) {
        Matcher typed = TYPED.matcher(line);
        if (typed.matches()) {
            element("i", typed.group(1));
            element("b", typed.group(2));
            html.raw("\n");
        } else {
            html.text(line + "\n");
        }
    }

    private void element(String name, String text) {
        html.tag(name);
        html.text(text);
        html.tag("/" + name);
    }
}
