// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The default guest's file system: one static busybox, and what makes it greet as the tutorials' guest does, let root in
 * with the password root, and show the prompt {@code # }. Lab authors add their files.
 *
 * <p>What shortens the boot, in instructions of an x86 measured on a counting emulator (up to "login:", all else equal): a
 * symbolic link for each of busybox's 269 names in the archive costs 20 million, {@code busybox --install} in the guest 6
 * million with hard links and 10 million with symbolic ones, nothing more while getty waits a tenth of a second before its
 * prompt. So the archive holds only the names needed until then, and hard links are made in that time. Mounting by
 * {@code mount -a} and init's own lines save the half million of a shell script.
 *
 * <p>Not modelled: services, a network set up at boot, other users. Builders are not safe for several threads.
 *
 * <p>Errors: {@link IllegalArgumentException} for a path or mode that makes no sense.
 *
 * @spec busybox 1.35: init, getty, login; fstab(5), passwd(5), shadow(5)
 */
public final class RootFs {
    private static final String BUSYBOX = "/bin/busybox";

    /** Changes when the same inputs shall give other bytes, so that no cached file of an older vmlab is used. */
    private static final String LAYOUT = "rootfs 2";

    /** crypt(3) of "root" with MD5: a guest's password everybody knows needs no strength, and this takes the least time. */
    static final String ROOT_PASSWORD = "$1$vmlab$9csT4lQII30xGzTFGE7su1";

    // The shell greets with a banner no tutorial shows, and nothing turns it off: so its output begins at nowhere.
    private static final String LOGIN_SHELL = """
            #!/bin/sh
            ENV=/etc/shell-output SHELL=/bin/sh exec -a -sh /bin/sh -i >/dev/null
            """;
    private static final String SHELL_OUTPUT = """
            exec >&2
            unset ENV
            """;

    private static final String INITTAB = """
            ::sysinit:/bin/busybox mount -a
            ::sysinit:/bin/busybox hostname -F /etc/hostname
            # The first entry with a null terminal makes the programs' names while getty waits for its line.
            null::once:/bin/busybox --install
            ttyS0::respawn:/bin/busybox getty -L ttyS0 115200 vt100
            # Without a system log, login would write its entries onto the console.
            null::respawn:/bin/busybox syslogd -n
            ::ctrlaltdel:/bin/busybox reboot
            """;
    private static final String INIT_SCRIPTS = "etc/init.d/";

    /** What an inittab says besides if there are scripts S00… to S99… in {@code /etc/init.d}. */
    private static final String RUN_INIT_SCRIPTS = "::sysinit:/etc/init.d/rcS\n";

    private static final String RCS = """
            #!/bin/sh
            for script in /etc/init.d/S??*; do
                "$script" start
            done
            """;

    /** What scripts call that run before the programs' names are made. */
    private static final List<String> EARLY_PROGRAMS = List.of(
            "cat",
            "chmod",
            "cp",
            "cut",
            "dmesg",
            "grep",
            "hostname",
            "ifconfig",
            "insmod",
            "ln",
            "ls",
            "mkdir",
            "mknod",
            "modprobe",
            "mount",
            "mv",
            "rm",
            "rmmod",
            "sed",
            "sleep",
            "umount");

    private static final String FSTAB = """
            proc      /proc  proc      defaults    0 0
            sysfs     /sys   sysfs     defaults    0 0
            devtmpfs  /dev   devtmpfs  mode=0755   0 0
            tmpfs     /tmp   tmpfs     mode=1777   0 0
            """;
    private static final String PROFILE = """
            export PATH=/bin:/sbin:/usr/bin:/usr/sbin
            export PS1='# '
            """;

    private RootFs() {}

    /** Begins with the default guest around a static busybox for the guest's architecture. */
    public static Builder builder(Path busybox) {
        return new Builder(busybox);
    }

    /** Collects what is added to the default guest; a later file of the same path replaces an earlier one. */
    public static final class Builder {
        private final Path busybox;
        private final Map<String, Addition> additions = new LinkedHashMap<>();

        private enum Kind {
            FILE,
            FOLDER,
            LINK
        }

        private record Addition(Kind kind, byte[] content, int mode) {}

        private Builder(Path busybox) {
            this.busybox = Objects.requireNonNull(busybox);
        }

        /** Adds a file, or replaces one of the default guest's. */
        public Builder file(String path, byte[] content, int mode) {
            return add(path, new Addition(Kind.FILE, content.clone(), mode));
        }

        /** Adds a text file in UTF-8. */
        public Builder file(String path, String content, int mode) {
            return file(path, content.getBytes(StandardCharsets.UTF_8), mode);
        }

        /** Adds an empty folder, or changes the mode of one. */
        public Builder folder(String path, int mode) {
            return add(path, new Addition(Kind.FOLDER, new byte[0], mode));
        }

        /** Adds a symbolic link. */
        public Builder link(String path, String target) {
            return add(path, new Addition(Kind.LINK, target.getBytes(StandardCharsets.UTF_8), 0));
        }

        private Builder add(String path, Addition addition) {
            additions.remove(path);
            additions.put(path, addition);
            addTo(new Initramfs(), path, addition);
            return this;
        }

        /** The archive, not yet written. */
        public Initramfs initramfs() throws IOException {
            Initramfs archive = defaults(Files.readAllBytes(busybox));
            addEarlyScripts(archive);
            additions.forEach((path, addition) -> addTo(archive, path, addition));
            return archive;
        }

        private void addEarlyScripts(Initramfs archive) {
            boolean initScripts = additions.keySet().stream().anyMatch(path -> path.startsWith(INIT_SCRIPTS + "S"));
            if (initScripts) {
                archive.file(INIT_SCRIPTS + "rcS", bytes(RCS), 0755);
                archive.file(
                        "etc/inittab", bytes(INITTAB.replace("null::once", RUN_INIT_SCRIPTS + "null::once")), 0644);
            }
            if (initScripts || additions.containsKey("init")) {
                EARLY_PROGRAMS.forEach(program -> archive.link("bin/" + program, "busybox"));
            }
        }

        private static void addTo(Initramfs archive, String path, Addition addition) {
            switch (addition.kind()) {
                case FILE -> archive.file(path, addition.content(), addition.mode());
                case FOLDER -> archive.folder(path, addition.mode());
                case LINK -> archive.link(path, new String(addition.content(), StandardCharsets.UTF_8));
            }
        }

        /** Writes the archive; the file appears when it is whole. */
        public Path build(Path output) throws IOException {
            Path target = output.toAbsolutePath();
            Path beside = Files.createTempFile(target.getParent(), "." + target.getFileName(), ".tmp");
            try {
                initramfs().write(beside);
                Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
            return output;
        }

        /** The archive in the cache: made when no earlier build had the same inputs. */
        public Path build(GuestCache cache) {
            return cache.locked(() -> {
                String name = "initramfs/" + key() + ".cpio";
                Path there = cache.path(name);
                return Files.exists(there) ? there : cache.put(name, initramfs()::write);
            });
        }

        /** A digest of everything the bytes depend on. */
        private String key() throws IOException {
            MessageDigest digest = Checksum.digest();
            digest.update((LAYOUT + Checksum.of(busybox)).getBytes(StandardCharsets.UTF_8));
            for (Map.Entry<String, Addition> entry : additions.entrySet()) {
                Addition a = entry.getValue();
                String head = entry.getKey() + "\0" + a.kind() + " " + a.mode() + " " + a.content().length + "\0";
                digest.update(head.getBytes(StandardCharsets.UTF_8));
                digest.update(a.content());
            }
            return HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), 12));
        }
    }

    private static Initramfs defaults(byte[] busybox) {
        Initramfs archive = new Initramfs();
        for (String folder : new String[] {"proc", "sys", "mnt", "opt", "usr/bin", "usr/sbin", "var/log", "var/run"}) {
            archive.folder(folder, 0755);
        }
        archive.folder("root", 0700).folder("tmp", 01777);
        archive.file(BUSYBOX, busybox, 0755);
        // Kernels start /init; what the boot itself needs may not wait for --install.
        archive.link("init", BUSYBOX).link("sbin/init", BUSYBOX);
        archive.link("bin/sh", "busybox").link("bin/login", "busybox");
        // The kernel opens /dev/console before devtmpfs is mounted; init opens null at once after it.
        archive.characterDevice("dev/console", 0600, 5, 1).characterDevice("dev/null", 0666, 1, 3);
        archive.file("bin/login-shell", bytes(LOGIN_SHELL), 0755);
        return configured(archive);
    }

    private static Initramfs configured(Initramfs archive) {
        return archive.file("etc/shell-output", bytes(SHELL_OUTPUT), 0644)
                .file("etc/inittab", bytes(INITTAB), 0644)
                .file("etc/fstab", bytes(FSTAB), 0644)
                .file("etc/hostname", bytes("buildroot\n"), 0644)
                .file("etc/hosts", bytes("127.0.0.1 localhost\n127.0.1.1 buildroot\n"), 0644)
                .file("etc/issue", bytes("Welcome to Buildroot\n"), 0644)
                .file("etc/profile", bytes(PROFILE), 0644)
                .file("etc/passwd", bytes("root:x:0:0:root:/root:/bin/login-shell\n"), 0644)
                .file("etc/shadow", bytes("root:" + ROOT_PASSWORD + ":18262:0:99999:7:::\n"), 0600)
                .file("etc/group", bytes("root:x:0:\ntty:x:5:\n"), 0644)
                .file("etc/shells", bytes("/bin/sh\n/bin/login-shell\n"), 0644);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
