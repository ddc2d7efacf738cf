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
        if (surroundings.isPlain()) {
            // For the type "dumb" JLine makes a terminal that knows neither Ctrl-C nor raw mode.
            builder.type("ansi");
        }
        return builder.build();
    }
}
