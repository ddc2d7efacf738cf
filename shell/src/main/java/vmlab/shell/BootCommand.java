// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.BootCache;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.MachineEnd;

/** {@code vmlab boot}: one guest without a script, its serial console on standard input and output. */
@Command(
        name = "boot",
        description = {
            "Boot a kernel with its serial console on standard input and output.",
            "On a terminal, Ctrl-] takes the guest's power. The end of piped input doesn't end the guest."
        },
        sortOptions = false)
final class BootCommand implements Callable<Integer> {
    private static final Duration FOR_EVER = Duration.ofDays(36500);

    private final Surroundings surroundings;

    @Option(names = "--kernel", required = true, paramLabel = "FILE", description = "A bzImage or an ELF vmlinux.")
    private Path kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = "Its initial RAM disk.")
    private Path initrd;

    @Option(
            names = "--append",
            paramLabel = "TEXT",
            description = "The kernel's command line; if not given, one that shortens the boot of Debian's kernel.")
    private String commandLine;

    @Option(
            names = "--memory",
            paramLabel = "MB",
            defaultValue = "128",
            description = "Guest RAM in MB; if not given: ${DEFAULT-VALUE}")
    private int memoryMb;

    @Mixin
    private LabOptions labOptions;

    BootCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() throws IOException {
        requireFile("kernel", kernel);
        if (initrd != null) {
            requireFile("initrd", initrd);
        }
        // Somebody may type: idle time must pass as it does for them.
        Pace pace = labOptions.paceOr(Pace.REAL_TIME);
        try (Lab lab = Labs.open(labOptions.backend(), labOptions.softCpu(), pace, BootCache.none(), surroundings)) {
            LabVm vm = lab.apply(assembly()).get(0);
            return surroundings.terminalIn() ? onTerminal(vm) : onPipe(vm);
        }
    }

    private static void requireFile(String what, Path file) {
        if (!Files.isRegularFile(file)) {
            throw new HostMistake("there is no " + what + " " + file, "check the path given with --" + what);
        }
    }

    private Assembly assembly() {
        SourceLocation location = new SourceLocation("command line", 0, 0);
        List<Setting> settings = new ArrayList<>();
        settings.add(new Setting("guest_ram_mb", memoryMb, location));
        settings.add(new Setting("kernel_image", kernel, location));
        if (commandLine != null) {
            settings.add(new Setting("kernel_cmdline", commandLine, location));
        }
        if (initrd != null) {
            settings.add(new Setting("initrd_image", initrd, location));
        }
        return new Assembly(List.of(new VmSpec(0, settings, location)), location);
    }

    @SuppressWarnings("try") // the screen works by being open
    private int onPipe(LabVm vm) {
        try (GuestScreen screen =
                GuestScreen.fromNow(vm.console(), new BufferedOutputStream(surroundings.out()), vm::stop)) {
            vm.start();
            daemon(() -> PipedKeyboard.type(surroundings.in(), vm));
            return exitStatus(vm.awaitEnd(FOR_EVER));
        }
    }

    @SuppressWarnings("try")
    private int onTerminal(LabVm vm) throws IOException {
        try (Terminal terminal = Terminals.system(surroundings)) {
            terminal.writer().print("Ctrl-] takes the guest's power.\r\n");
            terminal.writer().flush();
            try (RawMode raw = RawMode.enter(terminal);
                    TerminalGuard guarded = new TerminalGuard(terminal.output());
                    GuestScreen screen = GuestScreen.fromNow(vm.console(), guarded, vm::stop)) {
                vm.start();
                daemon(() -> {
                    raw.type(vm, key -> {}, () -> false);
                    vm.stop();
                });
                return exitStatus(vm.awaitEnd(FOR_EVER));
            }
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "keyboard");
        thread.setDaemon(true);
        thread.start();
    }

    private int exitStatus(MachineEnd end) {
        String because = end.detail().isEmpty() ? "" : ": " + end.detail();
        switch (end.kind()) {
            case EXITED -> {
                return end.status() & 0xFF;
            }
            case CRASHED -> {
                surroundings.err().println("vmlab: the guest crashed" + because);
                return ExitCode.GUEST_PANIC.status();
            }
            case FAILED -> {
                surroundings.err().println("vmlab: this is a bug of vmlab, please report it" + because);
                surroundings.err().println("  the log has the trace: " + LogSetup.file());
                return ExitCode.VMLAB_FAILED.status();
            }
            default -> {
                return ExitCode.OK.status();
            }
        }
    }
}
