// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.jline.builtins.ScreenTerminal;
import org.jline.terminal.Size;

/** What a person sees of what is printed to a terminal of some size: JLine's terminal in a terminal. One thread at a time. */
final class ScreenPicture {
    private final ScreenTerminal screen;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final ByteBuffer octets = ByteBuffer.allocate(1 << 16);
    private Size size;

    ScreenPicture(int columns, int rows) {
        size = new Size(columns, rows);
        screen = new ScreenTerminal(columns, rows);
    }

    Size size() {
        return size;
    }

    void resize(int columns, int rows) {
        size = new Size(columns, rows);
        screen.setSize(columns, rows);
    }

    /** A character of several octets may come in parts. */
    void print(byte[] chunk, int offset, int length) {
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, octets.remaining());
            octets.put(chunk, offset + done, part).flip();
            CharBuffer text = CharBuffer.allocate(octets.remaining());
            decoder.decode(octets, text, false);
            octets.compact();
            // JLine's screen forgets that a full line was left when the cursor is put back (DECRC of the VT100).
            screen.write(text.flip().toString().replace("\u001b8", "\r\u001b8"));
            done += part;
        }
    }

    /** Its lines, without the blanks at their ends. */
    String text() {
        return screen.toString().lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
    }
}
