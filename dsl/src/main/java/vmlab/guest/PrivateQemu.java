// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * Debian 12's QEMU for PCs, unpacked with all its libraries for a 64-bit PC that has none installed: neither root nor the
 * host's package manager has a part in it. The libraries include the C library, so that the host's age doesn't matter; they
 * need its own loader for that. The first use fetches about 30 MB.
 *
 * <p>Run it as {@code loader --library-path LIBRARIES program -L FIRMWARE…} with QEMU_MODULE_DIR set to {@code modules}.
 *
 * <p>Not modelled: displays, sound, and block drivers in modules; hosts with other CPUs.
 *
 * <p>Errors: {@link HostMistake} saying what to put where.
 */
public record PrivateQemu(Path loader, List<Path> libraries, Path program, Path modules, List<Path> firmware) {
    private static final String PROGRAM = "usr/bin/qemu-system-x86_64";
    private static final String LOADER = "ld-linux-x86-64.so.2";
    private static final Pattern LIBRARY = Pattern.compile("(usr/)?lib/x86_64-linux-gnu/[^/]+\\.so[^/]*");
    private static final Pattern MODULE =
            Pattern.compile("usr/lib/x86_64-linux-gnu/qemu/accel-(tcg|qtest)-x86_64\\.so");
    private static final List<String> FIRMWARE =
            List.of("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin", "pvh.bin");

    /** Those that program and modules name in their dynamic sections, and those that these name. */
    private static final List<String> LIBRARIES = List.of(
            "libaio1",
            "libblkid1",
            "libbpf1",
            "libc6",
            "libcapstone4",
            "libdaxctl1",
            "libelf1",
            "libfdt1",
            "libffi8",
            "libfuse3-3",
            "libgcc-s1",
            "libglib2.0-0",
            "libgmp10",
            "libgnutls30",
            "libhogweed6",
            "libibverbs1",
            "libidn2-0",
            "libjpeg62-turbo",
            "libkmod2",
            "liblzma5",
            "libmount1",
            "libndctl6",
            "libnettle8",
            "libnl-3-200",
            "libnl-route-3-200",
            "libnuma1",
            "libp11-kit0",
            "libpcre2-8-0",
            "libpixman-1-0",
            "libpmem1",
            "libpng16-16",
            "librdmacm1",
            "libsasl2-2",
            "libseccomp2",
            "libselinux1",
            "libslirp0",
            "libssl3",
            "libtasn1-6",
            "libudev1",
            "libunistring2",
            "liburing2",
            "libuuid1",
            "libvdeplug2",
            "libzstd1",
            "zlib1g");

    public PrivateQemu {
        libraries = List.copyOf(libraries);
        firmware = List.copyOf(firmware);
    }

    /**
     * From a cache, filled as an environment says.
     *
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public static PrivateQemu fetch(GuestCache cache, Map<String, String> environment, Progress progress) {
        PackageSource source = PackageSource.of(environment, DebianGuest.APT);
        List<Path> files = new DebianPackages(cache, source)
                .fetch(wanted(), progress).stream()
                        .flatMap(unpacked -> unpacked.files().stream())
                        .toList();
        Path program = runnable(files, Path.of(PROGRAM).getFileName());
        Path loader = runnable(files, Path.of(LOADER));
        return new PrivateQemu(
                loader,
                folders(files, path -> path.toString().contains(".so") && !isModule(path)),
                program,
                folders(files, PrivateQemu::isModule).get(0),
                folders(files, path -> FIRMWARE.contains(path.getFileName().toString())));
    }

    private static List<WantedPackage> wanted() {
        Predicate<String> firmware = path -> FIRMWARE.contains(path.substring(path.lastIndexOf('/') + 1));
        List<WantedPackage> wanted = new ArrayList<>();
        wanted.add(WantedPackage.plain("qemu-system-x86", WantedPackage.AMD64, PROGRAM::equals, 1));
        wanted.add(packageOf("qemu-system-common", MODULE.asMatchPredicate()));
        wanted.add(packageOf("qemu-system-data", firmware));
        wanted.add(packageOf("seabios", firmware));
        LIBRARIES.forEach(name -> wanted.add(packageOf(name, LIBRARY.asMatchPredicate())));
        return wanted;
    }

    private static WantedPackage packageOf(String name, Predicate<String> unpacked) {
        return WantedPackage.plain(name, WantedPackage.AMD64, unpacked, Integer.MAX_VALUE);
    }

    private static boolean isModule(Path path) {
        return path.getParent().endsWith("qemu");
    }

    private static List<Path> folders(List<Path> files, Predicate<Path> which) {
        Stream<Path> folders = files.stream().filter(which).map(Path::getParent);
        return folders.distinct().toList();
    }

    private static Path runnable(List<Path> files, Path name) {
        Path file = files.stream()
                .filter(each -> each.endsWith(name))
                .findFirst()
                .orElseThrow(() -> new HostMistake(
                        "QEMU's packages have no " + name, "install qemu-system-x86; on Debian it is a package"));
        if (!Files.isExecutable(file) && !file.toFile().setExecutable(true)) {
            throw new HostMistake(file + " can't be made executable", "name a folder on another disk in VMLAB_CACHE");
        }
        return file;
    }
}
