// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.concurrent.TimeUnit;

/**
 * Counts the components that are at work. At virtual pace a guest that emits an event waits here until they have done what
 * follows from it, so that no guest time passes meanwhile and two runs are the same.
 *
 * <p>Threads: any.
 */
final class Activity {
    /** A component that computes for so long of the host's time lets its guests go on without it. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ThreadLocal<Boolean> counted = ThreadLocal.withInitial(() -> false);
    private int working;

    /** Says that this thread is a component's: it waits for nobody. */
    void countThread() {
        counted.set(true);
    }

    /** Whether this thread is a component's. */
    boolean isCounted() {
        return counted.get();
    }

    synchronized void begin() {
        working++;
    }

    synchronized void end() {
        working--;
        notifyAll();
    }

    /** Waits until all components wait for something; whether they do. */
    synchronized boolean awaitQuiet() {
        if (counted.get()) {
            return true;
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (working > 0 && deadline - System.nanoTime() > 0) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return working == 0;
    }
}
