// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * The modules that Debian packs with its i386 kernel: 3,600 files, of which a guest needs few. So each is fetched (50 MB, as
 * they all are in one package) when somebody first asks for it, and kept in the cache.
 *
 * <p>Threads: any number of threads and processes may ask at once. Errors: {@link HostMistake} saying what to put where.
 *
 * @spec Linux, Documentation/kbuild/modules.rst; scripts/mod/modpost.c ({@code depends=} in {@code .modinfo})
 */
public final class KernelModules {
    private static final Pattern DEPENDS = Pattern.compile("\0depends=([^\0]*)\0");

    private final GuestCache cache;
    private final String kernelRelease;
    private final Supplier<PackageSource> source;
    private final Progress progress;

    /**
     * A module.
     *
     * @param path where the package has it, without a leading slash
     */
    public record Module(String path, byte[] content) {}

    /**
     * Those of a kernel.
     *
     * @param kernelRelease as {@code uname -r} says it
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public KernelModules(GuestCache cache, String kernelRelease, Map<String, String> environment, Progress progress) {
        this(cache, kernelRelease, () -> PackageSource.of(environment, DebianGuest.APT), progress);
    }

    KernelModules(GuestCache cache, String kernelRelease, Supplier<PackageSource> source, Progress progress) {
        this.cache = Objects.requireNonNull(cache);
        this.kernelRelease = Objects.requireNonNull(kernelRelease);
        this.source = Objects.requireNonNull(source);
        this.progress = Objects.requireNonNull(progress);
    }

    /** The names of the modules that must be loaded before this one, as it says itself. */
    public static List<String> depends(byte[] module) {
        Matcher entry = DEPENDS.matcher(new String(module, StandardCharsets.ISO_8859_1));
        return entry.find()
                ? Stream.of(entry.group(1).split(","))
                        .filter(name -> !name.isEmpty())
                        .toList()
                : List.of();
    }

    /** The module of that name. */
    public Module module(String name) {
        String place = "modules/" + kernelRelease + "/" + name;
        return cache.locked(() -> {
            Path folder = cache.path(place);
            if (!Files.isDirectory(folder)) {
                cache.put(place, target -> unpack(name, target));
            }
            try (Stream<Path> files = Files.walk(folder)) {
                Path file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
                return new Module(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        });
    }

    private void unpack(String name, Path target) throws IOException {
        Pattern path = Pattern.compile("lib/modules/.*/" + name.replaceAll("[-_]", "[-_]") + "\\.ko");
        WantedPackage kernel =
                WantedPackage.plain("linux-image-" + kernelRelease, WantedPackage.I386, path.asMatchPredicate(), 1);
        PackageSource packages = source.get();
        try {
            PackageFile file = packages.find(List.of(kernel), cache, progress).get(0);
            Path deb = packages.obtain(file, cache, progress);
            List<String> found = DebFile.unpack(deb, target, kernel.unpacked(), kernel.files());
            if (deb.startsWith(cache.root())) {
                Files.delete(deb);
            }
            if (found.isEmpty()) {
                throw new HostMistake(
                        "Debian's kernel " + kernelRelease + " has no module " + name,
                        PackageSource.remedy(List.of(kernel)));
            }
        } catch (ArchiveFailure e) {
            throw new HostMistake(
                    "the module " + name + " of Debian's kernel can't be had: " + e.getMessage(),
                    PackageSource.remedy(List.of(kernel)),
                    e);
        }
    }
}
