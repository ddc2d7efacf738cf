// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A handler's run on its machine's thread, so that Ctrl-C can end one that loops for ever, and nothing else on that thread:
 * an interrupt outside of a handler would end the machine.
 */
final class HandlerRun {
    /** A handler that is at work for so long when it is to be interrupted won't come back of itself. */
    private static final Duration PATIENCE = Duration.ofMillis(100);

    /** Code that doesn't look at the interrupt isn't waited for. */
    private static final Duration LAST_PATIENCE = Duration.ofSeconds(1);

    /** Guarded by this object, as are the others; null between handlers. */
    private Thread thread;

    private long runs;
    private boolean interrupted;
    private boolean over;

    synchronized void begin() {
        thread = Thread.currentThread();
        over = false;
        runs++;
    }

    /** Whether the handler was interrupted; from now on it can't be. */
    synchronized boolean over() {
        over = true;
        boolean was = interrupted;
        if (was) {
            interrupted = false;
            Thread.interrupted();
        }
        return was;
    }

    synchronized void end() {
        thread = null;
        notifyAll();
    }

    /** Whether this is called by a handler. */
    synchronized boolean isCaller() {
        return thread == Thread.currentThread();
    }

    /** Interrupts the handler that is at work, unless it soon comes to its end, and waits a little for that. */
    synchronized void interruptIfStuck() {
        long run = runs;
        boolean wasInterrupted = awaitEnd(run, PATIENCE);
        if (isStill(run) && !over) {
            interrupted = true;
            thread.interrupt();
        }
        wasInterrupted |= awaitEnd(run, LAST_PATIENCE);
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the end of a run; whether this thread was interrupted meanwhile. */
    private boolean awaitEnd(long run, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean wasInterrupted = false;
        while (isStill(run) && deadline - System.nanoTime() > 0) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, deadline - System.nanoTime());
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        return wasInterrupted;
    }

    private boolean isStill(long run) {
        return thread != null && thread != Thread.currentThread() && runs == run;
    }
}
