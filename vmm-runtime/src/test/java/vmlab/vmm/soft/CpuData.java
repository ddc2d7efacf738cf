// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the CPU's reference data is: VMLAB_CPU_DATA, or {@code shared/data} beside the checkout. */
final class CpuData {
    private CpuData() {}

    /** The folder of one collection; without it the test is skipped, unless VMLAB_REQUIRE names data or all. */
    static Path folder(String collection) {
        String configured = System.getenv("VMLAB_CPU_DATA");
        Path folder = Path.of(configured == null ? "../../shared/data" : configured)
                .resolve(collection)
                .toAbsolutePath()
                .normalize();
        if (!Files.isDirectory(folder)) {
            String reason = "no folder %s; VMLAB_CPU_DATA names another place".formatted(folder);
            require("data", reason);
        }
        return folder;
    }

    /** Skips the test for this reason, but fails it where VMLAB_REQUIRE contains the word. */
    static void require(String word, String reason) {
        String required = System.getenv().getOrDefault("VMLAB_REQUIRE", "");
        if (required.contains(word) || required.contains("all")) {
            fail(reason);
        }
        abort(reason);
    }
}
