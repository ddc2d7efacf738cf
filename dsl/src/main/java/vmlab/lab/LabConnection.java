// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import vmlab.dsl.model.Connection;

/**
 * A connection of a lab, live: it can be plugged out and in while guests run.
 *
 * <p>While it is unplugged, events that are emitted are dropped; one that was pending before stays so, and is taken. Of a
 * dataport's ends the first VM keeps the memory, and all others go on with a copy of it at the same place; plugged in again,
 * they have the first VM's. Calls of procedures are refused. Threads: any.
 */
public final class LabConnection {
    /** What it carries. */
    interface Carrier {
        /** What the machine has parts of its own for. */
        Carrier NOTHING = new NothingCarrier();

        void plug();

        void unplug();

        /** How often something went over it. */
        long carried();

        /** Guest time at which the last did; negative if none has. */
        long lastNanos();

        /** More for people. */
        String detail();

        /** The connection is there no more; it has been unplugged. */
        void close();
    }

    private static final class NothingCarrier implements Carrier {
        @Override
        public void plug() {
            // The machine's own parts can't be taken out.
        }

        @Override
        public void unplug() {
            // Nor put back.
        }

        @Override
        public long carried() {
            return 0;
        }

        @Override
        public long lastNanos() {
            return -1;
        }

        @Override
        public String detail() {
            return "stands for the machine's own parts";
        }

        @Override
        public void close() {
            // There is nothing to it.
        }
    }

    private final Connection spec;
    private final Carrier carrier;
    private final Wiring wiring;

    /** Guarded by this object for changes. */
    private volatile boolean plugged;

    LabConnection(Connection spec, Carrier carrier, Wiring wiring) {
        this.spec = Objects.requireNonNull(spec);
        this.carrier = Objects.requireNonNull(carrier);
        this.wiring = Objects.requireNonNull(wiring);
    }

    Carrier carrier() {
        return carrier;
    }

    public String name() {
        return spec.name();
    }

    public String connector() {
        return spec.connector();
    }

    /** What was written of it. */
    public Connection spec() {
        return spec;
    }

    public boolean isPlugged() {
        return plugged;
    }

    /** Plugs it in; does nothing if it is. */
    public synchronized LabConnection plug() {
        if (!plugged) {
            carrier.plug();
            plugged = true;
            wiring.changed(this);
        }
        return this;
    }

    /** Plugs it out; does nothing if it is out. */
    public synchronized LabConnection unplug() {
        if (plugged) {
            carrier.unplug();
            plugged = false;
            wiring.changed(this);
        }
        return this;
    }

    /** How many events or calls went over it. */
    public long carried() {
        return carrier.carried();
    }

    /** The paths of its ends, those of its from side first. */
    public List<String> ends() {
        return spec.ends().stream().map(Connection.End::path).toList();
    }

    /** Guest time at which something last went over it. */
    public Optional<Duration> last() {
        return carrier.lastNanos() < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(carrier.lastNanos()));
    }

    /** How it is, for people: plugged or not, what is pending or in the dataport, what was lost. */
    public String condition() {
        String detail = carrier.detail();
        return (plugged ? "plugged" : "unplugged") + (detail.isEmpty() ? "" : ", " + detail);
    }

    /** What a picture of the assembly writes at its line. */
    public String label() {
        return carried() == 0 ? (plugged ? "" : "unplugged") : carried() + "x" + (plugged ? "" : ", unplugged");
    }

    /** What it is, how it is and what it can do, in one line. */
    @Override
    public String toString() {
        return "%s: %s %s, %s, carried %d (plug unplug; plugged carried condition ends last)"
                .formatted(name(), connector(), spec.words(), condition(), carried());
    }
}
