// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongSupplier;
import vmlab.lab.Progress;

/**
 * Shows long work: a bar that is written over on a terminal, a line at the beginning and one at the end elsewhere.
 *
 * <p>Threads: one task at a time per thread that works; two at once only look untidy.
 */
final class TerminalProgress implements Progress {
    private static final int BAR_CELLS = 24;
    private static final long REDRAW_NANOS = 100_000_000;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream err;
    private final boolean overwrite;
    private final LongSupplier nanoTime;

    TerminalProgress(Surroundings surroundings) {
        this(surroundings.err(), surroundings.overwritesErr(), System::nanoTime);
    }

    TerminalProgress(PrintStream err, boolean overwrite, LongSupplier nanoTime) {
        this.err = Objects.requireNonNull(err);
        this.overwrite = overwrite;
        this.nanoTime = Objects.requireNonNull(nanoTime);
    }

    @Override
    public Task begin(String what, long total) {
        return overwrite ? new Bar(what, total) : new Lines(what, total);
    }

    private final class Lines implements Task {
        private final String what;
        private final long total;
        private final long began = nanoTime.getAsLong();
        private long amount;

        private Lines(String what, long total) {
            this.what = what;
            this.total = total;
            err.println(total > 0 ? "%s (%s)".formatted(what, size(total)) : what);
        }

        @Override
        public void done(long done) {
            amount = done;
        }

        @Override
        public void close() {
            err.printf(Locale.ROOT, "%s: %s in %.1f s%n", what, outcome(amount, total), seconds(began));
        }
    }

    private final class Bar implements Task {
        private final String what;
        private final long total;
        private final long began = nanoTime.getAsLong();
        private long drawn;
        private long amount;

        private Bar(String what, long total) {
            this.what = what;
            this.total = total;
            draw();
        }

        @Override
        public void done(long done) {
            amount = done;
            if (nanoTime.getAsLong() - drawn >= REDRAW_NANOS) {
                draw();
            }
        }

        private void draw() {
            drawn = nanoTime.getAsLong();
            err.print(ERASE_LINE + what + " " + measure());
            err.flush();
        }

        private String measure() {
            double seconds = seconds(began);
            String rate = seconds < 0.5 || amount == 0 ? "" : ", " + size((long) (amount / seconds)) + "/s";
            if (total <= 0) {
                return size(amount) + rate;
            }
            int full = (int) Math.min(BAR_CELLS, BAR_CELLS * amount / total);
            return "[" + "#".repeat(full) + ".".repeat(BAR_CELLS - full) + "] " + Math.min(100, 100 * amount / total)
                    + " % of " + size(total) + rate;
        }

        @Override
        public void close() {
            err.printf(Locale.ROOT, "%s%s: %s in %.1f s%n", ERASE_LINE, what, outcome(amount, total), seconds(began));
        }
    }

    private double seconds(long began) {
        return (nanoTime.getAsLong() - began) / 1e9;
    }

    /** A task is closed when it failed, too; only the amount tells. */
    private static String outcome(long amount, long total) {
        return total > 0 && amount < total ? "stopped at " + size(amount) : total > 0 ? size(total) : "done";
    }

    private static String size(long amount) {
        if (amount < 10_000) {
            return Long.toString(amount);
        }
        return amount < 1_000_000
                ? "%.1f kB".formatted(amount / 1e3)
                : String.format(Locale.ROOT, "%.1f MB", amount / 1e6);
    }
}
