// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.Node;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;

/**
 * A code block of a Markdown page, or one that is hidden in a comment because readers needn't see it.
 *
 * @param line of its first line of text, from 1
 * @param language the first word behind the fence; empty if it has none or is only indented
 * @param words what stands behind it, for the tests
 */
record PageBlock(Path page, int line, String language, List<String> words, String text) {
    private static final Pattern HIDDEN = Pattern.compile("(?ms)^```(.*?)\\n(.*?)^```$");

    /** The blocks of a page, from top to bottom. */
    static List<PageBlock> of(Path page) throws IOException {
        List<PageBlock> blocks = new ArrayList<>();
        Parser.builder()
                .includeSourceSpans(IncludeSourceSpans.BLOCKS)
                .build()
                .parse(Files.readString(page))
                .accept(new AbstractVisitor() {
                    @Override
                    public void visit(FencedCodeBlock block) {
                        blocks.add(block(page, lineOf(block) + 1, block.getInfo(), block.getLiteral()));
                    }

                    @Override
                    public void visit(IndentedCodeBlock block) {
                        blocks.add(block(page, lineOf(block), "", block.getLiteral()));
                    }

                    @Override
                    public void visit(HtmlBlock html) {
                        Matcher hidden = HIDDEN.matcher(html.getLiteral());
                        while (html.getLiteral().startsWith("<!--") && hidden.find()) {
                            int before = (int) html.getLiteral()
                                    .substring(0, hidden.start(2))
                                    .chars()
                                    .filter(c -> c == '\n')
                                    .count();
                            blocks.add(block(page, lineOf(html) + before, hidden.group(1), hidden.group(2)));
                        }
                    }
                });
        return blocks;
    }

    private static int lineOf(Node node) {
        return node.getSourceSpans().get(0).getLineIndex() + 1;
    }

    private static PageBlock block(Path page, int line, String info, String text) {
        String[] words = info.strip().split("\\s+");
        return new PageBlock(page, line, words[0], List.of(words).subList(1, words.length), text);
    }

    /** Whether it goes on where the page's session is. */
    boolean inSession() {
        return language.equals("groovy") && words.contains("session");
    }

    /** Whether its commands are typed in the folder of the page's files. */
    boolean isApart() {
        return words.contains("apart");
    }

    boolean isPromptTranscript() {
        return language.equals("console") && text.startsWith("vmlab> ");
    }

    /** The file that it is the text of. */
    Optional<String> file() {
        return value("file");
    }

    /** What not every machine has. */
    Optional<String> need() {
        return value("needs");
    }

    private Optional<String> value(String name) {
        return words.stream()
                .filter(word -> word.startsWith(name + "="))
                .map(word -> word.substring(name.length() + 1))
                .findFirst();
    }

    /** Where it stands, to be clicked at. */
    String place() {
        return page.getFileName() + ":" + line;
    }
}
