// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What to boot.
 *
 * @param kernel a bzImage or a vmlinux, for i386 or amd64, or a Multiboot kernel
 * @param initrd the initial RAM disk; for a Multiboot kernel its only module
 * @param commandLine without a terminating zero
 */
public record BootImage(Path kernel, Optional<Path> initrd, String commandLine) {
    public BootImage {
        Objects.requireNonNull(kernel);
        Objects.requireNonNull(initrd);
        Objects.requireNonNull(commandLine);
    }
}
