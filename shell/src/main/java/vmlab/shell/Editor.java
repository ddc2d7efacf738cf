// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jline.builtins.Nano;
import org.jline.terminal.Terminal;
import vmlab.vmm.HostMistake;

/** Has the user edit a file: with the editor that their environment names, else with JLine's nano. */
final class Editor {
    private final Map<String, String> environment;

    Editor(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Returns when the user is done. The terminal is the one the process was started on. */
    void edit(Path file, Terminal terminal) {
        Objects.requireNonNull(terminal);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Optional<String> own = named();
            if (own.isPresent()) {
                run(own.get(), file, terminal);
            } else {
                Nano nano = new Nano(terminal, file.toAbsolutePath().getParent());
                nano.open(file.getFileName().toString());
                nano.run();
            }
        } catch (IOException e) {
            throw new HostMistake(file + " can't be edited: " + e.getMessage(), "name an editor in EDITOR", e);
        }
    }

    private Optional<String> named() {
        return Stream.of("VISUAL", "EDITOR")
                .map(name -> environment.getOrDefault(name, "").strip())
                .filter(command -> !command.isEmpty())
                .findFirst();
    }

    /** The variable holds a command with options perhaps, for a shell to read. */
    private static void run(String command, Path file, Terminal terminal) throws IOException {
        boolean wasPaused = terminal.paused();
        try {
            // Else the terminal's own reader would take some of the editor's keys.
            terminal.pause(true);
            int status = new ProcessBuilder("sh", "-c", command + " \"$1\"", "sh", file.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new HostMistake(command + " ended with status " + status, "name another editor in EDITOR");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostMistake("the editor was left behind", "it may still run", e);
        } finally {
            if (!wasPaused) {
                terminal.resume();
            }
        }
    }
}
