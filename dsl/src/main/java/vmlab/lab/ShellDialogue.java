// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Talks to {@code login} and to a POSIX shell over a guest's console.
 *
 * <p>A command's output is found between two marks that the shell prints. They are typed as {@code vm''lab…}, so that the
 * echo of what was typed doesn't contain them; and they are looked for only in what programs print, so that a kernel
 * message can't tear them apart. {@code command eval} keeps a syntax error from ending the line before its second mark
 * (POSIX.1-2017, XCU 2.8.1: special built-ins). Threads: the VM's user's.
 */
final class ShellDialogue {
    private static final Pattern LOGIN = Pattern.compile("login: ?$");
    private static final Pattern PASSWORD_OR_SHELL = Pattern.compile("(?i:password: ?$)|[#$%] $|(?i:incorrect)");
    private static final Pattern SHELL = Pattern.compile("[#$%] $|(?i:incorrect)");

    /** busybox's shell asks the terminal behind its prompt where the cursor is. */
    private static final Pattern SHELL_OR_LOGIN = Pattern.compile("[#$%] (?:\\x1B\\[6n)?$|login: ?$");

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    /** busybox reads lines of up to 1023 octets, and a line must hold a piece and what is said around it. */
    private static final int LONGEST_PIECE = 400;

    /** Ctrl-C. */
    private static final byte[] INTERRUPT = {3};

    private final LabVm vm;
    private final Console console;
    private final PowerCycle cycle;
    private boolean atShell;
    private int commands;

    ShellDialogue(LabVm vm, PowerCycle cycle) {
        this.vm = vm;
        this.console = vm.console();
        this.cycle = cycle;
    }

    /** Where it stands. */
    record State(boolean atShell, int commands) {}

    State state() {
        return new State(atShell, commands);
    }

    void restore(State state) {
        atShell = state.atShell;
        commands = state.commands;
    }

    /** Waits for the login prompt and logs in; does nothing if that was done. */
    void login(String user, String password) {
        if (atShell) {
            return;
        }
        fromLastLine(LOGIN, "its login prompt", LabVm.LOGIN_LIMIT);
        console.type(user);
        String answer = expect(PASSWORD_OR_SHELL, "the answer to the user's name");
        if (answer.toLowerCase(Locale.ROOT).startsWith("password")) {
            console.type(password);
            answer = expect(SHELL, "the shell's prompt after the password");
        }
        if (answer.toLowerCase(Locale.ROOT).equals("incorrect")) {
            throw new LabMistake(
                    vm.name() + " refuses the user " + user + " with this password",
                    vm.name() + ".login('user', 'password') with what its /etc/passwd knows");
        }
        atShell = true;
    }

    private String expect(Pattern pattern, String awaited) {
        return console.expect(cycle, pattern, cycle.consumed(), awaited, ANSWER_LIMIT)
                .text();
    }

    /** A prompt that stands there may have been read by the script already. */
    private String fromLastLine(Pattern pattern, String awaited, Duration limit) {
        long from = Math.min(cycle.consumed(), cycle.log().lastLineStart());
        return console.expect(cycle, pattern, from, awaited, limit).text();
    }

    /** Has the shell do a command. */
    ShellResult sh(String command, Duration limit) {
        if (!atShell) {
            if (fromLastLine(SHELL_OR_LOGIN, "a shell's prompt", limit).startsWith("login")) {
                throw new LabMistake("nobody is logged in to " + vm.name(), vm.name() + ".login() first");
            }
            atShell = true;
        }
        String awaited = "the end of the command " + shortened(command);
        if (command.length() <= LONGEST_PIECE && isPlain(command)) {
            return run(quoted(command), awaited, limit);
        }
        String encoded = printfFormat(command);
        run("vmlab_sh=", awaited, limit);
        for (int from = 0; from < encoded.length(); from += LONGEST_PIECE) {
            int to = Math.min(encoded.length(), from + LONGEST_PIECE);
            run(quoted("vmlab_sh=$vmlab_sh'" + encoded.substring(from, to) + "'"), awaited, limit);
        }
        return run("\"$(printf \"$vmlab_sh\")\"", awaited, limit);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private static String shortened(String command) {
        String line = command.strip().lines().findFirst().orElse("");
        boolean whole = line.equals(command.strip()) && line.length() <= 60;
        return "\"" + (whole ? line : line.substring(0, Math.min(60, line.length())) + "…") + "\"";
    }

    /** Whether a line editor takes every character for itself: no line end, no tab that would complete a word. */
    private static boolean isPlain(String command) {
        return command.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /** The command as printf's format, in characters that mean nothing to a quoting shell. */
    private static String printfFormat(String command) {
        StringBuilder format = new StringBuilder();
        for (byte octet : command.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet <= '~' && "'\\%\"$`".indexOf(octet) < 0) {
                format.append((char) octet);
            } else {
                format.append("\\%03o".formatted(octet & 0xFF));
            }
        }
        return format.toString();
    }

    private ShellResult run(String quoted, String awaited, Duration limit) {
        // A number alone would come again in an earlier transcript that a command prints.
        String mark = "lab-%d-%08x".formatted(++commands, quoted.hashCode());
        console.type(
                "echo vm''" + mark + "-begin; command eval " + quoted + " </dev/null; echo vm''" + mark + "-end-$?-");
        ShellWatch watch = new ShellWatch("vm" + mark);
        atShell = false;
        cycle.quiet(true);
        try {
            vm.await(cycle, watch, awaited, limit);
        } catch (WaitInterrupted | WaitTimedOut e) {
            // Nobody waits for the command any more: the shell shall be there for the next one.
            console.send(INTERRUPT);
            throw e;
        } finally {
            cycle.quiet(false);
        }
        atShell = true;
        cycle.consumed(watch.position);
        return watch.result();
    }

    private final class ShellWatch implements Waits.Watch {
        private final StringBuilder printed = new StringBuilder();
        private final Pattern whole;
        private Matcher found;
        private long position;

        ShellWatch(String mark) {
            whole = Pattern.compile(mark + "-begin\\r*\\n(.*?)" + mark + "-end-(\\d+)-\\r*\\n", Pattern.DOTALL);
        }

        @Override
        public void sent(int octet, boolean polled) {
            if (polled) {
                return;
            }
            printed.append((char) octet);
            if (octet == '\n' && printed.indexOf("-end-", lastLine()) >= 0) {
                Matcher matcher = whole.matcher(printed);
                if (matcher.find()) {
                    found = matcher;
                    position = cycle.log().end();
                }
            }
        }

        @Override
        public boolean called() {
            return false;
        }

        private int lastLine() {
            return printed.lastIndexOf("\n", printed.length() - 2) + 1;
        }

        @Override
        public boolean met() {
            return found != null;
        }

        ShellResult result() {
            byte[] octets = found.group(1).getBytes(StandardCharsets.ISO_8859_1);
            String out = new String(octets, StandardCharsets.UTF_8).replaceAll("\\r+\\n", "\n");
            return new ShellResult(out.strip(), Integer.parseInt(found.group(2)));
        }
    }
}
