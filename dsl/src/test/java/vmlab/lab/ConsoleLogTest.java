// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleLogTest {
    private final ConsoleLog log = new ConsoleLog();

    private void append(byte... octets) {
        for (byte octet : octets) {
            log.append(octet & 0xFF);
        }
    }

    @Test
    void theNewestFourMegabytesAreKeptAndTheRestIsSaidToBeGone() {
        byte[] line = "0123456789abcde\n".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 5 << 16; i++) {
            append(line);
        }
        append("the end".getBytes(StandardCharsets.US_ASCII));
        assertEquals((5 << 20) + 7, log.end(), "positions go on counting");
        assertEquals(1 << 20, log.start());
        assertTrue(log.text().startsWith("[the oldest 1048576 characters are no longer kept]\n0123"), "said so");
        assertTrue(log.text().endsWith("abcde\nthe end"));
        assertEquals('e', log.charAt(log.end() - 5));
        assertEquals('\0', log.charAt(5));
        assertEquals("the end", log.between(log.end() - 7, log.end()));
        assertEquals(List.of("0123456789abcde", "the end"), log.lastLines(2));
    }

    @Test
    void whatIsNoUtf8IsReplacedAndWhatFollowsIsRead() {
        append((byte) 0xC3, (byte) 'x', (byte) 0xFF, (byte) 0xE2, (byte) 0x82, (byte) 0xAC, (byte) '!');
        assertEquals("\uFFFDx\uFFFD€!", log.text());
    }

    @Test
    void charactersBeyondSixteenBitsArePairs() {
        append("😀".getBytes(StandardCharsets.UTF_8));
        assertEquals("😀", log.text());
        assertEquals(2, log.end());
    }

    @Test
    void theLastLineBeginsBehindTheLastLineEnd() {
        append("one\r\ntwo".getBytes(StandardCharsets.US_ASCII));
        assertEquals(5, log.lastLineStart());
        append((byte) '\n');
        assertEquals(log.end(), log.lastLineStart());
    }
}
