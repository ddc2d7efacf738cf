// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Path;
import java.util.Map;

/** The user's folders by the XDG base directory specification 0.8: relative values in the variables are ignored. */
final class UserFolders {
    private UserFolders() {}

    /** What outlives a session but isn't worth a backup: history and log. */
    static Path state(Map<String, String> environment) {
        String value = environment.getOrDefault("XDG_STATE_HOME", "");
        Path base = value.startsWith("/") ? Path.of(value) : home(environment).resolve(".local/state");
        return base.resolve("vmlab");
    }

    static Path home(Map<String, String> environment) {
        String home = environment.getOrDefault("HOME", "");
        return Path.of(home.startsWith("/") ? home : System.getProperty("user.home"));
    }
}
