// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Takes an event from each end of one side to each of the other. Threads: any. */
final class EventCarrier implements LabConnection.Carrier {
    /** Who is told of an event that passes, before it does. */
    interface Witness {
        /**
         * Says what time it is.
         *
         * @param plugged whether it arrives
         */
        long passed(LabEvent from, LabEvent to, boolean plugged);
    }

    private final class Link implements Runnable {
        private final LabEvent from;
        private final LabEvent to;

        Link(LabEvent from, LabEvent to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public void run() {
            boolean arrives = plugged;
            lastNanos = witness.passed(from, to, arrives);
            if (arrives) {
                carried.incrementAndGet();
                to.channel().emit();
            } else {
                dropped.incrementAndGet();
            }
        }
    }

    private final List<LabEvent> to;
    private final List<Link> links = new ArrayList<>();
    private final Witness witness;
    private final AtomicLong carried = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private volatile boolean plugged;
    private volatile long lastNanos = -1;

    EventCarrier(List<LabEvent> from, List<LabEvent> to, Witness witness) {
        this.to = List.copyOf(to);
        this.witness = witness;
        for (LabEvent source : from) {
            for (LabEvent sink : to) {
                Link link = new Link(source, sink);
                links.add(link);
                source.source().plug(link);
            }
        }
    }

    @Override
    public void plug() {
        plugged = true;
    }

    @Override
    public void unplug() {
        plugged = false;
    }

    @Override
    public void close() {
        links.forEach(link -> link.from.source().unplug(link));
    }

    @Override
    public long carried() {
        return carried.get();
    }

    @Override
    public long lastNanos() {
        return lastNanos;
    }

    @Override
    public String detail() {
        long coalesced = to.stream().mapToLong(LabEvent::coalesced).sum();
        List<String> parts = new ArrayList<>();
        if (to.stream().anyMatch(LabEvent::isPending)) {
            parts.add("pending");
        }
        if (coalesced > 0) {
            parts.add(coalesced + " coalesced");
        }
        if (dropped.get() > 0) {
            parts.add(dropped + " dropped");
        }
        return String.join(", ", parts);
    }
}
