// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * Debian 12's compiler, linker, make, 32-bit C library and the headers of one kernel, in a folder of the cache: what
 * programs and modules for guests are built with; running them is others' work. Neither root nor the host's compilers have a part in it, so that every
 * host makes the same bytes. The first use fetches 56 MB and two package indices of 9 MB.
 *
 * <p>The programs run on the host's own C library (2.36 or newer) and are called through small scripts in {@link #bin()},
 * which tell them where the other libraries are and know their own place: the folder can be moved. gcc expects the
 * folder it works in, which it leaves out of what it makes, in the environment variable KIT_WORK.
 *
 * <p>Not modelled: hosts with other CPUs than 64-bit PCs, C++, shared libraries. A value; any number of threads and
 * processes may fetch at once.
 *
 * <p>Errors: {@link HostMistake} saying what to put where.
 *
 * @param root the folder
 * @param kernelRelease whose headers they are, as {@code uname -r} says it
 */
public record ToolTree(Path root, String kernelRelease) {
    /** Changes with what is in the tree, so that no tree of an older vmlab is used. */
    private static final String LAYOUT = "1";

    private static final String TARGET = "x86_64-linux-gnu-";
    private static final String GCC = "usr/lib/gcc/x86_64-linux-gnu/12/";
    private static final String KBUILD = "usr/lib/linux-kbuild-6.1";

    /** The libraries that compiler, linker and the kernel's own tools name in their dynamic sections. */
    private static final List<String> LIBRARIES = List.of(
            "libbinutils",
            "libctf-nobfd0",
            "libctf0",
            "libgmp10",
            "libisl23",
            "libjansson4",
            "libmpc3",
            "libmpfr6",
            "libzstd1",
            "zlib1g");

    private static final Pattern LIBRARY = Pattern.compile("(usr/)?lib/x86_64-linux-gnu/[^/]+\\.so[^/]*");
    private static final Pattern BINUTILS = Pattern.compile(
            "usr/bin/" + TARGET + "(ar|as|ld\\.bfd|nm|objcopy|objdump|ranlib|readelf|size|strip|strings)");
    private static final Pattern STATIC = Pattern.compile("usr/lib/i386-linux-gnu/[^/]+\\.[ao]");

    /** Characters of paths that neither make nor a shell takes for its own. */
    private static final Pattern PLAIN_PATH = Pattern.compile("[A-Za-z0-9/._+,@~^-]+");

    public ToolTree {
        Objects.requireNonNull(root);
        Objects.requireNonNull(kernelRelease);
    }

    /**
     * From a cache, filled as an environment says.
     *
     * @param kernelRelease of the guest's kernel: the headers must be exactly its own
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public static ToolTree fetch(
            GuestCache cache, String kernelRelease, Map<String, String> environment, Progress progress) {
        Path root = cache.path("tools/" + LAYOUT + "-" + kernelRelease);
        if (!PLAIN_PATH.matcher(root.toString()).matches()) {
            throw new HostMistake(
                    "make can't work in " + root + ": it takes blanks and some other characters of a path for its own",
                    "name a folder without them in VMLAB_CACHE");
        }
        ToolTree tree = new ToolTree(root, kernelRelease);
        if (!Files.isDirectory(root)) {
            requireHost();
            PackageSource source = PackageSource.of(environment, DebianGuest.APT);
            cache.locked(() -> Files.isDirectory(root)
                    ? root
                    : cache.put(
                            "tools/" + root.getFileName(), target -> assemble(target, tree, source, cache, progress)));
        }
        return tree;
    }

    private static void requireHost() {
        String cpu = System.getProperty("os.arch");
        if (!cpu.equals("amd64") || !System.getProperty("os.name").equals("Linux")) {
            throw new HostMistake(
                    "programs and modules for guests are built on 64-bit PCs with Linux; this host is "
                            + System.getProperty("os.name") + " on " + cpu,
                    "build the image on such a host: vmlab guest build DIR -o FILE, and name FILE as initrd_image");
        }
    }

    /** The folder to put first on a PATH: gcc, ld, make and their kin. */
    public Path bin() {
        return root.resolve("bin");
    }

    /** What {@code make -C} is given to build modules (KHEAD). */
    public Path kernelHeaders() {
        return root.resolve(headers());
    }

    private String headers() {
        return "usr/src/linux-headers-" + kernelRelease;
    }

    private String commonHeaders() {
        return "usr/src/" + commonPackage();
    }

    private String commonPackage() {
        return "linux-headers-" + kernelRelease.substring(0, kernelRelease.lastIndexOf('-')) + "-common";
    }

