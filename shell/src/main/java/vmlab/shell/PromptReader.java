// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.LineReader;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Terminal;
import org.jline.utils.AttributedString;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.Status;

/**
 * JLine's reader as the prompt sets it up. It is a subclass for one reason: a status line that changes while somebody
 * types must be drawn under the reader's own lock, or it would land in the middle of a redrawn input.
 *
 * <p>Threads: {@link #readLine} on the prompt's; {@link #printAbove} and {@link #showStatus} on any.
 */
final class PromptReader extends LineReaderImpl {
    /** What JLine colours of a list of candidates, unless told not to. */
    private static final List<String> COLOURED = List.of(
            COMPLETION_STYLE_STARTING,
            COMPLETION_STYLE_DESCRIPTION,
            COMPLETION_STYLE_GROUP,
            COMPLETION_STYLE_LIST_STARTING,
            COMPLETION_STYLE_LIST_DESCRIPTION,
            COMPLETION_STYLE_LIST_GROUP,
            COMPLETION_STYLE_LIST_BACKGROUND);

    private static final Map<Capability, String> ARROWS = Map.of(
            Capability.key_up, "A",
            Capability.key_down, "B",
            Capability.key_right, "C",
            Capability.key_left, "D",
            Capability.key_home, "H",
            Capability.key_end, "F");

    private PromptReader(Terminal terminal, Map<String, Object> variables) throws IOException {
        super(terminal, "vmlab", variables);
    }

    /** The reader for what is typed into a session. */
    static PromptReader of(Terminal terminal, Session session, String secondaryPrompt) throws IOException {
        Map<String, Object> variables = new HashMap<>();
        variables.put(LineReader.SECONDARY_PROMPT_PATTERN, secondaryPrompt);
        variables.put(LineReader.DISABLE_COMPLETION, false);
        if (!session.surroundings().coloursOut()) {
            COLOURED.forEach(style -> variables.put(style, "faint"));
        }
        PromptReader reader = new PromptReader(terminal, variables);
        reader.setParser(new PromptParser(session::isIncomplete));
        reader.setCompleter(new LabCompleter(session));
        if (session.surroundings().coloursOut()) {
            reader.setHighlighter(
                    new PromptHighlighter(name -> session.runner().binding().hasVariable(name), session::isWarm));
        }
        reader.bindEarlyArrows();
        reader.setOpt(Option.DISABLE_EVENT_EXPANSION);
        reader.unsetOpt(Option.INSERT_TAB);
        return reader;
    }

    /** A terminal sends other octets for these keys until it has been told to, when the first prompt is shown. */
    private void bindEarlyArrows() {
        KeyMap<Binding> keys = getKeyMaps().get(MAIN);
        ARROWS.forEach((key, letter) -> {
            Binding bound = keys.getBound(KeyMap.key(terminal, key));
            if (bound != null) {
                keys.bind(bound, KeyMap.esc() + "[" + letter);
            }
        });
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
