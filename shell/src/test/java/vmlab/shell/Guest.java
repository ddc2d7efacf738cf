// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.util.List;

/** The guest's packages as a need of tests. */
final class Guest {
    private static String obstacle;

    private Guest() {}

    /** Skips the test where the guest can't be had, saying why; fails it where VMLAB_REQUIRE says that it must run. */
    static synchronized void required() throws IOException, InterruptedException {
        if (obstacle == null) {
            Launched.Result result = Launched.with("guest").run();
            obstacle = result.status() == 0 ? "" : result.err();
        }
        if (!obstacle.isEmpty()) {
            missing("guest", "the guest's packages can't be had here: " + obstacle);
        }
    }

    /** What a test lacks: a reason to skip it or to fail. */
    static void missing(String word, String why) {
        List<String> required =
                List.of(System.getenv().getOrDefault("VMLAB_REQUIRE", "").split("\\W+"));
        if (required.contains(word) || required.contains("all")) {
            throw new AssertionError(why + " (VMLAB_REQUIRE names " + word + ")");
        }
        abort(why);
    }
}
