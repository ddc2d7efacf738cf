// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;

/**
 * Shows while a step is checked what its guests are at, in a line that goes away; nothing where none can be written over.
 * Guests take seconds to boot.
 *
 * <p>Threads: one of its own draws.
 */
final class CheckProgress implements AutoCloseable {
    private static final long REDRAW_MILLIS = 500;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final Surroundings surroundings;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "check");
        thread.setDaemon(true);
        return thread;
    });
    private boolean drawn;

    CheckProgress(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    /** Watches this lab from now on; gives it back. */
    Lab watching(Lab lab) {
        if (surroundings.overwritesErr()) {
            clock.scheduleWithFixedDelay(() -> draw(lab), REDRAW_MILLIS, REDRAW_MILLIS, TimeUnit.MILLISECONDS);
        }
        return lab;
    }

    private synchronized void draw(Lab lab) {
        String running = lab.vms().stream()
                .filter(vm -> vm.state() == LabVm.State.RUNNING)
                .map(vm -> String.format(
                        Locale.ROOT,
                        "%s has run for %.1f s",
                        vm.name(),
                        vm.time().toNanos() / 1e9))
                .collect(Collectors.joining(", "));
        // Before that something is built perhaps, which shows a line of its own.
        if (!running.isEmpty() && !clock.isShutdown()) {
            drawn = true;
            surroundings.err().print(ERASE_LINE + "checking: " + running);
            surroundings.err().flush();
        }
    }

    @Override
    public synchronized void close() {
        clock.shutdown();
        if (drawn) {
            surroundings.err().print(ERASE_LINE);
            surroundings.err().flush();
        }
    }
}
