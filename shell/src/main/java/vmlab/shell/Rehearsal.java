// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import vmlab.lab.Backend;
import vmlab.lab.Lab;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * What people do first, done once after a build where nobody sees it: the launcher keeps the classes that were loaded for
 * it ready to be mapped. A script boots a kernel of two instructions; the prompt gets some keys.
 */
final class Rehearsal {
    private static final String SCRIPT = "rehearsal.groovy";
    private static final String KEYS =
            "/he\t\rlab; 6 * 7\rout.checkEr\t()\rdef twice(n) {\r  n * 2\r}\r/help lab\r/vms\r/quit\r";

    private Rehearsal() {}

    static void run() throws IOException {
        SoftHypervisor.preload();
        Path folder = Files.createTempDirectory("vmlab-rehearsal");
        try {
            run(folder, new PrintStream(OutputStream.nullOutputStream()));
        } finally {
            delete(folder);
        }
    }

    /** Runs it in an empty folder. */
    static void run(Path folder, PrintStream out) throws IOException {
        Path kernel = folder.resolve("kernel.elf");
        Surroundings surroundings = surroundings(folder, out);
        VmlabCommand.execute(surroundings, "--time", "virtual", "-e", script(), kernel.toString());
        VmlabCommand.execute(surroundings, "boot", "--kernel", kernel.toString(), "--memory", "4");
        VmlabCommand.execute(surroundings);
        prompt(surroundings);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static String script() throws IOException {
        try (InputStream text = Rehearsal.class.getResourceAsStream(SCRIPT)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** A user whose folders are empty, at a terminal that nobody looks at. */
    private static Surroundings surroundings(Path home, PrintStream out) {
        Map<String, String> environment = Map.of("HOME", home.toString(), "TERM", "xterm-256color");
        return new Surroundings(InputStream.nullInputStream(), out, out, environment, false, true, true);
    }

    private static void prompt(Surroundings surroundings) throws IOException {
        ScriptOutput output = new ScriptOutput(new PrintWriter(surroundings.out(), true));
        try (PipedOutputStream keyboard = new PipedOutputStream();
                Terminal terminal = TerminalBuilder.builder()
                        .streams(new PipedInputStream(keyboard), surroundings.out())
                        .type("xterm-256color")
                        .build();
                Lab lab = Labs.open(Backend.SOFT, Pace.REAL_TIME, surroundings)) {
            keyboard.write(KEYS.getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
            GroovyStart start = GroovyStart.begin(lab, new PrintWriter(output, true));
            Prompt.onTerminal(terminal, start, output, surroundings);
        }
    }
}
