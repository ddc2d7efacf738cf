// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Markdown on a terminal: filled paragraphs, listings as they are. */
final class TerminalMarkdownTest {
    private static String shown(String markdown, int width) {
        return TerminalMarkdown.shown(markdown, width, false);
    }

    @Test
    void paragraphsAreFilledAndNoWordIsTornApart() {
        assertEquals("one two\nthree four\nfive", shown("one\ntwo three four five", 10));
        assertEquals("a\n\nb", shown("a\n\n\nb\n", 80));
        assertEquals("an incomprehensibility\nof it", shown("an incomprehensibility of it", 22));
    }

    @Test
    void codeAndThePunctuationAroundItAreOneWord() {
        assertEquals("say\n(lab { }),\nthen", shown("say (`lab { }`), then", 10));
        assertEquals("`argc` is `n`".replace("`", ""), shown("`argc` is `n`", 80));
    }

    @Test
    void aListingIsNotTouched() {
        String listing = "hello: hello.o\n\t$(CC)  $(CFLAGS) and more than fits";
        assertEquals(
                "write\n\n" + listing + "\n\nand so on",
                shown("write\n\n```make\n" + listing + "\n```\n\nand so\non", 12));
    }

    @Test
    void bulletsStandBeforeTheirText() {
        assertEquals(
                "such:\n\n* one two\n  three\n* four\n\nend", shown("such:\n\n* one two three\n* four\n\nend", 10));
    }

    @Test
    void wideCharactersTakeTwoColumns() {
        assertEquals("日本 日本\n語", shown("日本 日本 語", 10));
    }

    @Test
    void codeStandsOutWhereColoursAreWanted() {
        assertEquals("a \u001b[1mb\u001b[0m c", TerminalMarkdown.shown("a `b` c", 80, true));
    }
}
