// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What scripts print, sent to standard output or, while a prompt has the terminal, through it. Knows whether the cursor
 * stands behind an unfinished line, so that a guest's line needn't be printed into it.
 *
 * <p>At a prompt, what comes from others than the input being done (a hypercall's handler, say) is printed in whole lines
 * above what the user types.
 *
 * <p>Threads: any; writes are whole under the writer's lock.
 */
final class ScriptOutput extends Writer {
    private final StringBuilder background = new StringBuilder();
    private PrintWriter target;
    private Consumer<String> above = line -> {};
    private Predicate<Thread> foreground = thread -> true;
    private boolean inLine;

    ScriptOutput(PrintWriter target) {
        this.target = Objects.requireNonNull(target);
    }

    void redirect(PrintWriter newTarget) {
        synchronized (lock) {
            target.flush();
            target = Objects.requireNonNull(newTarget);
            above = line -> {};
            foreground = thread -> true;
            inLine = false;
        }
    }

    /** The same for a prompt: lines of threads that aren't {@code newForeground} go {@code newAbove}. */
    void redirect(PrintWriter newTarget, Predicate<Thread> newForeground, Consumer<String> newAbove) {
        synchronized (lock) {
            redirect(newTarget);
            foreground = Objects.requireNonNull(newForeground);
            above = Objects.requireNonNull(newAbove);
        }
    }

    @Override
    public void write(char[] chars, int offset, int length) {
        synchronized (lock) {
            if (!foreground.test(Thread.currentThread())) {
                writeAbove(chars, offset, length);
                return;
            }
            target.write(chars, offset, length);
            if (length > 0) {
                inLine = chars[offset + length - 1] != '\n';
            }
        }
    }

    private void writeAbove(char[] chars, int offset, int length) {
        background.append(chars, offset, length);
        int end = background.indexOf("\n");
        while (end >= 0) {
            String line = background.substring(0, end);
            background.delete(0, end + 1);
            above.accept(line);
            end = background.indexOf("\n");
        }
    }

    /** Has something drawn on the terminal while nobody prints. */
    void exclusively(Runnable drawing) {
        synchronized (lock) {
            drawing.run();
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
