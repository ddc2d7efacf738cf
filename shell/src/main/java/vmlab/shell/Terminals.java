// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Opens the terminal the process was started on. */
final class Terminals {
    private Terminals() {}

    static Terminal system(Surroundings surroundings) throws IOException {
        TerminalBuilder builder = TerminalBuilder.builder()
                .system(true)
                .dumb(true)
                .nativeSignals(true)
                .encoding(surroundings.charset());
        if (surroundings.environment().getOrDefault("TERM", "").isEmpty()) {
            builder.type(Terminal.TYPE_DUMB);
        }
        return builder.build();
    }
}
