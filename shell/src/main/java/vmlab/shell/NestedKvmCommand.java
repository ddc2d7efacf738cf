// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.File;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import vmlab.guest.NestedKvm;
import vmlab.guest.PrivateQemu;

/** {@code vmlab guest nested-kvm}: the files {@code scripts/nested-kvm} starts, as lines of NAME=VALUE. */
@Command(
        name = "nested-kvm",
        description = "Fetch the Linux that scripts/nested-kvm boots and print where its files are, as NAME=VALUE.")
final class NestedKvmCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Option(names = "--emulator", description = "QEMU, too, for a machine where it isn't installed.")
    private boolean emulator;

    NestedKvmCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        CachedGuest guest = new CachedGuest(surroundings.environment(), new TerminalProgress(surroundings));
        NestedKvm linux = guest.nestedKvm();
        PrintStream out = surroundings.out();
        out.println("kernel=" + linux.kernel());
        out.println("initramfs=" + linux.initramfs());
        if (emulator) {
            print(guest.qemu(), out);
        }
        return ExitCode.OK.status();
    }

    private static void print(PrivateQemu qemu, PrintStream out) {
        out.println("loader=" + qemu.loader());
        out.println("libraries=" + joined(qemu.libraries()));
        out.println("program=" + qemu.program());
        out.println("modules=" + qemu.modules());
        qemu.firmware().forEach(folder -> out.println("firmware=" + folder));
    }

    private static String joined(List<Path> folders) {
        return folders.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
