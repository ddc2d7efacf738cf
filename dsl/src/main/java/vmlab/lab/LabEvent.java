// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import vmlab.crossvm.Emitter;
import vmlab.crossvm.EventChannel;
import vmlab.crossvm.EventSource;
import vmlab.dsl.model.Interface;

/**
 * An event as one instance has it, {@code vm0.do_print}: what it emits, or what it takes. Like seL4's notifications: one
 * that comes before the earlier was taken is one with it.
 *
 * <p>Threads: any.
 */
public final class LabEvent {
    private final String path;
    private final Interface.Kind kind;
    private final EventSource source;
    private final EventChannel channel;
    private final Gate gate;

    /**
     * An event of an instance.
     *
     * @param gate its instance's, where its component waits for any of its events
     */
    LabEvent(String path, Interface.Kind kind, Gate gate) {
        this.path = Objects.requireNonNull(path);
        this.kind = Objects.requireNonNull(kind);
        source = new EventSource(path);
        channel = new EventChannel(path);
        this.gate = Objects.requireNonNull(gate);
    }

    /** As it is written: {@code vm0.do_print}. */
    public String path() {
        return path;
    }

    String instance() {
        return path.substring(0, path.lastIndexOf('.'));
    }

    /** Whether its instance emits it. */
    boolean sends() {
        return kind == Interface.Kind.EMITS;
    }

    /** Of an event that its instance emits: emits it in its name. Of one that it takes: has it arrive there. */
    public void emit() {
        emitter().emit();
    }

    Emitter emitter() {
        return sends() ? source : channel;
    }

    /** The sending end. */
    EventSource source() {
        return source;
    }

    /** The receiving end. */
    EventChannel channel() {
        return channel;
    }

    /** Where its component waits for it. */
    Gate gate() {
        return gate;
    }

    /** Whether it has come and wasn't taken yet; never of an event that its instance emits. */
    public boolean isPending() {
        return channel.isPending();
    }

    /** How often it was emitted or, of one that its instance takes, has come. */
    public long emitted() {
        return emitter().emitted();
    }

    /** How often it was emitted while nothing was plugged in. */
    public long dropped() {
        return source.dropped();
    }

    /** How often its instance has taken it. */
    public long taken() {
        return channel.taken();
    }

    /** How often it came while it was pending. */
    public long coalesced() {
        return Math.max(0, channel.emitted() - channel.taken() - (channel.isPending() ? 1 : 0));
    }

    /** What it is and what it can do, in one line. */
    @Override
    public String toString() {
        String counts = sends()
                ? "emits, %d times%s".formatted(emitted(), dropped() == 0 ? "" : ", " + dropped() + " dropped")
                : "consumes, %d came, %d taken, %d coalesced%s"
                        .formatted(emitted(), taken(), coalesced(), isPending() ? ", pending" : "");
        return path + ": " + counts + " (emit; emitted taken pending coalesced dropped)";
    }
}
