// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A guest's serial console seen from the host: what it printed, and a keyboard.
 *
 * <p>Octets are ISO 8859-1 characters here unless a method says otherwise. Threads: any.
 */
public final class Console {
    /** Sees output as it comes. */
    @FunctionalInterface
    public interface Listener {
        /** Called on the machine's thread with octets the guest sent, in order; must not wait. */
        void printed(byte[] octets);
    }

    /** Ends a listener. */
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    Console() {}

    /** All the guest has printed (UTF-8 decoded, as sent, {@code \r\n} included), as far as it is kept. */
    public String text() {
        throw new UnsupportedOperationException();
    }

    /** The same in lines, without line ends; the last one may be incomplete. */
    public List<String> lines() {
        throw new UnsupportedOperationException();
    }

    /** The last {@code count} lines that aren't empty. */
    public List<String> lastLines(int count) {
        throw new UnsupportedOperationException();
    }

    /** Octets that are no longer in {@link #text()} because only the newest 4 MB are kept. */
    public long droppedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Waits for output that matches, from behind the last match on; the match is consumed. */
    public ConsoleMatch expect(Pattern pattern, Duration limit) {
        throw new UnsupportedOperationException();
    }

    /** Waits for this text. */
    public ConsoleMatch expect(String text, Duration limit) {
        throw new UnsupportedOperationException();
    }

    /** {@link #expect(Pattern, Duration)} with {@link LabVm#DEFAULT_LIMIT}. */
    public ConsoleMatch expect(Pattern pattern) {
        throw new UnsupportedOperationException();
    }

    /** {@link #expect(String, Duration)} with {@link LabVm#DEFAULT_LIMIT}. */
    public ConsoleMatch expect(String text) {
        throw new UnsupportedOperationException();
    }

    /** Types a line and Enter. */
    public void type(String line) {
        throw new UnsupportedOperationException();
    }

    /** Sends text as it is, in UTF-8. */
    public void send(String raw) {
        throw new UnsupportedOperationException();
    }

    /** Sends octets. */
    public void send(byte[] octets) {
        throw new UnsupportedOperationException();
    }

    /** Has output reported from now on. */
    public Subscription listen(Listener listener) {
        throw new UnsupportedOperationException();
    }
}
