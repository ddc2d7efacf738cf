// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A package the guest needs: of which name, and what of it.
 *
 * @param name how it is called in the cache, and the name looked for, unless a metapackage names a concrete one
 * @param concrete the names of packages that will do
 * @param metapackage whether {@code name} is a package that depends on the concrete one
 * @param example what a file of it is called: for those who must find one
 * @param unpacked the paths inside that are kept
 * @param files how many those are: reading the rest of a kernel's package would take seconds for nothing
 */
record WantedPackage(
        String name, Pattern concrete, boolean metapackage, String example, Predicate<String> unpacked, int files) {
    static final String ARCHITECTURE = "i386";
    static final String SUITE = "bookworm";

    /** Debian 12's kernel for 32-bit PCs without PAE; its modules (200 MB unpacked) are left out. */
    static final WantedPackage KERNEL = new WantedPackage(
            "linux-image-686",
            Pattern.compile("linux-image-6\\.1\\.0-[0-9]+-686"),
            true,
            "linux-image-6.1.0-N-686_VERSION_i386.deb",
            path -> path.startsWith("boot/vmlinuz-"),
            1);

    /** The user space: one static program. */
    static final WantedPackage BUSYBOX = new WantedPackage(
            "busybox-static",
            Pattern.compile("busybox-static"),
            false,
            "busybox-static_VERSION_i386.deb",
            "bin/busybox"::equals,
            1);
}
