// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * The user's terminal while a guest's console is attached to it: what the guest prints acts, as on any serial terminal, but
 * control strings don't get through, which set the title and the clipboard or have the terminal send its secrets; and
 * {@link #close} undoes the modes that the guest has left on.
 *
 * <p>ECMA-48, 5.4 (control sequences) and 5.6 (control strings), with private modes as xterm numbers them. A string that
 * isn't ended is over at the line's end. Not modelled: colours of the palette and tab stops stay changed. Threads: one at a
 * time.
 */
final class TerminalGuard extends OutputStream {
    private static final int ESC = 0x1B;
    private static final int BEL = 0x07;
    private static final int SHIFT_OUT = 0x0E;
    private static final int CANCEL = 0x18;
    private static final int SUBSTITUTE = 0x1A;
    private static final int STRING_TERMINATOR = 0x9C;

    /** U+0080 to U+009F are C2 and one more in UTF-8. */
    private static final int C1_IN_UTF8 = 0xC2;

    /** DCS, SOS, OSC, PM and APC behind ESC; behind C2 each is 0x40 more. */
    private static final String STRINGS = "PX]^_";

    private static final int LONGEST_PARAMETERS = 64;

    /** Autowrap and the cursor: what is on unless somebody switches it off. */
    private static final Set<Integer> USUALLY_ON = Set.of(7, 25);

    private enum State {
        TEXT,
        ESCAPE,
        C1,
        SEQUENCE,
        STRING,
        ESCAPE_IN_STRING
    }

    private final OutputStream terminal;
    private final StringBuilder parameters = new StringBuilder();
    /** The private modes that the guest has set or reset. */
    private final Map<Integer, Boolean> modes = new TreeMap<>();

    private State state = State.TEXT;
    private boolean scrolls;
    private boolean dressed;

    TerminalGuard(OutputStream terminal) {
        this.terminal = Objects.requireNonNull(terminal);
    }

    @Override
    public void write(int octet) throws IOException {
        int b = octet & 0xFF;
        state = switch (state) {
            case TEXT -> text(b);
            case ESCAPE -> escape(b);
            case C1 -> c1(b);
            case SEQUENCE -> sequence(b);
            case STRING -> string(b);
            case ESCAPE_IN_STRING -> b == '\\' ? State.TEXT : escape(b);
        };
    }

    private State text(int b) throws IOException {
        if (b == ESC) {
            return State.ESCAPE;
        }
        if (b == C1_IN_UTF8) {
            return State.C1;
        }
        dressed |= b == SHIFT_OUT;
        terminal.write(b);
        return State.TEXT;
    }

    private State escape(int b) throws IOException {
        if (STRINGS.indexOf(b) >= 0) {
            return State.STRING;
        }
        if (b == ESC) {
            return State.ESCAPE;
        }
        dressed = true;
        terminal.write(ESC);
        terminal.write(b);
        return b == '[' ? beginSequence() : State.TEXT;
    }

    private State c1(int b) throws IOException {
        if (b >= 0x80 && STRINGS.indexOf(b - 0x40) >= 0) {
            return State.STRING;
        }
        terminal.write(C1_IN_UTF8);
        if (b < 0x80) {
            return text(b);
        }
        terminal.write(b);
        return b == '[' + 0x40 ? beginSequence() : State.TEXT;
    }

    private State beginSequence() {
        parameters.setLength(0);
        return State.SEQUENCE;
    }

    private State sequence(int b) throws IOException {
        if (b == ESC) {
            return State.ESCAPE;
        }
        terminal.write(b);
        if (b >= 0x40) {
            dressed = true;
            note((char) b);
            return State.TEXT;
        }
        if (b >= 0x20 && parameters.length() < LONGEST_PARAMETERS) {
            parameters.append((char) b);
        }
        return b == CANCEL || b == SUBSTITUTE ? State.TEXT : State.SEQUENCE;
    }

    private void note(char function) {
        scrolls |= function == 'r' && parameters.indexOf("?") < 0;
        if ((function == 'h' || function == 'l') && parameters.indexOf("?") == 0) {
            for (String mode : parameters.substring(1).split(";")) {
                if (mode.matches("\\d{1,5}")) {
                    modes.put(Integer.valueOf(mode), function == 'h');
                }
            }
        }
    }

    private State string(int b) throws IOException {
        if (b == '\n' || b == '\r') {
            terminal.write(b);
            return State.TEXT;
        }
        if (b == ESC) {
            return State.ESCAPE_IN_STRING;
        }
        boolean ends = b == BEL || b == CANCEL || b == SUBSTITUTE || b == STRING_TERMINATOR;
        return ends ? State.TEXT : State.STRING;
    }

    @Override
    public void flush() throws IOException {
        terminal.flush();
    }

    /** Leaves the terminal as it was; it stays open. */
    @Override
    public void close() throws IOException {
        if (state == State.SEQUENCE) {
            terminal.write(CANCEL);
        }
        if (dressed) {
            terminal.write(undoing().getBytes(StandardCharsets.US_ASCII));
        }
        terminal.flush();
    }

    private String undoing() {
        StringBuilder text = new StringBuilder();
        modes.forEach((mode, on) -> {
            if (on != USUALLY_ON.contains(mode)) {
                text.append("\u001b[?").append(mode).append(on ? 'l' : 'h');
            }
        });
        if (scrolls) {
            // To reset the margins moves the cursor.
            text.append("\u001b7\u001b[r\u001b8");
        }
        // No colours, no insertion, the usual keypad, ASCII.
        return text.append("\u001b[m\u001b[4l\u001b>\u001b(B\u000f").toString();
    }
}
