// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * Markdown as a terminal shows it: paragraphs filled to its width, listings as they are, so that they can be copied. It knows
 * paragraphs, lists with bullets, listings between fences and code between words; of the rest it prints the text.
 */
public final class TerminalMarkdown {
    private static final AttributedStyle LISTING = AttributedStyle.DEFAULT.foreground(AttributedStyle.CYAN);

    private final int width;
    private final AttributedStringBuilder page = new AttributedStringBuilder();

    /** What is not yet known to be complete: code and the comma behind it are one word. */
    private final AttributedStringBuilder word = new AttributedStringBuilder();

    /** What a paragraph's lines begin with, behind the first. */
    private String indent = "";

    private int column;

    private TerminalMarkdown(int width) {
        this.width = width;
    }

    /**
     * The text, without a line end behind the last line.
     *
     * @param width in columns; only a word that is longer goes beyond
     * @param coloured whether code stands out by attributes of the terminal
     */
    public static String shown(String markdown, int width, boolean coloured) {
        TerminalMarkdown terminal = new TerminalMarkdown(width);
        Parser.builder().build().parse(markdown).accept(terminal.new Blocks());
        AttributedString text = terminal.page.toAttributedString();
        return (coloured ? text.toAnsi() : text.toString()).stripTrailing();
    }

    private void begin() {
        if (page.length() > 0) {
            page.append("\n\n");
        }
        column = 0;
    }

    private void lineBreak() {
        page.append('\n').append(indent);
        column = indent.length();
    }

    /** Puts the word behind the last one, on a new line if it has no room there. */
    private void wordEnds() {
        int columns = word.columnLength();
        if (columns == 0) {
            return;
        }
        boolean first = column <= indent.length();
        if (!first && column + 1 + columns > width) {
            lineBreak();
        } else if (!first) {
            page.append(' ');
            column++;
        }
        page.append(word);
        column += columns;
        word.setLength(0);
    }

    private final class Blocks extends AbstractVisitor {
        private boolean inItem;

        @Override
        public void visit(Paragraph paragraph) {
            if (!inItem) {
                begin();
            }
            visitChildren(paragraph);
            wordEnds();
        }

        @Override
        public void visit(BulletList list) {
            begin();
            inItem = true;
            indent = "  ";
            for (Node item = list.getFirstChild(); item != null; item = item.getNext()) {
                page.append(item.getPrevious() == null ? "* " : "\n* ");
                column = indent.length();
                visitChildren(item);
            }
            indent = "";
            inItem = false;
        }

        @Override
        public void visit(FencedCodeBlock block) {
            begin();
            page.append(block.getLiteral().stripTrailing(), LISTING);
        }

        @Override
        public void visit(Text text) {
            String[] words = text.getLiteral().split("\\s+", -1);
            for (int i = 0; i < words.length; i++) {
                if (i > 0) {
                    wordEnds();
                }
                word.append(words[i]);
            }
        }

        @Override
        public void visit(Code code) {
            word.append(code.getLiteral(), AttributedStyle.BOLD);
        }

        @Override
        public void visit(SoftLineBreak softBreak) {
            wordEnds();
        }

        @Override
        public void visit(HardLineBreak hardBreak) {
            wordEnds();
            lineBreak();
        }
    }
}
