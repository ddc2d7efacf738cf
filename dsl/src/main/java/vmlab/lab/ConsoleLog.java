// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a guest has printed, decoded from UTF-8 as it comes, the newest part of it.
 *
 * <p>Positions count characters since power-on, so they stay good when old text is dropped. Threads: {@link #append} and
 * {@link #charAt} belong to the machine's thread; the other methods may be called from any.
 */
final class ConsoleLog {
    /** So much is kept at least, in characters. */
    static final int KEPT = 4 << 20;

    /** So much is dropped at once: moving four megabytes for every character would cost more than the guest. */
    private static final int DROPPED_AT_ONCE = 1 << 20;

    /** Where {@link #lastLines} looks: enough for any number of lines a message shows. */
    private static final int TAIL = 64 << 10;

    /** Escape sequences of terminals (ECMA-48, 5.4 and 5.5) and control characters, which lines for people don't need. */
    private static final Pattern CONTROLS =
            Pattern.compile("\\x1B\\[[0-?]*[ -/]*[@-~]|\\x1B[@-Z\\\\-_]|[\\x00-\\x08\\x0B-\\x1F\\x7F]");

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final ByteBuffer undecoded = ByteBuffer.allocate(8);
    private final CharBuffer decoded = CharBuffer.allocate(8);

    /** Guarded by this log's monitor for writing and for other threads' reading. */
    private final StringBuilder text = new StringBuilder();

    private long dropped;

    /**
     * All of it.
     *
     * @param undecoded octets of a character that isn't whole yet
     */
    record State(String text, long dropped, byte[] undecoded) {}

    /** For the machine's thread, as {@link #restore}. */
    synchronized State state() {
        return new State(text.toString(), dropped, Arrays.copyOf(undecoded.array(), undecoded.position()));
    }

    synchronized void restore(State state) {
        text.setLength(0);
        text.append(state.text);
        dropped = state.dropped;
        undecoded.clear();
        undecoded.put(state.undecoded);
    }

    void append(int octet) {
        if (undecoded.position() == 0 && octet < 0x80) {
            append((char) octet);
            return;
        }
        undecoded.put((byte) octet).flip();
        decoder.decode(undecoded, decoded, false);
        undecoded.compact();
        decoded.flip();
        while (decoded.hasRemaining()) {
            append(decoded.get());
        }
        decoded.clear();
    }

    private synchronized void append(char c) {
        text.append(c);
        if (text.length() >= KEPT + DROPPED_AT_ONCE) {
            text.delete(0, DROPPED_AT_ONCE);
            dropped += DROPPED_AT_ONCE;
        }
    }

    /** The character there; NUL if it isn't kept any more. */
    char charAt(long position) {
        return position < dropped ? '\0' : text.charAt((int) (position - dropped));
    }

    /** The position behind the last character. */
    synchronized long end() {
        return dropped + text.length();
    }

    /** The position of the first character that is kept, which is how many were dropped. */
    synchronized long start() {
        return dropped;
    }

    /** The text between two positions, as far as it is kept. */
    synchronized String between(long from, long to) {
        int first = (int) Math.max(0, from - dropped);
        return text.substring(first, Math.max(first, (int) (to - dropped)));
    }

    /** The position of the first character of the last line, which is the end if the text ends in a line end. */
    synchronized long lastLineStart() {
        return dropped + text.lastIndexOf("\n") + 1;
    }

    synchronized String text() {
        return dropped == 0 ? text.toString() : "[the oldest " + dropped + " characters are no longer kept]\n" + text;
    }

    List<String> lines() {
        return lines(text());
    }

    List<String> lastLines(int count) {
        long end = end();
        List<String> lines = new ArrayList<>(lines(between(end - TAIL, end)));
        lines.removeIf(String::isBlank);
        return List.copyOf(lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }

    /** A text in lines without what people don't need. */
    static List<String> lines(String text) {
        return CONTROLS.matcher(text).replaceAll("").lines().toList();
    }
}
