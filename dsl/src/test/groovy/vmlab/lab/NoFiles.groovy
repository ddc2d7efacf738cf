// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import java.nio.file.Path

/** Guest files that nobody asks for. */
class NoFiles implements GuestFiles {
    @Override
    Path debianKernel() {
        throw new AssertionError((Object) 'nobody boots a kernel here')
    }

    @Override
    Path rootfs(List<GuestFiles.Extra> extras) {
        throw new AssertionError((Object) 'nobody boots a kernel here')
    }
}
