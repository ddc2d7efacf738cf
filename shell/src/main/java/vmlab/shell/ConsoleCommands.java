// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import vmlab.dsl.Glossary;
import vmlab.dsl.model.Similar;
import vmlab.lab.LabVm;
import vmlab.vmm.HostMistake;

/** The commands of the prompt. A new one is a record of a line or a class, and an entry in {@link #ALL}. */
final class ConsoleCommands {
    private interface Action {
        String run(Session session, String argument);
    }

    private record Simple(String name, Argument argument, String summary, Action action) implements ConsoleCommand {
        @Override
        public String run(Session session, String given) {
            return action.run(session, given);
        }
    }

    static final List<ConsoleCommand> ALL = List.of(
            new Simple(
                    "help",
                    ConsoleCommand.Argument.WORD,
                    "show this, or what a word of the language means",
                    (session, word) -> word.isEmpty() ? help() : help(word)),
            new Simple("vms", ConsoleCommand.Argument.NONE, "list the VMs of the lab", (session, none) -> vms(session)),
            new Simple(
                    "console",
                    ConsoleCommand.Argument.VM,
                    "talk to the VM's serial console; Ctrl-] leaves",
                    (session, vm) -> session.attach(vm(session, vm))),
            new Simple(
                    "events",
                    ConsoleCommand.Argument.VM,
                    "show what the machine saw its guest do oddly",
                    (session, vm) -> events(vm(session, vm))),
            new Simple(
                    "hypercalls",
                    ConsoleCommand.Argument.VM,
                    "list the VM's hypercalls: handlers, counts, last registers",
                    (session, vm) -> vm(session, vm).hypercalls().toString()),
            new Simple(
                    "connections",
                    ConsoleCommand.Argument.NONE,
                    "list the connections: what they carried, what is pending, what is in their dataports",
                    (session, none) -> neutral(session.lab().connections())),
            new Simple(
                    "timeline",
                    ConsoleCommand.Argument.NONE,
                    "show what happened last between VMs and components",
                    (session, none) -> neutral(session.lab().timeline())),
            new Simple(
                    "load",
                    ConsoleCommand.Argument.FILE,
                    "run a script here; its VMs and variables stay",
                    (session, file) -> session.load(file(file))),
            new Simple(
                    "reset",
                    ConsoleCommand.Argument.NONE,
                    "take all VMs, components and connections away, to load a script again; variables stay",
                    (session, none) -> session.reset()),
            new Simple(
                    "edit",
                    ConsoleCommand.Argument.FILE,
                    "edit a file of the open lesson, or any; with $VISUAL, $EDITOR or a small editor",
                    (session, file) -> session.edit(Path.of(file))),
            new Simple(
                    "jshell",
                    ConsoleCommand.Argument.NONE,
                    "type Java from now on, with the same VMs and variables",
                    (session, none) -> session.speakJava()),
            new Simple(
                    "groovy",
                    ConsoleCommand.Argument.NONE,
                    "type Groovy again",
                    (session, none) -> session.speakGroovy()),
            new Simple(
                    "record",
                    ConsoleCommand.Argument.FILE,
                    "make a scenario of what is typed from now on",
                    (session, file) -> session.record(Path.of(file))),
            new Simple(
                    "stop",
                    ConsoleCommand.Argument.NONE,
                    "write the scenario that is being recorded",
                    (session, none) -> session.stopRecording()),
            new Simple(
                    "tutorial",
                    ConsoleCommand.Argument.ACTION,
                    "learn by doing: list, start NAME, next, check, hint, solve, reset, status",
                    (session, action) -> session.tutor().answer(action)),
            new Simple(
                    "doctor",
                    ConsoleCommand.Argument.NONE,
                    "check what this machine offers",
                    (session, none) -> Doctor.text(Doctor.examine(session.surroundings()))),
            new Simple(
                    "quit",
                    ConsoleCommand.Argument.NONE,
                    "stop the VMs and leave (also Ctrl-D)",
                    (session, none) -> session.leave()));

    private ConsoleCommands() {}

    static Optional<ConsoleCommand> named(String name) {
        return ALL.stream().filter(c -> c.name().equals(name)).findFirst();
    }

    private static String help() {
        int width = ALL.stream().mapToInt(c -> c.usage().length()).max().orElseThrow();
        String commands = ALL.stream()
                .map(c -> "  " + c.usage() + " ".repeat(width - c.usage().length() + 2) + c.summary())
                .collect(Collectors.joining("\n"));
        return """
                Type Groovy; it goes on over several lines until it is complete. The last value is _.
                The name of a VM shows what it is and can do. Tab completes, Ctrl-C stops what runs.

                %s

                A lab to start with (Debian's kernel and a small user space are fetched once):
                  lab { vm(0) { kernel_image = debian.kernel; initrd_image = rootfs { } } }
                  vm0.login()
                  vm0.sh('uname -a')

                What its kernel tells the VMM, and what it has in memory:
                  vm0.hypercall(4) { call -> println 'POKE!!!' }
                  vm0.memory.dump(0x100000)
                  vm0.disassemble()""".formatted(commands);
    }

    private static String help(String word) {
        return Glossary.of(word)
                .map(Glossary.Word::plain)
                .or(() -> named(word.replaceFirst("^[/:]", ""))
                        .map(command -> command.usage() + "\n\n" + command.summary()))
                .orElseThrow(() -> new HostMistake(
                        "there is no word " + word,
                        Similar.didYouMean(
                                word,
                                Glossary.words().stream()
                                        .map(Glossary.Word::name)
                                        .toList(),
                                "Tab behind /help shows the words")));
    }

    private static String vms(Session session) {
        List<LabVm> vms = session.lab().vms();
        if (vms.isEmpty()) {
            return "no VMs yet; lab { vm(0) { … } } makes one";
        }
        return vms.stream()
                .map(vm -> String.format(
                        Locale.ROOT,
                        "%-6s %-8s %5d MB  %9.3f s",
                        vm.name(),
                        vm.state().name().toLowerCase(Locale.ROOT),
                        vm.spec().guestRamMb(),
                        vm.time().toNanos() / 1e9))
                .collect(Collectors.joining("\n"));
    }

    private static String neutral(Object table) {
        return table.toString().lines().map(TerminalText::neutral).collect(Collectors.joining("\n"));
    }

    private static String events(LabVm vm) {
        String lines = vm.events().stream()
                .map(event -> event.source() + ": " + TerminalText.neutral(event.message()))
                .collect(Collectors.joining("\n"));
        return lines.isEmpty() ? "nothing odd so far" : lines;
    }

    private static LabVm vm(Session session, String name) {
        return session.lab()
                .vm(name)
                .orElseThrow(() -> new HostMistake("there is no VM " + name, "known here: " + names(session)));
    }

    private static String names(Session session) {
        List<LabVm> vms = session.lab().vms();
        return vms.isEmpty() ? "none yet" : vms.stream().map(LabVm::name).collect(Collectors.joining(", "));
    }

    private static Path file(String name) {
        Path file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new HostMistake(
                    "there is no file " + name, "the folder is " + Path.of("").toAbsolutePath());
        }
        return file;
    }
}
