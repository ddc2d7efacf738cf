// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.BufferedInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * What the process was given: standard streams, environment, and which of the streams are terminals. Tests bring their
 * own.
 *
 * @param in standard input
 * @param terminalIn whether standard input is a terminal
 * @param terminalOut whether standard output is one
 * @param terminalErr whether standard error is one
 */
public record Surroundings(
        InputStream in,
        PrintStream out,
        PrintStream err,
        Map<String, String> environment,
        boolean terminalIn,
        boolean terminalOut,
        boolean terminalErr) {

    public Surroundings {
        Objects.requireNonNull(in);
        Objects.requireNonNull(out);
        Objects.requireNonNull(err);
        environment = Map.copyOf(environment);
    }

    /** Those of this process. */
    public static Surroundings ofProcess() {
        Charset charset = charset(System.getenv());
        return new Surroundings(
                new BufferedInputStream(new FileInputStream(FileDescriptor.in)),
                printStream(FileDescriptor.out, charset),
                printStream(FileDescriptor.err, charset),
                System.getenv(),
                isTerminal(0),
                isTerminal(1),
                isTerminal(2));
    }

    private static PrintStream printStream(FileDescriptor descriptor, Charset charset) {
        return new PrintStream(new FileOutputStream(descriptor), true, charset);
    }

    /** Asks the kernel's list of open files: without native code, and so at once. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null;
        }
    }

    /** The encoding of terminal and pipes. */
    public Charset charset() {
        return charset(environment);
    }

    /** What the locale says; UTF-8 if it says nothing, as in most containers. */
    private static Charset charset(Map<String, String> environment) {
        for (String name : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            String locale = environment.getOrDefault(name, "");
            int dot = locale.indexOf('.');
            if (dot >= 0) {
                String named = locale.substring(dot + 1).replaceAll("@.*", "");
                return Charset.isSupported(named) ? Charset.forName(named) : StandardCharsets.UTF_8;
            }
        }
        return StandardCharsets.UTF_8;
    }

    /** A variable that is set and not empty. */
    public boolean has(String variable) {
        return !environment.getOrDefault(variable, "").isEmpty();
    }

    /** Whether the person in front of it wants, and the terminal can show, more than plain lines. */
    public boolean isPlain() {
        return has("CI") || environment.getOrDefault("TERM", "dumb").equals("dumb");
    }

    /** Whether standard error may be written over, as a progress bar does. */
    public boolean overwritesErr() {
        return terminalErr && !isPlain();
    }

    /** Whether output may be coloured. */
    public boolean coloursOut() {
        return terminalOut && !isPlain() && !has("NO_COLOR");
    }
}