    private List<WantedPackage> wanted() {
        List<WantedPackage> wanted = new ArrayList<>();
        wanted.add(ofHost(
                "gcc-12",
                path -> path.equals("usr/bin/" + TARGET + "gcc-12")
                        || path.equals(GCC + "collect2")
                        || path.equals(GCC + "liblto_plugin.so")
                        || path.equals(GCC + "lto-wrapper")));
        wanted.add(ofHost("cpp-12", (GCC + "cc1")::equals));
        wanted.add(ofHost("libgcc-12-dev", path -> path.startsWith(GCC + "include/")));
        wanted.add(ofHost(
                "lib32gcc-12-dev",
                Pattern.compile(GCC + "32/(crt.*\\.o|libgcc(_eh)?\\.a)").asMatchPredicate()));
        wanted.add(ofHost("binutils-x86-64-linux-gnu", BINUTILS.asMatchPredicate()));
        wanted.add(ofHost("make", "usr/bin/make"::equals));
        LIBRARIES.forEach(name -> wanted.add(ofHost(name, LIBRARY.asMatchPredicate())));
        wanted.add(ofHost("linux-kbuild-6.1", path -> path.startsWith(KBUILD + "/")));
        wanted.add(ofGuest(
                "libc6-dev",
                path -> path.startsWith("usr/include/") || STATIC.matcher(path).matches()));
        wanted.add(ofGuest("linux-libc-dev", path -> path.startsWith("usr/include/")));
        wanted.add(ofGuest("linux-headers-" + kernelRelease, path -> path.startsWith(headers() + "/")));
        String architectures = commonHeaders() + "/arch/";
        wanted.add(ofGuest(
                commonPackage(),
                path -> path.startsWith(architectures + "x86/")
                        || path.startsWith(commonHeaders() + "/") && !path.startsWith(architectures)));
        return wanted;
    }

    private static WantedPackage ofHost(String name, Predicate<String> unpacked) {
        return WantedPackage.plain(name, WantedPackage.AMD64, unpacked, Integer.MAX_VALUE);
    }

    private static WantedPackage ofGuest(String name, Predicate<String> unpacked) {
        return WantedPackage.plain(name, WantedPackage.I386, unpacked, Integer.MAX_VALUE);
    }

    private static void assemble(Path target, ToolTree tree, PackageSource source, GuestCache cache, Progress progress)
            throws IOException {
        List<WantedPackage> wanted = tree.wanted();
        List<PackageFile> found;
        try {
            found = source.find(wanted, cache, progress);
        } catch (HostMistake e) {
            throw new HostMistake(
                    "the tools that build for " + tree.kernelRelease + " can't be had: " + e.getMessage(),
                    e.remedy() + ". If the archive has only a newer kernel's headers, delete " + cache.path("debian")
                            + ": the next start fetches that kernel",
                    e);
        }
        for (int i = 0; i < wanted.size(); i++) {
            Path deb = source.obtain(found.get(i), cache, progress);
            DebFile.unpack(deb, target, wanted.get(i).unpacked(), Integer.MAX_VALUE);
            if (deb.startsWith(cache.root())) {
                Files.delete(deb);
            }
        }
        tree.connect(target);
    }

    /** What the packages' links, absolute paths and file modes do when they are installed. */
    private void connect(Path target) throws IOException {
        for (String tool : List.of("scripts", "tools")) {
            for (String folder : List.of(headers(), commonHeaders())) {
                link(
                        target.resolve(folder).resolve(tool),
                        target.resolve(KBUILD).resolve(tool));
            }
        }
        // Kbuild forgets what flags it is given unless they are given this way.
        Files.writeString(target.resolve(headers()).resolve("Makefile"), """
                override NOSTDINC_FLAGS := -nostdinc $(addprefix -I,$(KIT_KERNEL_INCLUDE))
                include ../%s/Makefile
                """.formatted(commonPackage()));
        makeRunnable(target);
        writeScripts(Files.createDirectories(target.resolve("bin")));
    }

    private static void link(Path link, Path target) throws IOException {
        Files.createSymbolicLink(link, link.getParent().relativize(target));
    }

    private static void makeRunnable(Path target) throws IOException {
        try (Stream<Path> files = Files.walk(target)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (isProgram(file) && !file.toFile().setExecutable(true)) {
                    throw new HostMistake(
                            file + " can't be made executable", "name a folder on another disk in VMLAB_CACHE");
                }
            }
        }
    }

    private static boolean isProgram(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".o") || name.endsWith(".h")) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            String magic = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
            return magic.startsWith("#!") || magic.equals("\u007fELF");
        }
    }

    private static void writeScripts(Path bin) throws IOException {
        for (String tool : List.of("ar", "as", "nm", "objcopy", "objdump", "ranlib", "readelf", "size", "strip")) {
            script(bin.resolve(tool), TARGET + tool, "");
        }
        script(bin.resolve("ld"), TARGET + "ld.bfd", "");
        // -B: else it would start the host's assembler and linker, or none. The maps: no path of this host in what it
        // makes.
        String options = "--sysroot=\"$tree\" -B\"$tree/bin/\" -ffile-prefix-map=\"$tree\"=/tools"
                + " -ffile-prefix-map=\"$KIT_WORK\"=/guest ";
        for (String name : List.of("gcc", "gcc-12", "cc")) {
            script(bin.resolve(name), TARGET + "gcc-12", options);
        }
        link(bin.resolve("make"), bin.resolveSibling("usr/bin/make"));
    }

    private static void script(Path file, String program, String options) throws IOException {
        Files.writeString(file, """
                #!/bin/sh
                tree=${0%%/bin/*}
                LD_LIBRARY_PATH=$tree/usr/lib/x86_64-linux-gnu:$tree/lib/x86_64-linux-gnu exec "$tree/usr/bin/%s" %s"$@"
                """.formatted(program, options));
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("can't be made executable: " + file);
        }
    }
}
