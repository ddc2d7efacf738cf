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
        if (isRequired(word)) {
            throw new AssertionError(why + " (VMLAB_REQUIRE names " + word + ")");
        }
        abort(why);
    }

    /** Skips a test that nobody wants every time; it runs where VMLAB_REQUIRE names the word. */
    static void requiredByName(String word, String why) {
        if (!isRequired(word)) {
            abort(why + "; VMLAB_REQUIRE=" + word + " has it run");
        }
    }

    private static boolean isRequired(String word) {
        List<String> required =
                List.of(System.getenv().getOrDefault("VMLAB_REQUIRE", "").split("\\W+"));
        return required.contains(word) || required.contains("all");
    }
}
