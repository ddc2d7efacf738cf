// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.VmSpec;

/** {@code vmlab guest}: the default guest's files, for {@code vmlab boot} and for other emulators. */
@Command(
        name = "guest",
        description = {
            "Fetch the default guest, Debian's kernel and a small user space, and print where its files are.",
            "With WHAT only that one is printed, to be used in a command."
        },
        subcommands = {GuestBuildCommand.class, NestedKvmCommand.class})
final class GuestCommand implements Callable<Integer> {
    /** What can be asked for. */
    enum What {
        /** The kernel unpacked, as vmlab boots it. */
        KERNEL,
        /** The kernel as Debian packs it. */
        VMLINUZ,
        INITRD,
        /** The kernel's own symbols as an ELF file, for gdb. */
        SYMBOLS,
        /** The kernel command line of scripts that give none. */
        APPEND;

        /** As it is typed, completed and told in the help. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Surroundings surroundings;

    @Parameters(arity = "0..1", paramLabel = "WHAT", description = "kernel, vmlinuz, initrd, symbols or append")
    private What what;

    GuestCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        CachedGuest guest = new CachedGuest(surroundings.environment(), new TerminalProgress(surroundings));
        PrintStream out = surroundings.out();
        if (what != null) {
            out.println(value(guest, what));
        } else {
            for (What each : What.values()) {
                out.printf("%-8s %s%n", each.name().toLowerCase(java.util.Locale.ROOT), value(guest, each));
            }
        }
        return ExitCode.OK.status();
    }

    private static String value(CachedGuest guest, What what) {
        return switch (what) {
            case KERNEL -> guest.debianKernel().toString();
            case VMLINUZ -> guest.vmlinuz().toString();
            case INITRD -> guest.rootfs(new RootFs(List.of(), List.of())).toString();
            case SYMBOLS -> guest.symbols().toString();
            case APPEND -> VmSpec.DEFAULT_CMDLINE;
        };
    }
}
