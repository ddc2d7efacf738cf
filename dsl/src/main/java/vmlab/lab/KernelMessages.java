// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Optional;

/** Reads along what a Linux kernel itself prints, and notices its panic. Threads: {@link #append} the machine's. */
final class KernelMessages {
    private static final String PANIC = "Kernel panic - not syncing";

    /** Longer than any line of printk (LOG_LINE_MAX is below 1024). */
    private static final int LONGEST_LINE = 2048;

    private final StringBuilder line = new StringBuilder();
    private volatile String panic;

    /** All of it. */
    record State(String line, Optional<String> panic) {}

    /** For the machine's thread, as {@link #restore}. */
    State state() {
        return new State(line.toString(), panic());
    }

    void restore(State state) {
        line.setLength(0);
        line.append(state.line);
        panic = state.panic.orElse(null);
    }

    /** Takes the next octet; true if it completes the line that tells the panic. */
    boolean append(int octet) {
        if (octet != '\n') {
            if (line.length() < LONGEST_LINE) {
                line.append((char) octet);
            }
            return false;
        }
        int at = panic == null ? line.indexOf(PANIC) : -1;
        if (at >= 0) {
            panic = line.substring(at).strip();
        }
        line.setLength(0);
        return at >= 0;
    }

    /** The panic's message, if there was one. */
    Optional<String> panic() {
        return Optional.ofNullable(panic);
    }
}
