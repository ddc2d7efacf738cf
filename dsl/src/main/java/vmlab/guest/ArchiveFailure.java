// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;

/** An archive, a package, or the way to it is not as it should be: something else than this host's disk failed. */
class ArchiveFailure extends IOException {
    ArchiveFailure(String message) {
        super(message);
    }

    ArchiveFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
