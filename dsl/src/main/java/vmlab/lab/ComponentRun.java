// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import vmlab.dsl.model.Behaviour;

/**
 * One run of a component from its start to its end, on a thread of its own.
 *
 * <p>Threads: any. Code that looks at the interrupt, as every loop of a script does, ends by {@link #stop} and {@link
 * #interruptIfStuck}.
 */
final class ComponentRun {
    /** How it ended. */
    enum End {
        DONE,
        FAILED,
        STOPPED,
        INTERRUPTED
    }

    /** A run that is at work for so long when it is to be interrupted won't come back of itself. */
    private static final long PATIENCE_MILLIS = 100;

    /** Code that swallows interrupts is interrupted so often. */
    private static final int INTERRUPTS = 10;

    private final Behaviour behaviour;
    private final Behaviour.Ports ports;
    private final Activity activity;
    private final BiConsumer<End, Throwable> over;
    private final Thread thread;

    /** Why it is to end; guarded by this object. */
    private End wanted = End.DONE;

    /** What it waits for; empty while it is at work. */
    private volatile String awaited = "";

    /**
     * A run that isn't started.
     *
     * @param over is told of its end on its thread: what was thrown is null unless it failed
     */
    ComponentRun(
            String name,
            Behaviour behaviour,
            Behaviour.Ports ports,
            Activity activity,
            BiConsumer<End, Throwable> over) {
        this.behaviour = Objects.requireNonNull(behaviour);
        this.ports = Objects.requireNonNull(ports);
        this.activity = Objects.requireNonNull(activity);
        this.over = Objects.requireNonNull(over);
        thread = new Thread(this::live, name);
        thread.setDaemon(true);
    }

    void start() {
        activity.begin();
        thread.start();
    }

    private void live() {
        activity.countThread();
        Throwable thrown = null;
        try {
            behaviour.run(ports);
        } catch (Throwable e) {
            thrown = e;
        }
        End end;
        synchronized (this) {
            end = wanted != End.DONE
                    ? wanted
                    : thrown == null || thrown instanceof Behaviour.Stopped ? End.DONE : End.FAILED;
        }
        Thread.interrupted();
        try {
            over.accept(end, end == End.FAILED ? thrown : null);
        } finally {
            activity.end();
        }
    }

    boolean isOver() {
        return !thread.isAlive();
    }

    /** Says what its thread waits for from now on; empty when it is at work again. */
    void awaits(String what) {
        if (Thread.currentThread() == thread) {
            awaited = what;
        }
    }

    String awaited() {
        return awaited;
    }

    /** Ends it, and waits for that unless it is this very thread; false if it goes on all the same. */
    boolean stop() {
        return end(End.STOPPED);
    }

    /** Ends it if it is at work and stays so: it loops. */
    boolean interruptIfStuck() {
        boolean stuck = awaited.isEmpty() && !joined(PATIENCE_MILLIS) && awaited.isEmpty();
        return stuck && end(End.INTERRUPTED);
    }

    private boolean end(End why) {
        synchronized (this) {
            wanted = wanted == End.DONE ? why : wanted;
        }
        if (thread == Thread.currentThread()) {
            thread.interrupt();
            return true;
        }
        boolean ended = isOver();
        for (int i = 0; i < INTERRUPTS && !ended; i++) {
            thread.interrupt();
            ended = joined(PATIENCE_MILLIS);
        }
        return ended;
    }

    private boolean joined(long millis) {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (thread.isAlive() && deadline - System.nanoTime() > 0) {
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, deadline - System.nanoTime());
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
