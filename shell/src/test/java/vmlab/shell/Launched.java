// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One run of the built launcher: {@code Launched.with("-e", "println 1").input("").run()}. */
final class Launched {
    private Duration limit = Duration.ofSeconds(120);
    private final List<String> command = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private Path folder = Checkout.root();
    private String input = "";

    /** What came of it. */
    record Result(int status, String out, String err) {}

    private Launched(List<String> command) {
        this.command.addAll(command);
        // The build that runs the tests has just built; another one inside of it would wait for the first.
        environment.put("VMLAB_NO_BUILD", "1");
    }

    static Launched with(String... args) {
        List<String> command = new ArrayList<>();
        command.add(Checkout.root().resolve("vmlab").toString());
        command.addAll(List.of(args));
        return new Launched(command);
    }

    static Launched command(String... command) {
        return new Launched(List.of(command));
    }

    Launched input(String text) {
        input = text;
        return this;
    }

    Launched set(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Launched within(Duration newLimit) {
        limit = newLimit;
        return this;
    }

    Launched in(Path newFolder) {
        folder = newFolder;
        return this;
    }

    Result run() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        CompletableFuture<String> out = read(process.getInputStream());
        CompletableFuture<String> err = read(process.getErrorStream());
        send(process.getOutputStream());
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " didn't end in " + limit.toSeconds() + " s; it printed " + out.join());
        }
        return new Result(process.exitValue(), out.join(), err.join());
    }

    private void send(OutputStream stdin) throws IOException {
        if (input.isEmpty()) {
            stdin.close();
            return;
        }
        try (stdin) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
