// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import vmlab.dsl.model.RootFs;

/** Where kernels and root file systems come from that a script names but doesn't bring. May take minutes. */
public interface GuestFiles {
    /** The kernel {@code debian.kernel}, ready to load. */
    Path debianKernel();

    /** The initramfs {@code rootfs { }}, as a file. */
    Path rootfs(RootFs rootfs);
}
