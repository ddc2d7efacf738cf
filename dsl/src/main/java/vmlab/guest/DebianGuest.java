// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import vmlab.vmm.CpuModel;
import vmlab.vmm.HostMistake;
import vmlab.vmm.boot.Vmlinux;

/**
 * The default guest's software: Debian 12's own kernel and its static busybox, for i386 or amd64, in the cache. The first use
 * fetches 53 MB (for amd64 72 MB: the same packages as {@link NestedKvm}); every later one asks nothing of the network.
 *
 * <p>Not modelled: updates (delete the cache's folder "debian" to get the newest again), kernel modules. Values only; any
 * number of threads and processes may fetch at once.
 *
 * <p>Errors: {@link HostMistake} saying what to put where.
 */
public final class DebianGuest {
    static final Path APT = Path.of("/etc/apt");
    private static final String KERNEL_FILE = "vmlinuz-";

    private final GuestCache cache;
    private final Path vmlinuz;
    private final Path busybox;
    private final String kernelVersion;

    private DebianGuest(GuestCache cache, Path vmlinuz, Path busybox, String kernelVersion) {
        this.cache = Objects.requireNonNull(cache);
        this.vmlinuz = Objects.requireNonNull(vmlinuz);
        this.busybox = Objects.requireNonNull(busybox);
        this.kernelVersion = Objects.requireNonNull(kernelVersion);
    }

    /** From the user's cache, filled as the environment and the host's apt sources say. */
    public static DebianGuest fetch(Progress progress) {
        return fetch(GuestCache.ofUser(), System.getenv(), progress);
    }

    /**
     * From a cache, filled as an environment says.
     *
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public static DebianGuest fetch(GuestCache cache, Map<String, String> environment, Progress progress) {
        return fetch(cache, PackageSource.of(environment, APT), progress);
    }

    /** The same for another CPU than a 32-bit one. */
    public static DebianGuest fetch(
            GuestCache cache, Map<String, String> environment, CpuModel cpu, Progress progress) {
        return fetch(cache, PackageSource.of(environment, APT), cpu, progress);
    }

    static DebianGuest fetch(GuestCache cache, PackageSource source, Progress progress) {
        return fetch(cache, source, CpuModel.I386, progress);
    }

    static DebianGuest fetch(GuestCache cache, PackageSource source, CpuModel cpu, Progress progress) {
        List<WantedPackage> wanted = cpu == CpuModel.AMD64
                ? List.of(NestedKvm.KERNEL, NestedKvm.BUSYBOX)
                : List.of(WantedPackage.KERNEL, WantedPackage.BUSYBOX);
        List<DebianPackages.Unpacked> there = new DebianPackages(cache, source).fetch(wanted, progress);
        DebianPackages.Unpacked kernel = there.get(0);
        return new DebianGuest(
                cache, vmlinuz(kernel, wanted), there.get(1).files().get(0), kernel.name() + " " + kernel.version());
    }

    static Path vmlinuz(DebianPackages.Unpacked kernel, List<WantedPackage> wanted) {
        return kernel.files().stream()
                .filter(file -> file.getFileName().toString().startsWith(KERNEL_FILE))
                .findFirst()
                .orElseThrow(() -> new HostMistake(
                        "the package " + kernel.name() + " " + kernel.version() + " has no kernel",
                        PackageSource.remedy(wanted)));
    }

    /** The kernel as Debian packs it (a bzImage). */
    public Path vmlinuz() {
        return vmlinuz;
    }

    /** The ELF file inside, unpacked on the host at the first call: a guest would spend a third of its boot on that. */
    public Path vmlinux() {
        return Vmlinux.extract(vmlinuz, cache.path("vmlinux"));
    }

    /** The static busybox, a program for the kernel's CPU. */
    public Path busybox() {
        return busybox;
    }

    /** What {@code uname -r} says in the guest, such as 6.1.0-50-686 or 6.1.0-50-amd64. */
    public String kernelRelease() {
        return vmlinuz.getFileName().toString().substring(KERNEL_FILE.length());
    }

    /** Name and version of the kernel's package. */
    public String kernelPackage() {
        return kernelVersion;
    }
}
