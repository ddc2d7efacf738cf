// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The built launcher on a pseudo-terminal that {@code script} of util-linux makes; Ctrl-C comes as a real SIGINT. */
final class PseudoTerminal implements AutoCloseable {
    static final Path SCRIPT = Path.of("/usr/bin/script");

    private final Process process;
    private final Thread reader;

    /** Guards the text on the screen. */
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();

    private int seen;
    private Duration limit = Duration.ofSeconds(120);

    private PseudoTerminal(Process process) {
        this.process = process;
        reader = new Thread(this::read, "screen");
        reader.setDaemon(true);
        reader.start();
    }

    /** Runs the launcher with these arguments, as a shell reads them. */
    static PseudoTerminal running(Path state, String type, String arguments) throws IOException {
        return running(state, type, "", arguments, Checkout.root());
    }

    /**
     * Runs it in that folder.
     *
     * @param prefix what stands before the launcher, such as {@code env EDITOR=vi}
     */
    static PseudoTerminal running(Path state, String type, String prefix, String arguments, Path folder)
            throws IOException {
        String command =
                "stty cols 200 rows 50; exec " + prefix + " " + Checkout.root().resolve("vmlab") + " " + arguments;
        ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString(), "-qefc", command, "/dev/null")
                .redirectErrorStream(true)
                .directory(folder.toFile());
        builder.environment().put("VMLAB_NO_BUILD", "1");
        builder.environment().put("XDG_STATE_HOME", state.toString());
        builder.environment().put("TERM", type);
        builder.environment().put("SHELL", "/bin/sh");
        builder.environment().remove("CI");
        return new PseudoTerminal(builder.start());
    }

    private void read() {
        byte[] buffer = new byte[4096];
        try {
            for (int count = process.getInputStream().read(buffer);
                    count >= 0;
                    count = process.getInputStream().read(buffer)) {
                synchronized (screen) {
                    screen.write(buffer, 0, count);
                    screen.notifyAll();
                }
            }
        } catch (IOException e) {
            synchronized (screen) {
                // Closed by the test's end.
                screen.notifyAll();
            }
        }
    }

    /** How long a wait may take. */
    PseudoTerminal within(Duration newLimit) {
        limit = newLimit;
        return this;
    }

    PseudoTerminal type(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        return this;
    }

    /** All that was printed. */
    String all() {
        synchronized (screen) {
            return screen.toString(StandardCharsets.UTF_8);
        }
    }

    private String words() {
        return all().replaceAll("\u001b[\\[(][0-9;?]*[A-Za-z]|\u001b[=>]|\u001b(\\[[0-9;?]*)?$|\u0007", "")
                .replace("\r", "");
    }

    /** Waits until this was printed, behind what the last call found. */
    PseudoTerminal shows(String text) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (screen) {
            int at = words().indexOf(text, seen);
            while (at < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || !reader.isAlive()) {
                    throw new AssertionError("not shown: " + text + "\nbut: " + all());
                }
                screen.wait(Math.min(left, 500));
                at = words().indexOf(text, seen);
            }
            seen = at + text.length();
        }
        return this;
    }

    /** The user pulls at the window: the kernel tells it by SIGWINCH. */
    PseudoTerminal resize(int columns, int rows) throws IOException, InterruptedException {
        long launched = process.children().findFirst().orElseThrow().pid();
        String terminal =
                Files.readSymbolicLink(Path.of("/proc/" + launched + "/fd/0")).toString();
        String size = "cols %d rows %d".formatted(columns, rows);
        Launched.Result result =
                Launched.command("sh", "-c", "stty -F " + terminal + " " + size).run();
        if (result.status() != 0) {
            throw new AssertionError("stty: " + result);
        }
        return this;
    }

    /** Waits for the end. */
    int status() throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("it didn't end: " + all());
        }
        reader.join();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }
}
