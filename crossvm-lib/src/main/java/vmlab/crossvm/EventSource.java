// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An event as who emits it has it: what is plugged in gets it, all of them. What is emitted while nothing is plugged in is
 * dropped, as seL4 drops a signal on an empty slot.
 *
 * <p>Threads: any. Sinks are called on the emitter's thread and must not block.
 */
public final class EventSource implements Emitter {
    private final String name;
    private final CopyOnWriteArrayList<Runnable> sinks = new CopyOnWriteArrayList<>();
    private final AtomicLong emitted = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();

    public EventSource(String name) {
        this.name = Objects.requireNonNull(name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long emitted() {
        return emitted.get();
    }

    /** How often it was emitted to nobody. */
    public long dropped() {
        return dropped.get();
    }

    @Override
    public void emit() {
        emitted.incrementAndGet();
        boolean nobody = true;
        for (Runnable sink : sinks) {
            nobody = false;
            sink.run();
        }
        if (nobody) {
            dropped.incrementAndGet();
        }
    }

    /** From now on this gets the event, once however often it is plugged in. */
    public void plug(Runnable sink) {
        sinks.addIfAbsent(Objects.requireNonNull(sink));
    }

    public void unplug(Runnable sink) {
        sinks.remove(sink);
    }

    @Override
    public String toString() {
        return name + (sinks.isEmpty() ? " (unplugged)" : "");
    }
}
