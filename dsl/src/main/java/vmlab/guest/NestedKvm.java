// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import vmlab.vmm.HostMistake;
import vmlab.vmm.boot.Vmlinux;

/**
 * A 64-bit Linux that has KVM on an emulated CPU with AMD-V and runs one command on the host's file system: Debian 12's
 * amd64 kernel and an initramfs for it. The first use fetches 72 MB.
 *
 * <p>The archive's {@code /init} expects from the emulator:
 *
 * <ul>
 *   <li>a 9p device with the tag {@code host}, the host's file system; what is written over it is lost at the end;
 *   <li>fw_cfg items {@code opt/vmlab/argv} and {@code opt/vmlab/environment} (each string ends with a NUL),
 *       {@code opt/vmlab/directory} (the same, one string), {@code opt/vmlab/bash} (a path);
 *   <li>for each N from 0 a 9p device {@code shareN} and an item {@code opt/vmlab/shareN}, a folder that stays writable;
 *   <li>on one virtio-serial device the ports 1 (standard output), 2 (standard error), 3, which at the end gets the
 *       exit status and a line feed, and 4, which gives back what it is given as long as the machine is alive.
 * </ul>
 *
 * <p>The kernel is unpacked on the host and entered by its PVH note: on an emulated CPU its own unpacking is the longest
 * part of a boot. Not modelled: standard input, a network besides the loopback, users besides root.
 *
 * <p>Errors: {@link HostMistake} saying what to put where.
 *
 * @spec QEMU, docs/specs/fw_cfg.rst; Linux 6.1, Documentation/filesystems/{9p,overlayfs}.rst
 */
public record NestedKvm(Path kernel, Path initramfs) {
    /** Each behind those whose symbols it needs. */
    private static final List<String> MODULES = List.of(
            "virtio_ring.ko",
            "virtio.ko",
            "virtio_pci_legacy_dev.ko",
            "virtio_pci_modern_dev.ko",
            "virtio_pci.ko",
            "virtio_console.ko",
            "qemu_fw_cfg.ko",
            "9pnet.ko",
            "9pnet_virtio.ko",
            "netfs.ko",
            "fscache.ko",
            "9p.ko",
            "overlay.ko",
            "irqbypass.ko",
            "kvm.ko",
            "ccp.ko",
            "kvm-amd.ko");

    /** What {@code /init} calls by these names. */
    private static final List<String> PROGRAMS = List.of(
            "sh",
            "mount",
            "insmod",
            "mkdir",
            "ln",
            "chmod",
            "ifconfig",
            "hostname",
            "mkfifo",
            "cat",
            "chroot",
            "sleep",
            "sync");

    /** The kernel of 64-bit guests of the lab, too. */
    static final WantedPackage KERNEL = WantedPackage.kernelForAmd64(MODULES);

    static final WantedPackage BUSYBOX =
            WantedPackage.plain("busybox-static", WantedPackage.AMD64, "bin/busybox"::equals, 1);

    /** The emulated CPU takes its time: no program is started that can be done without. */
    private static final String INIT = """
            #!/bin/sh
            # Standard output and error are the serial line: what is said here is seen when no status comes.
            mount -t proc proc /proc
            mount -t sysfs sysfs /sys
            mount -t devtmpfs devtmpfs /dev
            while read -r module; do insmod "/modules/$module"; done </modules/order
            config=/sys/firmware/qemu_fw_cfg/by_name/opt/vmlab
            # The loose cache trusts that the host changes nothing meanwhile.
            options=trans=virtio,version=9p2000.L,msize=512000
            mount -t 9p -o "ro,cache=loose,$options" host /host
            mount -t tmpfs -o size=75% tmpfs /written
            mkdir /written/upper /written/work
            mount -t overlay -o lowerdir=/host,upperdir=/written/upper,workdir=/written/work overlay /root
            share=0
            while [ -e "$config/share$share/raw" ]; do
                read -r folder <"$config/share$share/raw"
                mount -t 9p -o "cache=mmap,$options" "share$share" "/root$folder"
                share=$((share + 1))
            done
            mount -t proc proc /root/proc
            mount -t sysfs sysfs /root/sys
            mount -t devtmpfs devtmpfs /root/dev
            mkdir /dev/pts /dev/shm
            mount -t devpts -o ptmxmode=666 devpts /root/dev/pts
            mount -t tmpfs tmpfs /root/dev/shm
            ln -s /proc/self/fd /dev/fd
            ln -s /proc/self/fd/0 /dev/stdin
            ln -s /proc/self/fd/1 /dev/stdout
            ln -s /proc/self/fd/2 /dev/stderr
            chmod 666 /dev/kvm
            ifconfig lo up
            [ ! -e /host/etc/hostname ] || hostname -F /host/etc/hostname
            # A port can be opened once only, /dev/stdout of a pipe by everybody.
            mkfifo /out /err
            for first in /dev/vport*p1; do port=${first%1}; done
            cat </out >"${port}1" &
            cat </err >"${port}2" &
            cat <>"${port}4" >&0 &
            pulse=$!
            read -r bash <"$config/bash/raw"
            chroot /root "$bash" -c "$(cat /command)" </dev/null >/out 2>/err
            status=$?
            kill $pulse
            # All that was written arrives; a process left behind doesn't hold up the end for long.
            tries=0
            while [ -n "$(jobs)" ] && [ $tries -lt 20 ]; do
                sleep 0.1
                tries=$((tries + 1))
            done
            sync
            echo "$status" >"${port}3"
            echo b >/proc/sysrq-trigger
            """;

