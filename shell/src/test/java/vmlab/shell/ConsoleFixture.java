// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.terminal.impl.DumbTerminal;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;

/**
 * The real prompt on a dumb terminal with fixed streams, or on a pseudo-terminal that is looked at as a person does. The
 * terminal is made directly: JLine's builder might attach the one the tests were started on.
 */
final class ConsoleFixture implements AutoCloseable {
    private static final long LIMIT_SECONDS = 20;

    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream() {
        @Override
        public synchronized void write(byte[] octets, int offset, int length) {
            super.write(octets, offset, length);
            picture.ifPresent(p -> p.print(octets, offset, length));
            notifyAll();
        }

        @Override
        public synchronized void write(int octet) {
            write(new byte[] {(byte) octet}, 0, 1);
        }
    };
    private final Optional<ScreenPicture> picture;
    private final Terminal terminal;
    private final Lab lab = EchoGuest.lab();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private int seen;

    ConsoleFixture(Path state, String type) throws IOException {
        this(Map.of("XDG_STATE_HOME", state.toString(), "HOME", state.toString(), "TERM", type), Optional.empty());
    }

    /** On a terminal of that size, where {@link #picture} is what a person sees. */
    static ConsoleFixture seen(Path state, int columns, int rows, Map<String, String> environment) throws IOException {
        Map<String, String> all =
                new HashMap<>(Map.of("XDG_STATE_HOME", state.toString(), "HOME", state.toString(), "TERM", "xterm"));
        all.putAll(environment);
        return new ConsoleFixture(all, Optional.of(new ScreenPicture(columns, rows)));
    }

    private ConsoleFixture(Map<String, String> environment, Optional<ScreenPicture> picture) throws IOException {
        this.picture = picture;
        String type = environment.get("TERM");
        InputStream keys = new PipedInputStream(keyboard, 1 << 16);
        terminal =
                picture.isPresent() ? pseudoTerminal(type, keys, picture.get().size()) : dumbTerminal(type, keys);
        Surroundings surroundings = new Surroundings(
                terminal.input(),
                new PrintStream(screen, true, StandardCharsets.UTF_8),
                new PrintStream(screen, true, StandardCharsets.UTF_8),
                environment,
                true,
                true,
                true);
        ScriptOutput output = new ScriptOutput(new PrintWriter(surroundings.out(), true));
        ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(output, true));
        Thread prompt = new Thread(
                () -> {
                    try {
                        ended.complete(Prompt.onTerminal(terminal, GroovyStart.of(runner), output, surroundings));
                    } catch (RuntimeException | Error e) {
                        ended.completeExceptionally(e);
                    }
                },
                "prompt");
        prompt.setDaemon(true);
        prompt.start();
        shows("vmlab> ");
    }

    private Terminal dumbTerminal(String type, InputStream keys) throws IOException {
        Terminal dumb = new DumbTerminal("test", type, keys, screen, StandardCharsets.UTF_8);
        dumb.setSize(new Size(200, 50));
        Attributes attributes = dumb.getAttributes();
        attributes.setControlChar(Attributes.ControlChar.VEOF, 4);
        dumb.setAttributes(attributes);
        return dumb;
    }

    private Terminal pseudoTerminal(String type, InputStream keys, Size size) throws IOException {
        return TerminalBuilder.builder()
                .streams(keys, screen)
                .type(type)
                .encoding(StandardCharsets.UTF_8)
                .size(size)
                .build();
    }

    /** Waits until the screen is so; gives it, as lines. */
    String picture(String what, Predicate<String> isSo) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (screen) {
            String seenNow = picture.orElseThrow().text();
            while (!isSo.test(seenNow)) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("not seen: " + what + "\nbut:\n" + seenNow);
                }
                try {
                    screen.wait(left);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                seenNow = picture.orElseThrow().text();
            }
            return seenNow;
        }
    }

    /** The user pulls at the window. */
    ConsoleFixture resize(int columns, int rows) {
        synchronized (screen) {
            picture.orElseThrow().resize(columns, rows);
        }
        terminal.setSize(new Size(columns, rows));
        terminal.raise(Terminal.Signal.WINCH);
        return this;
    }

    ConsoleFixture type(String keys) {
        try {
            keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    ConsoleFixture line(String text) {
        return type(text + "\r");
    }

    ConsoleFixture ctrlC() {
        terminal.raise(Terminal.Signal.INT);
        return this;
    }

    Lab lab() {
        return lab;
    }

    /** What is on the screen without the sequences that place it there, a begun one at the end included. */
    private String words() {
        return all().replaceAll("\u001b\\[[0-9;?]*[A-Za-z]|\u001b[=>]|\u001b(\\[[0-9;?]*)?$|\u0007", "");
    }

    /** Waits until this is on the screen, behind what the last call found; gives what came before it. */
    String shows(String text) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (screen) {
            int at = words().indexOf(text, seen);
            while (at < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || ended.isDone()) {
                    throw new AssertionError("not shown: " + text + "\nbut: " + all());
                }
                try {
                    screen.wait(left);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                at = words().indexOf(text, seen);
            }
            String before = words().substring(seen, at);
            seen = at + text.length();
            return before;
        }
    }

    /** All that is on the screen. */
    String all() {
        return screen.toString(StandardCharsets.UTF_8);
    }

    /** Waits for the prompt's end. */
    int status() {
        try {
            return ended.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(all(), e);
        }
    }

    @Override
    public void close() throws IOException {
        keyboard.close();
        lab.close();
        terminal.close();
    }
}
