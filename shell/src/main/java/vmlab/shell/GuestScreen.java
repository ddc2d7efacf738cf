// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.lab.Console;

/**
 * Copies a guest's console to a stream as it is, on a thread of its own: a terminal that is held must not hold the
 * machine.
 */
final class GuestScreen implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestScreen.class);

    /** Recent output shown first when somebody attaches to a running guest. */
    private static final int RECENT_CHARS = 2000;

    private static final byte[] END = {};
    private static final int TRIES = 10;

    private final OutputStream screen;
    private final Runnable onGone;
    private final BlockingQueue<byte[]> chunks = new LinkedBlockingQueue<>();
    private final Console.Subscription subscription;
    private final Thread writer = new Thread(this::write, "guest-screen");

    /** Shows what the guest prints from now on; {@code onGone} is called if nobody reads it any more. */
    static GuestScreen fromNow(Console console, OutputStream screen, Runnable onGone) {
        GuestScreen guestScreen = new GuestScreen(console, screen, onGone);
        guestScreen.writer.start();
        return guestScreen;
    }

    /** Shows what it printed lately, made safe, and then what it prints. */
    static GuestScreen withRecent(Console console, OutputStream screen) throws IOException {
        GuestScreen guestScreen = new GuestScreen(console, screen, () -> {});
        screen.write(guestScreen.recent(console).getBytes(StandardCharsets.UTF_8));
        screen.flush();
        guestScreen.writer.start();
        return guestScreen;
    }

    private GuestScreen(Console console, OutputStream screen, Runnable onGone) {
        this.screen = Objects.requireNonNull(screen);
        this.onGone = Objects.requireNonNull(onGone);
        writer.setDaemon(true);
        subscription = console.listen(chunks::add);
    }

    /** Taken again while output comes in, so that nothing is shown twice or left out. */
    private String recent(Console console) {
        String text = console.text();
        for (int i = 0; i < TRIES && !chunks.isEmpty(); i++) {
            chunks.clear();
            text = console.text();
        }
        String end = text.substring(Math.max(0, text.length() - RECENT_CHARS));
        int lineStart = end.length() < text.length() ? end.indexOf('\n') + 1 : 0;
        StringBuilder safe = new StringBuilder();
        for (String part : end.substring(lineStart).split("(?<=\n)")) {
            String line = part.replaceAll("[\r\n]+$", "");
            safe.append(TerminalText.line(line)).append(line.length() < part.length() ? "\r\n" : "");
        }
        return safe.toString();
    }

    private void write() {
        try {
            byte[] chunk = chunks.take();
            while (chunk != END) {
                screen.write(chunk);
                if (chunks.isEmpty()) {
                    screen.flush();
                }
                chunk = chunks.take();
            }
            screen.flush();
        } catch (IOException e) {
            LOG.info("the output is gone", e);
            onGone.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it when all that has come is written. */
    @Override
    public void close() {
        subscription.close();
        chunks.add(END);
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
