// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jline.reader.LineReader;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.Status;

/**
 * JLine's reader as the prompt sets it up. It is a subclass for one reason: a status line that changes while somebody
 * types must be drawn under the reader's own lock, or it would land in the middle of a redrawn input.
 *
 * <p>Threads: {@link #readLine} on the prompt's; {@link #printAbove} and {@link #showStatus} on any.
 */
final class PromptReader extends LineReaderImpl {
    private PromptReader(Terminal terminal, Map<String, Object> variables) throws IOException {
        super(terminal, "vmlab", variables);
    }

    /** The reader for what is typed into a session. */
    static PromptReader of(Terminal terminal, Session session, String secondaryPrompt) throws IOException {
        Map<String, Object> variables = new HashMap<>();
        variables.put(LineReader.SECONDARY_PROMPT_PATTERN, secondaryPrompt);
        variables.put(LineReader.DISABLE_COMPLETION, false);
        PromptReader reader = new PromptReader(terminal, variables);
        reader.setParser(new PromptParser(session::isIncomplete));
        reader.setCompleter(new LabCompleter(session));
        if (session.surroundings().coloursOut()) {
            reader.setHighlighter(
                    new PromptHighlighter(name -> session.runner().binding().hasVariable(name), session::isWarm));
        }
        reader.setOpt(Option.DISABLE_EVENT_EXPANSION);
        reader.unsetOpt(Option.INSERT_TAB);
        return reader;
    }

    /** Shows these lines below all others, in place of earlier ones; none takes the status line away. */
    void showStatus(List<AttributedString> lines) {
        lock.lock();
        try {
            Status status = Status.getStatus(terminal);
            if (status != null) {
                status.update(lines);
            }
        } finally {
            lock.unlock();
        }
    }
}
