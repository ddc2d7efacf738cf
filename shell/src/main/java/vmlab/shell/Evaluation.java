// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs what the user typed on a thread of its own, so that Ctrl-C stops it and never the session.
 *
 * <p>Scripts look for an interrupt at every loop and method entry, and waits end by it. Code in a library that does
 * neither is given {@link #patience} and then left behind: the prompt comes back, the thread goes on unseen.
 *
 * <p>Threads: {@link #run} on the prompt's; {@link #interrupt} on any.
 */
final class Evaluation {
    /** How it went. */
    enum Kind {
        DONE,
        FAILED,
        INTERRUPTED,
        /** Ctrl-C didn't end it in time. */
        LEFT_BEHIND
    }

    /**
     * What came of it.
     *
     * @param value for {@code DONE}; may be null, as any Groovy value
     * @param thrown for {@code FAILED}
     */
    record Outcome(Kind kind, Object value, Throwable thrown) {}

    private final Duration patience;

    /** Guards the fields below. */
    private final Object lock = new Object();

    private Thread running;
    private CompletableFuture<Void> interrupted = new CompletableFuture<>();

    Evaluation(Duration patience) {
        this.patience = Objects.requireNonNull(patience);
    }

    /** Runs it and waits for its end or, after Ctrl-C, a little longer. */
    Outcome run(Callable<?> work) {
        CompletableFuture<Object> result = new CompletableFuture<>();
        CompletableFuture<Void> stopRequest = new CompletableFuture<>();
        Thread thread = new Thread(() -> complete(result, work), "evaluation");
        thread.setDaemon(true);
        synchronized (lock) {
            running = thread;
            interrupted = stopRequest;
        }
        thread.start();
        try {
            return await(result, stopRequest);
        } finally {
            synchronized (lock) {
                running = null;
            }
        }
    }

    private static void complete(CompletableFuture<Object> result, Callable<?> work) {
        try {
            result.complete(work.call());
        } catch (Throwable thrown) {
            // Everything a script can throw, StackOverflowError included, is an answer for the prompt.
            result.completeExceptionally(thrown);
        }
    }

    private Outcome await(CompletableFuture<Object> result, CompletableFuture<Void> stopRequest) {
        CompletableFuture.anyOf(result.handle((value, thrown) -> null), stopRequest)
                .join();
        try {
            Object value = stopRequest.isDone() ? result.get(patience.toMillis(), TimeUnit.MILLISECONDS) : result.get();
            return new Outcome(Kind.DONE, value, null);
        } catch (TimeoutException e) {
            return new Outcome(Kind.LEFT_BEHIND, null, null);
        } catch (ExecutionException e) {
            return new Outcome(stopRequest.isDone() ? Kind.INTERRUPTED : Kind.FAILED, null, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(Kind.LEFT_BEHIND, null, null);
        }
    }

    /** Whether this thread does what the user typed and waits for. */
    boolean isRunning(Thread thread) {
        synchronized (lock) {
            return running == thread;
        }
    }

    /** Ctrl-C. Does nothing when nothing runs. */
    void interrupt() {
        synchronized (lock) {
            if (running != null) {
                running.interrupt();
                interrupted.complete(null);
            }
        }
    }
}
