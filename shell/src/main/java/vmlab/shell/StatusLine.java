// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;

/**
 * What stands below the prompt: each VM's state, back end, guest time, and how fast that time passes.
 *
 * <p>Speed is guest time by host time since the line before: 1.0 is a guest that keeps up with the wall. Threads: a text is
 * made by one at a time; the clock's thread is its own, because a guest in the middle of a long handler lets it wait.
 */
final class StatusLine implements AutoCloseable {
    private static final long PERIOD_MILLIS = 1000;

    private final Lab lab;
    private final LongSupplier hostNanos;
    private final Map<String, Reading> last = new HashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "status-line");
        thread.setDaemon(true);
        return thread;
    });

    private record Reading(Duration guest, long hostNanos) {}

    StatusLine(Lab lab, LongSupplier hostNanos) {
        this.lab = Objects.requireNonNull(lab);
        this.hostNanos = Objects.requireNonNull(hostNanos);
    }

    /** Has the line shown when it changes, looking every second. */
    void start(Consumer<String> show) {
        String[] shown = {""};
        clock.scheduleWithFixedDelay(
                () -> {
                    String text = textOr(shown[0]);
                    if (!text.equals(shown[0])) {
                        shown[0] = text;
                        show.accept(text);
                    }
                },
                0,
                PERIOD_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private String textOr(String before) {
        try {
            return text();
        } catch (RuntimeException e) {
            // A VM that ends while it is asked; the next look tells.
            LoggerFactory.getLogger(StatusLine.class).debug("no status", e);
            return before;
        }
    }

    /** The line as it is now; empty without a VM. */
    String text() {
        return lab.vms().stream().map(this::text).collect(Collectors.joining(" │ "));
    }

    private String text(LabVm vm) {
        LabVm.State state = vm.state();
        String name = vm.name() + " " + state.name().toLowerCase(Locale.ROOT);
        if (state == LabVm.State.CREATED) {
            return name;
        }
        Duration guest = vm.time();
        Reading now = new Reading(guest, hostNanos.getAsLong());
        Reading before = last.put(vm.name(), now);
        String backend = state == LabVm.State.ENDED ? "" : " " + vm.backend();
        return name + backend + String.format(Locale.ROOT, " %.1f s", guest.toMillis() / 1e3) + speed(before, now);
    }

    private static String speed(Reading before, Reading now) {
        if (before == null || now.guest().compareTo(before.guest()) <= 0) {
            return "";
        }
        double ratio = (double) now.guest().minus(before.guest()).toNanos() / (now.hostNanos() - before.hostNanos());
        return String.format(Locale.ROOT, " ×%.1f", ratio);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
