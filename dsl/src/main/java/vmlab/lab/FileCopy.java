// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import vmlab.dsl.model.RootFs;

/**
 * Copies files between host and a running guest, and puts there what was built anew. The guest's shell moves them with
 * {@code dd} through a window of ports: 1 MB takes about a second, over the serial line it would take minutes.
 *
 * <p>The guest needs a shell that root is logged in to, {@code dd}, {@code truncate}, {@code wc} and {@code /dev/port}, as
 * vmlab's own have. Threads: the VM's user's.
 */
final class FileCopy {
    /** As many ports as the window has; it begins at twice this number. */
    private static final int BLOCK = 1 << 14;

    private static final Duration LEAST_LIMIT = Duration.ofSeconds(60);

    /** For slow machines: a KVM inside of an emulator needs 100 µs for an octet. */
    private static final int OCTETS_PER_SECOND = 5_000;

    private final LabVm vm;

    FileCopy(LabVm vm) {
        this.vm = vm;
    }

    /** Writes a file of the guest; it appears when it is whole. */
    void put(byte[] content, String path, boolean program) {
        String part = quoted(path + ".part");
        // Without a pipe: those cost a guest more than all else here.
        String command =
                ": >" + part + " && { " + blocks(content.length, "dd if=/dev/port of=" + part + " skip=2 seek=$n")
                        + "; } && [ $(wc -c <" + part + ") -ge " + content.length + " ] && truncate -s "
                        + content.length + " " + part
                        + " && chmod " + (program ? "755 " : "644 ") + part + " && mv -fT " + part + " " + quoted(path);
        try (Progress.Task task = begin("copying to " + vm.name() + ":" + path, content.length)) {
            ShellResult result = move(Parcel.toGuest(content, task), command, content.length);
            if (!result.ok()) {
                throw refused("can't take " + path, result);
            }
        }
    }

    /** Reads a file of the guest. */
    byte[] get(String path) {
        String file = quoted(path);
        ShellResult size = vm.sh("wc -c <" + file);
        if (!size.ok()) {
            throw refused("can't give " + path, size);
        }
        int octets = Integer.parseInt(size.out().strip());
        String command = blocks(octets, "dd if=" + file + " of=/dev/port skip=$n seek=2");
        try (Progress.Task task = begin("copying from " + vm.name() + ":" + path, octets)) {
            Parcel parcel = Parcel.toHost(octets, task);
            ShellResult result = move(parcel, command, octets);
            byte[] content = parcel.given();
            if (content.length != octets) {
                throw refused("gave only " + content.length + " of " + octets + " octets of " + path, result);
            }
            return content;
        }
    }

    private static String blocks(int octets, String dd) {
        return "n=0; while [ $n -lt " + (octets + BLOCK - 1) / BLOCK + " ]; do " + dd + " bs=" + BLOCK
                + " count=1 conv=notrunc 2>/dev/null || break; n=$((n+1)); done";
    }

    private Progress.Task begin(String what, int octets) {
        // What takes no time needs no bar.
        return octets <= 4 * BLOCK
                ? Progress.silent().begin(what, octets)
                : vm.lab().settings().progress().begin(what, octets);
    }

    private ShellResult move(Parcel parcel, String command, int octets) {
        PowerCycle cycle = vm.running();
        cycle.parcel(parcel);
        try {
            return vm.sh(command, LEAST_LIMIT.plusSeconds(octets / OCTETS_PER_SECOND));
        } finally {
            cycle.parcel(Parcel.NONE);
        }
    }

    private LabMistake refused(String what, ShellResult result) {
        return new LabMistake(
                vm.name() + " " + what + (result.out().isEmpty() ? "" : ": " + result.out()),
                "see that the folder is there, that it isn't full, and that root is logged in (/dev/port is used)");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** Builds a program or module of the guest's image anew and copies it into the guest. */
    List<GuestFiles.Built> install(String name) {
        Object image = vm.spec()
                .initrdImage()
                .filter(RootFs.class::isInstance)
                .orElseThrow(() -> new LabMistake(
                        vm.name() + "'s image isn't built from sources", "initrd_image = rootfs { from 'folder' }"));
        List<GuestFiles.Built> built = vm.lab().settings().guest().part(name, (RootFs) image);
        for (GuestFiles.Built file : built) {
            String path = "/" + file.path();
            vm.sh("mkdir -p " + quoted(path.substring(0, path.lastIndexOf('/'))));
            put(file.content(), path, true);
        }
        return built;
    }

    /** Loads a module that was built anew, in place of its predecessor, by the line of the init script. */
    void insmod(String name) {
        String file = install(name).stream()
                .map(built -> "/" + built.path())
                .filter(path -> path.endsWith(".ko"))
                .findFirst()
                .orElseThrow(() ->
                        new LabMistake(name + " is a program, not a module", vm.name() + ".install('" + name + "')"));
        String loaded = name.replace('-', '_');
        String line = vm.sh("grep -h " + quoted("insmod.*/" + name + "\\.ko") + " /init")
                .out()
                .lines()
                .findFirst()
                .orElse("insmod " + file);
        ShellResult result = vm.sh("if grep -q " + quoted("^" + loaded + " ") + " /proc/modules; then rmmod " + loaded
                + " || exit 1; fi; " + line.replaceFirst("#.*", ""));
        if (!result.ok()) {
            String kernel = vm.sh("dmesg | tail -n 3").out();
            throw new LabMistake(
                    String.format(Locale.ROOT, "%s can't load %s: %s%n%s", vm.name(), name, result.out(), kernel),
                    "mend the module, or see who still uses the old one: " + vm.name() + ".sh('lsmod')");
        }
    }
}
