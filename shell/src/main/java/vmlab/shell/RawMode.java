// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Terminal;
import org.jline.utils.NonBlockingReader;
import vmlab.lab.LabVm;

/** The user's terminal while a guest owns it: every key goes through, but the one that leaves. */
final class RawMode implements AutoCloseable {
    /** Ctrl-], as telnet and virsh have it. */
    static final int LEAVE_KEY = 0x1D;

    private static final int LOOK_MILLIS = 100;

    private final Terminal terminal;
    private final Attributes before;

    private RawMode(Terminal terminal, Attributes before) {
        this.terminal = terminal;
        this.before = before;
    }

    static RawMode enter(Terminal terminal) {
        Attributes before = terminal.enterRawMode();
        Attributes attributes = terminal.getAttributes();
        // JLine's raw mode keeps signals and output processing; here Ctrl-C is the guest's, and so are line ends.
        attributes.setLocalFlags(EnumSet.of(LocalFlag.ISIG), false);
        attributes.setOutputFlag(OutputFlag.OPOST, false);
        terminal.setAttributes(attributes);
        return new RawMode(terminal, before);
    }

    /** Sends keys to the guest until the user leaves, input ends, or {@code over} says so; each is told before. */
    void type(LabVm vm, Consumer<String> told, BooleanSupplier over) {
        NonBlockingReader keys = terminal.reader();
        try {
            while (!over.getAsBoolean()) {
                int key = keys.read(LOOK_MILLIS);
                if (key == LEAVE_KEY || key == NonBlockingReader.EOF) {
                    return;
                }
                if (key >= 0) {
                    String text = text(key, keys);
                    told.accept(text);
                    vm.console().send(text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the terminal is gone", e);
        }
    }

    /** A character beyond 16 bits comes as two. */
    private static String text(int key, NonBlockingReader keys) throws IOException {
        return Character.isHighSurrogate((char) key)
                ? new String(new char[] {(char) key, (char) keys.read()})
                : String.valueOf((char) key);
    }

    @Override
    public void close() {
        terminal.setAttributes(before);
    }
}
