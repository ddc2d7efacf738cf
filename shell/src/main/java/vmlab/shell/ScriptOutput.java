// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Objects;

/**
 * What scripts print, sent to standard output or, while a prompt has the terminal, through it. Knows whether the cursor
 * stands behind an unfinished line, so that a guest's line needn't be printed into it.
 *
 * <p>Threads: any; writes are whole under the writer's lock.
 */
final class ScriptOutput extends Writer {
    private PrintWriter target;
    private boolean inLine;

    ScriptOutput(PrintWriter target) {
        this.target = Objects.requireNonNull(target);
    }

    void redirect(PrintWriter newTarget) {
        synchronized (lock) {
            target.flush();
            target = Objects.requireNonNull(newTarget);
            inLine = false;
        }
    }

    @Override
    public void write(char[] chars, int offset, int length) {
        synchronized (lock) {
            target.write(chars, offset, length);
            if (length > 0) {
                inLine = chars[offset + length - 1] != '\n';
            }
        }
    }

    /** Ends an unfinished line; what comes next begins at the margin. */
    void freshLine() {
        synchronized (lock) {
            if (inLine) {
                target.println();
                target.flush();
                inLine = false;
            }
        }
    }

    @Override
    public void flush() {
        synchronized (lock) {
            target.flush();
        }
    }

    @Override
    public void close() {
        flush();
    }
}