    /** Run by the host's bash: it keeps strings apart that end with NUL. */
    private static final String COMMAND = """
            config=/sys/firmware/qemu_fw_cfg/by_name/opt/vmlab
            mapfile -d '' -t environment <"$config/environment/raw"
            mapfile -d '' -t argv <"$config/argv/raw"
            mapfile -d '' -t directory <"$config/directory/raw"
            cd -- "${directory[0]}" || exit 125
            # nice, for env would take a command with = in its name for a variable.
            exec env -i -- "${environment[@]}" nice -n 0 "${argv[@]}"
            """;

    public NestedKvm {
        Objects.requireNonNull(kernel);
        Objects.requireNonNull(initramfs);
    }

    /**
     * From a cache, filled as an environment says.
     *
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public static NestedKvm fetch(GuestCache cache, Map<String, String> environment, Progress progress) {
        return fetch(cache, PackageSource.of(environment, DebianGuest.APT), progress);
    }

    static NestedKvm fetch(GuestCache cache, PackageSource source, Progress progress) {
        List<DebianPackages.Unpacked> there =
                new DebianPackages(cache, source).fetch(List.of(KERNEL, BUSYBOX), progress);
        DebianPackages.Unpacked kernel = there.get(0);
        Path busybox = there.get(1).files().get(0);
        Path initramfs = cache.locked(() -> {
            String name = "nested-kvm/" + key(kernel, there.get(1)) + ".cpio";
            Path made = cache.path(name);
            return Files.exists(made) ? made : cache.put(name, archive(kernel, busybox)::write);
        });
        return new NestedKvm(
                Vmlinux.extract(DebianGuest.vmlinuz(kernel, List.of(KERNEL)), cache.path("vmlinux")), initramfs);
    }

    private static HostMistake incomplete(DebianPackages.Unpacked kernel, String module) {
        return new HostMistake(
                "the package " + kernel.name() + " " + kernel.version() + " has no module " + module,
                PackageSource.remedy(List.of(KERNEL)));
    }

    private static Initramfs archive(DebianPackages.Unpacked kernel, Path busybox) throws IOException {
        Initramfs archive = new Initramfs();
        for (String folder : List.of("proc", "sys", "dev", "host", "written", "root")) {
            archive.folder(folder, 0755);
        }
        archive.file("bin/busybox", Files.readAllBytes(busybox), 0755);
        PROGRAMS.forEach(program -> archive.link("bin/" + program, "busybox"));
        archive.characterDevice("dev/console", 0600, 5, 1);
        archive.file("init", text(INIT), 0755).file("command", text(COMMAND), 0644);
        archive.file("modules/order", text(String.join("\n", MODULES) + "\n"), 0644);
        for (String module : MODULES) {
            Path file = kernel.files().stream()
                    .filter(each -> each.endsWith(module))
                    .findFirst()
                    .orElseThrow(() -> incomplete(kernel, module));
            archive.file("modules/" + module, Files.readAllBytes(file), 0644);
        }
        return archive;
    }

    /** A digest of everything the archive's bytes depend on. */
    private static String key(DebianPackages.Unpacked kernel, DebianPackages.Unpacked busybox) {
        MessageDigest digest = Checksum.digest();
        digest.update(text(INIT + COMMAND + MODULES + PROGRAMS + kernel.sha256() + busybox.sha256()));
        return HexFormat.of().formatHex(Arrays.copyOf(digest.digest(), 12));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
