// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Status;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.LabVm;
import vmlab.vmm.HostMistake;

/** The prompt: reads inputs until the user leaves. With a line reader on a terminal, plainly from a pipe. */
final class Prompt {
    private static final String SECONDARY = "    ...> ";
    private static final int LEAST_ROWS_FOR_STATUS = 10;

    private final GroovyStart start;
    private final ScriptOutput output;
    private final Surroundings surroundings;

    private Prompt(GroovyStart start, ScriptOutput output, Surroundings surroundings) {
        this.start = start;
        this.output = output;
        this.surroundings = surroundings;
    }

    /** Runs it; returns the exit status. */
    static int run(ScriptRunner runner, ScriptOutput output, Surroundings surroundings) throws IOException {
        return run(GroovyStart.of(runner), output, surroundings);
    }

    /** Runs it while Groovy starts. */
    static int run(GroovyStart start, ScriptOutput output, Surroundings surroundings) throws IOException {
        Prompt prompt = new Prompt(start, output, surroundings);
        if (!surroundings.terminalIn()) {
            return prompt.fromPipe();
        }
        try (Terminal terminal = Terminals.system(surroundings)) {
            return prompt.onTerminal(terminal);
        }
    }

    /** Does what is piped in, statement by statement; the first mistake ends it, as a script's would. */
    private int fromPipe() throws IOException {
        Session session = new Session(start, surroundings, new PrintWriter(output, true), (at, vm) -> {
            throw new HostMistake("/console needs a terminal", "use vm.console.type and vm.console.expect here");
        });
        BufferedReader reader = keyboard();
        StringBuilder input = new StringBuilder();
        String line = reader.readLine();
        while (line != null && !session.hasLeft()) {
            input.append(line);
            line = reader.readLine();
            if (line == null || !session.isIncomplete(input.toString())) {
                ExitCode exitCode = session.handle(input.toString());
                if (exitCode != ExitCode.OK) {
                    return exitCode.status();
                }
                input.setLength(0);
            } else {
                input.append('\n');
            }
        }
        return ExitCode.OK.status();
    }

    private BufferedReader keyboard() {
        return new BufferedReader(new InputStreamReader(surroundings.in(), surroundings.charset()));
    }

    /** Reads from this terminal, a real one or a test's. */
    static int onTerminal(Terminal terminal, GroovyStart start, ScriptOutput output, Surroundings surroundings) {
        return new Prompt(start, output, surroundings).onTerminal(terminal);
    }

    private int onTerminal(Terminal terminal) {
        PrintWriter writer = new PrintWriter(output, true);
        AttachedConsole attached = new AttachedConsole(terminal, new Editor(surroundings.environment()));
        Session session = new Session(start, surroundings, writer, attached);
        Inputs inputs = surroundings.isPlain()
                ? new PlainInputs(terminal, session, keyboard())
                : new EditedInputs(reader(terminal, session), session);
        Consumer<String> above = line -> output.exclusively(() -> {
            output.freshLine();
            if (!attached.print(line)) {
                inputs.printAbove(line);
            }
        });
        Thread prompt = Thread.currentThread();
        output.redirect(terminal.writer(), thread -> thread == prompt || session.isEvaluating(thread), above);
        LogSetup.sink(above);
        terminal.handle(Terminal.Signal.INT, signal -> session.interrupt());
        try (BackgroundOutput background = new BackgroundOutput(above);
                StatusLine status = new StatusLine(start.lab(), System::nanoTime)) {
            attached.background = background;
            start.lab().vms().forEach(background::follow);
            start.lab().onVm(background::follow);
            writer.println(
                    "vmlab " + VmlabCommand.Version.ofBuild() + "; /help shows what can be typed, Ctrl-D leaves");
            if (inputs instanceof EditedInputs edited) {
                openHistory(edited.reader(), writer);
                status.start(text -> showStatus(terminal, edited.reader(), attached, text));
            }
            start.warmUp();
            read(inputs, session, writer);
        } finally {
            LogSetup.sink(surroundings.err()::println);
            output.redirect(new PrintWriter(surroundings.out(), true));
        }
        return ExitCode.OK.status();
    }

    /** A screen of a few lines has none to spare; an attached console has the whole of it. */
    private void showStatus(Terminal terminal, PromptReader reader, AttachedConsole attached, String text) {
        output.exclusively(() -> {
            if (!attached.active) {
                boolean room = terminal.getHeight() >= LEAST_ROWS_FOR_STATUS;
                AttributedString line = new AttributedString(text, AttributedStyle.INVERSE)
                        .columnSubSequence(0, terminal.getWidth() - 1);
                reader.showStatus(room && !text.isEmpty() ? List.of(line) : List.of());
            }
        });
    }

    /** Where inputs come from on a terminal. */
    private interface Inputs {
        /** The next complete input. */
        String next();

