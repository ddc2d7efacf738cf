// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.List;

/** Where kernels and root file systems come from that a script names but doesn't bring. May take minutes. */
public interface GuestFiles {
    /**
     * A file a script adds to the guest.
     *
     * @param path in the guest, without a leading slash
     * @param content its octets
     */
    record Extra(String path, byte[] content) {
        public Extra {
            content = content.clone();
        }

        @Override
        public byte[] content() {
            return content.clone();
        }
    }

    /** The kernel {@code debian.kernel}, ready to load. */
    Path debianKernel();

    /** The initramfs {@code rootfs { }}, with these files added, as a file. */
    Path rootfs(List<Extra> extras);
}
