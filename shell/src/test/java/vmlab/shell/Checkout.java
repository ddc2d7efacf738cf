// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout the tests run in. */
final class Checkout {
    private Checkout() {}

    /** Where the launcher and the README are. */
    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isExecutable(folder.resolve("vmlab"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new AssertionError("the tests run outside of a checkout: no launcher above "
                    + Path.of("").toAbsolutePath());
        }
        return folder;
    }
}