        /** Prints a line without harm to what is being typed. */
        void printAbove(String line);
    }

    private record EditedInputs(PromptReader reader, Session session) implements Inputs {
        @Override
        public String next() {
            return reader.readLine(session.language().prompt());
        }

        @Override
        public void printAbove(String line) {
            reader.printAbove(line);
        }
    }

    /** For terminals that can't move the cursor: the kernel's own line editing. */
    private record PlainInputs(Terminal terminal, Session session, BufferedReader keyboard) implements Inputs {
        @Override
        public String next() {
            StringBuilder input = new StringBuilder(line(session.language().prompt()));
            while (session.isIncomplete(input.toString())) {
                input.append('\n').append(line(SECONDARY));
            }
            return input.toString();
        }

        private String line(String prompt) {
            terminal.writer().print(prompt);
            terminal.writer().flush();
            try {
                String line = keyboard.readLine();
                if (line == null) {
                    throw new EndOfFileException();
                }
                return line;
            } catch (IOException e) {
                throw new EndOfFileException(e);
            }
        }

        @Override
        public void printAbove(String line) {
            terminal.writer().println(line);
            terminal.writer().flush();
        }
    }

    private static PromptReader reader(Terminal terminal, Session session) {
        try {
            return PromptReader.of(terminal, session, SECONDARY);
        } catch (IOException e) {
            throw new UncheckedIOException("the terminal is gone", e);
        }
    }

    /** Keeps inputs for the next session, if the user's state folder can be written. */
    private void openHistory(LineReader reader, PrintWriter writer) {
        Path file = UserFolders.state(surroundings.environment()).resolve("history");
        Optional<String> obstacle = obstacle(file);
        if (obstacle.isPresent()) {
            writer.println("inputs of this session aren't kept: " + obstacle.get());
            return;
        }
        reader.setVariable(LineReader.HISTORY_FILE, file);
        reader.getHistory().attach(reader);
    }

    private static Optional<String> obstacle(Path file) {
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            return Optional.of("can't create the folder " + file.getParent());
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            return Optional.of(file + " isn't a file");
        }
        Path toWrite = Files.exists(file) ? file : file.getParent();
        return Files.isWritable(toWrite) ? Optional.empty() : Optional.of("can't write " + file);
    }

    private void read(Inputs inputs, Session session, PrintWriter writer) {
        while (!session.hasLeft()) {
            try {
                session.handle(inputs.next());
                output.freshLine();
                writer.flush();
            } catch (UserInterruptException e) {
                // Ctrl-C at the prompt drops what was typed, and ends a handler that doesn't end of itself.
                output.freshLine();
                session.interrupt();
            } catch (EndOfFileException e) {
                return;
            }
        }
    }

    /** A guest's console in the prompt's own window. */
    private static final class AttachedConsole implements Session.Attacher {
        private final Terminal terminal;
        private final Editor editor;
        private BackgroundOutput background;
        private volatile boolean active;

        private AttachedConsole(Terminal terminal, Editor editor) {
            this.terminal = terminal;
            this.editor = editor;
        }

        @Override
        public int width() {
            return terminal.getWidth();
        }

        @Override
        public void edit(Path file) {
            // No VM is called so: all that guests print waits.
            background.attach("/edit");
            Status.getExistingStatus(terminal).ifPresent(Status::suspend);
            active = true;
            try {
                editor.edit(file, terminal);
            } finally {
                active = false;
                Status.getExistingStatus(terminal).ifPresent(Status::restore);
                background.detach();
            }
        }

        /** Prints a line of the host's as a raw terminal needs it; false if no console is attached. */
        private boolean print(String line) {
            if (active) {
                terminal.writer().print(line + "\r\n");
                terminal.writer().flush();
            }
            return active;
        }

        @Override
        @SuppressWarnings("try") // the screen works by being open
        public String attach(Session session, LabVm vm) {
            background.attach(vm.name());
            Status.getExistingStatus(terminal).ifPresent(Status::suspend);
            terminal.writer().print("console of " + vm.name() + "; Ctrl-] leaves\r\n");
            terminal.writer().flush();
            try (RawMode raw = RawMode.enter(terminal);
                    TerminalGuard guarded = new TerminalGuard(terminal.output());
                    GuestScreen screen = GuestScreen.withRecent(vm.console(), guarded)) {
                active = true;
                raw.type(vm, key -> session.typed(vm, key), () -> vm.state() == LabVm.State.ENDED);
            } catch (IOException e) {
                throw new UncheckedIOException("the terminal is gone", e);
            } finally {
                active = false;
                Status.getExistingStatus(terminal).ifPresent(Status::restore);
                background.detach();
            }
            return vm.state() == LabVm.State.ENDED ? "\n" + vm.name() + " has ended" : "\nback at the prompt";
        }
    }
}
