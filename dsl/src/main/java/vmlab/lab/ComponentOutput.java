// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** What a component printed; the newest 10,000 lines. Threads: any. */
final class ComponentOutput {
    private static final int KEPT_LINES = 10_000;

    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private final StringBuilder line = new StringBuilder();
    private final Consumer<String> printed;

    /**
     * Nothing so far.
     *
     * @param printed is told every line that is complete
     */
    ComponentOutput(Consumer<String> printed) {
        this.printed = Objects.requireNonNull(printed);
    }

    void print(String text) {
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            printed.accept(completed(text.substring(from, end)));
            from = end + 1;
        }
        synchronized (this) {
            line.append(text, from, text.length());
        }
    }

    private synchronized String completed(String rest) {
        String whole = line.append(rest).toString();
        line.setLength(0);
        if (lines.size() == KEPT_LINES) {
            lines.removeFirst();
        }
        lines.add(whole);
        return whole;
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    synchronized String text() {
        return String.join("\n", lines) + (lines.isEmpty() ? "" : "\n") + line;
    }
}
