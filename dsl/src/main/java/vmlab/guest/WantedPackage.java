// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A package that is needed: of which name, and what of it.
 *
 * @param name how it is called in the cache, and the name looked for, unless a metapackage names a concrete one
 * @param architecture Debian's name of the CPU it is for; packages for all are in every architecture's index
 * @param concrete the names of packages that will do
 * @param metapackage whether {@code name} is a package that depends on the concrete one
 * @param example what a file of it is called: for those who must find one
 * @param unpacked the paths inside that are kept
 * @param files how many those are: reading the rest of a kernel's package would take seconds for nothing
 */
record WantedPackage(
        String name,
        String architecture,
        Pattern concrete,
        boolean metapackage,
        String example,
        Predicate<String> unpacked,
        int files) {
    static final String SUITE = "bookworm";

    /** What guests of the lab are. */
    static final String I386 = "i386";

    /** What the host of a nested KVM is, and 64-bit guests. */
    static final String AMD64 = "amd64";

    /** Debian 12's kernel for 32-bit PCs without PAE; its modules (200 MB unpacked) are left out. */
    static final WantedPackage KERNEL = new WantedPackage(
            "linux-image-686",
            I386,
            Pattern.compile("linux-image-6\\.1\\.0-[0-9]+-686"),
            true,
            "linux-image-6.1.0-N-686_VERSION_i386.deb",
            path -> path.startsWith("boot/vmlinuz-"),
            1);

    /** The user space: one static program. */
    static final WantedPackage BUSYBOX = plain("busybox-static", I386, "bin/busybox"::equals, 1);

    WantedPackage {
        Objects.requireNonNull(name);
        Objects.requireNonNull(architecture);
        Objects.requireNonNull(concrete);
        Objects.requireNonNull(example);
        Objects.requireNonNull(unpacked);
    }

    /** A package found by its own name. */
    static WantedPackage plain(String name, String architecture, Predicate<String> unpacked, int files) {
        return new WantedPackage(
                name,
                architecture,
                Pattern.compile(Pattern.quote(name)),
                false,
                name + "_VERSION_" + architecture + ".deb",
                unpacked,
                files);
    }

    /** Debian 12's kernel for 64-bit PCs, with the modules of these file names. */
    static WantedPackage kernelForAmd64(List<String> modules) {
        Predicate<String> module = path -> modules.contains(path.substring(path.lastIndexOf('/') + 1));
        return new WantedPackage(
                "linux-image-amd64",
                AMD64,
                Pattern.compile("linux-image-6\\.1\\.0-[0-9]+-amd64"),
                true,
                "linux-image-6.1.0-N-amd64_VERSION_amd64.deb",
                path -> path.startsWith("boot/vmlinuz-") || module.test(path),
                1 + modules.size());
    }

    /** Where it is in the folder of packages: its name, behind the architecture where that is not the guests'. */
    String place() {
        return architecture.equals(I386) ? name : architecture + "/" + name;
    }
}
