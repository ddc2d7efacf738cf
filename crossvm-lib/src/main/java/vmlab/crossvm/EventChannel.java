// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An event from one side of a connection to the other, like seL4's notification: emitting never blocks, events that come
 * before the earlier one was taken coalesce with it, and none is lost.
 *
 * <p>Threads: any number may emit and take. A listener is called on the emitter's thread and must not block.
 */
public final class EventChannel implements Emitter {
    private static final Runnable NOBODY = () -> {};

    private final String name;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final AtomicLong emitted = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();
    private volatile Runnable listener = NOBODY;

    public EventChannel(String name) {
        this.name = name;
    }

    /** Whose event it is, for people. */
    @Override
    public String name() {
        return name;
    }

    @Override
    public long emitted() {
        return emitted.get();
    }

    /** How often somebody took it; never more than it was emitted. */
    public long taken() {
        return taken.get();
    }

    /** Whether it was emitted and nobody has taken it yet. */
    public boolean isPending() {
        return pending.get();
    }

    /** Makes the event pending. */
    @Override
    public void emit() {
        emitted.incrementAndGet();
        if (!pending.getAndSet(true)) {
            listener.run();
        }
    }

    /** Whether the event was pending; it isn't afterwards. */
    public boolean poll() {
        boolean was = pending.getAndSet(false);
        if (was) {
            taken.incrementAndGet();
        }
        return was;
    }

    /** Makes it pending or not as it was at some other time: nobody is told, nothing is counted. */
    public void pending(boolean newPending) {
        pending.set(newPending);
    }

    /** Has somebody told whenever the event becomes pending, at once if it is; nobody else is told any more. */
    public void onPending(Runnable newListener) {
        listener = newListener;
        if (pending.get()) {
            newListener.run();
        }
    }

    /** Nobody is told any more. */
    public void detach() {
        listener = NOBODY;
    }

    @Override
    public String toString() {
        return name + (pending.get() ? " (pending)" : "");
    }
}
