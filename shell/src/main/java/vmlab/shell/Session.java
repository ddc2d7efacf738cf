// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.codehaus.groovy.runtime.FormatHelper;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.CpuState;
import vmlab.vmm.HostMistake;

/**
 * What the prompt does with an input, whoever read it: a line reader, a pipe or a test.
 *
 * <p>Threads: inputs come one at a time; {@link #interrupt} may come on any thread.
 */
final class Session {
    /** How a VM's console is attached where there is a terminal. */
    @FunctionalInterface
    interface Attacher {
        /** Returns when the user leaves the console; what is shown then. The session is told of what is typed. */
        String attach(Session session, LabVm vm);

        /** How many columns the terminal has; 0 if there is none. */
        default int width() {
            return 0;
        }

        /** Returns when the user has edited the file. */
        default void edit(Path file) {
            throw new HostMistake("/edit needs a terminal", "write the file with an editor of yours");
        }
    }

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final GroovyStart start;
    private final Surroundings surroundings;
    private final PrintWriter out;
    private final Attacher attacher;
    private final Evaluation evaluation = new Evaluation(PATIENCE);
    private final GroovyInputs groovy;
    /** Made when Java is first asked for: it starts a compiler. */
    private JavaSnippets java;

    private volatile Language language;
    private Optional<Recorder> recorder = Optional.empty();
    private boolean left;

    Session(GroovyStart start, Surroundings surroundings, PrintWriter out, Attacher attacher) {
        this.start = Objects.requireNonNull(start);
        this.surroundings = Objects.requireNonNull(surroundings);
        this.out = Objects.requireNonNull(out);
        this.attacher = Objects.requireNonNull(attacher);
        groovy = new GroovyInputs(start);
        language = groovy;
    }

    Lab lab() {
        return start.lab();
    }

    /** Waits for Groovy, if need be. */
    ScriptRunner runner() {
        return start.runner();
    }

    /** Whether Groovy can be asked without a wait. */
    boolean isWarm() {
        return start.isWarm();
    }

    Surroundings surroundings() {
        return surroundings;
    }

    /** What inputs that are no commands are written in. */
    Language language() {
        return language;
    }

    String speakGroovy() {
        language = groovy;
        return "";
    }

    /** From now on inputs are Java; the variables of both languages are the same. */
    String speakJava() {
        if (java == null) {
            java = new JavaSnippets(runner());
        }
        language = java;
        return "Java from now on; /groovy goes back";
    }

    String record(Path file) {
        if (recorder.isPresent()) {
            throw new HostMistake("this session is being recorded already", "/stop ends that");
        }
        recorder = Optional.of(new Recorder(lab(), file));
        return "recording; /stop writes " + file;
    }

    String stopRecording() {
        Recorder stopped =
                recorder.orElseThrow(() -> new HostMistake("nothing is being recorded", "/record FILE begins"));
        String text = stopped.stop();
        recorder = Optional.empty();
        return text;
    }

    /** Who answers for lessons; a check gets a lab of its own, like this one. */
    Tutor tutor() {
        return new Tutor(
                surroundings,
                () -> new Lab(lab().settings()),
                Optional.of(runner()),
                Classroom.ofPrompt(surroundings, attacher.width()));
    }

    /** A key went to a VM's console. */
    void typed(LabVm vm, String key) {
        recorder.ifPresent(r -> r.typed(vm, key));
    }

    /** Whether the user has asked to leave. */
    boolean hasLeft() {
        return left;
    }

    String leave() {
        left = true;
        return "";
    }

    String attach(LabVm vm) {
        return attacher.attach(this, vm);
    }

    /** @param file its path begins at the open lesson's folder, if one is open */
    String edit(Path file) {
        Path there = tutor().place(file);
        attacher.edit(there);
        return "back from " + there;
    }

    String load(Path file) {
        return shown(runner().run(file, List.of()));
    }

    String reset() {
        lab().clear();
        return "";
    }

    /** Ctrl-C: also for a handler that loops for ever while nothing is being done here. */
    void interrupt() {
        evaluation.interrupt();
        language.interrupt();
        lab().interruptHandlers();
    }

    /** Whether this thread does what the user typed and waits for. */
    boolean isEvaluating(Thread thread) {
        return evaluation.isRunning(thread);
    }

    /** Whether the text is a command of the prompt rather than Groovy. */
    static boolean isCommand(String input) {
        String text = input.stripLeading();
        return text.matches("[/:][a-z]+(\\s[^\\n]*)?");
    }

    /** Whether more lines must come before the input can be done. */
    boolean isIncomplete(String input) {
        return !input.isBlank() && !isCommand(input) && language.isIncomplete(input);
    }

    /** Does one input and prints what comes of it. */
    ExitCode handle(String input) {
        if (input.isBlank()) {
            return ExitCode.OK;
        }
        return print(isCommand(input) ? command(input.strip()) : evaluate(input));
    }

    private Evaluation.Outcome evaluate(String input) {
        Optional<Recorder> recording = language == groovy ? recorder : Optional.empty();
        recording.ifPresent(Recorder::begins);
        Evaluation.Outcome outcome = evaluation.run(() -> language.evaluate(input));
        recording.ifPresent(r -> r.done(input, outcome.kind() == Evaluation.Kind.DONE));
        return outcome;
    }

    private Evaluation.Outcome command(String input) {
        String[] parts = input.substring(1).split("\\s+", 2);
        String argument = parts.length == 2 ? parts[1].strip() : "";
        Optional<ConsoleCommand> command = ConsoleCommands.named(parts[0]);
        return command.isPresent() && command.get().isAttached()
                // Attached, Ctrl-C is the guest's or the editor's; there is nothing to interrupt.
                ? here(() -> run(command.get(), argument))
                : evaluation.run(() -> run(command.orElseThrow(() -> unknown(parts[0])), argument));
    }

    private static Evaluation.Outcome here(Callable<String> work) {
        try {
            return new Evaluation.Outcome(Evaluation.Kind.DONE, work.call(), null);
        } catch (Exception thrown) {
            return new Evaluation.Outcome(Evaluation.Kind.FAILED, null, thrown);
        }
    }

    private String run(ConsoleCommand command, String argument) {
        if (!command.argument().allows(argument)) {
            throw new HostMistake(
                    "/" + command.name() + (argument.isEmpty() ? " needs an argument" : " takes no argument"),
                    "usage: " + command.usage());
        }
        return command.run(this, argument);
    }

    private static HostMistake unknown(String name) {
        String known = ConsoleCommands.ALL.stream().map(c -> "/" + c.name()).collect(Collectors.joining(", "));
        return new HostMistake("there is no command /" + name, "known are " + known);
    }

    private ExitCode print(Evaluation.Outcome outcome) {
        switch (outcome.kind()) {
            case DONE -> {
                String text = (String) outcome.value();
                if (!text.isEmpty()) {
                    out.println(text);
                }
                return ExitCode.OK;
            }
            case FAILED -> {
                FailureReport report = FailureReport.of(outcome.thrown());
                out.println(report.text());
                return report.exitCode();
            }
            case INTERRUPTED -> out.println("interrupted");
            case LEFT_BEHIND -> out.println("it didn't stop; it is left to itself and the prompt goes on");
        }
        return ExitCode.INTERRUPTED;
    }

    /** A value as the prompt shows it: what a guest may have put in can't act on the terminal. */
    static String shown(Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof CpuState state) {
            return state.describe();
        }
        String text = value instanceof CharSequence ? value.toString() : FormatHelper.toString(value);
        return text.lines().map(TerminalText::neutral).collect(Collectors.joining("\n"));
    }
}
