// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;

/**
 * What happened in a lab, in order: the newest 65,536 entries. Reports and exports read it here.
 *
 * <p>Times are those of the VM that had part in it; of what no VM had part in, the time of the VM that is furthest. Threads:
 * any.
 */
public final class Timeline {
    /** What an entry tells of. */
    public enum Kind {
        /** An event went from source to sink. */
        EVENT,
        /** An event was emitted to nobody. */
        DROPPED,
        /** A component began to wait for an event of its own, the sink. */
        WAIT,
        /** A component, the source, called a procedure of another, the sink. */
        CALL,
        /** A component printed a line. */
        PRINT,
        /** A guest called its VMM. */
        HYPERCALL,
        /** A VM or a component began, ended or failed, or a VM was paused or went on. */
        STATE,
        /** A connection was plugged in or out. */
        PLUG
    }

    /**
     * An entry.
     *
     * @param number counted from 0 on
     * @param nanos guest time since power-on
     * @param source an instance, an interface of one or a connection, by its name
     * @param sink the other end; empty if there is none
     * @param detail text that depends on the kind
     */
    public record Entry(long number, long nanos, Kind kind, String source, String sink, String detail) {
        public Entry {
            Objects.requireNonNull(kind);
            Objects.requireNonNull(source);
            Objects.requireNonNull(sink);
            Objects.requireNonNull(detail);
        }

        public Duration time() {
            return Duration.ofNanos(nanos);
        }

        /** A line for people. */
        @Override
        public String toString() {
            return "%12.6f s  %-9s %s%s%s"
                    .formatted(
                            nanos / 1e9,
                            kind.name().toLowerCase(java.util.Locale.ROOT),
                            source,
                            sink.isEmpty() ? "" : " -> " + sink,
                            detail.isEmpty() ? "" : "  " + detail);
        }
    }

    private static final int KEPT = 1 << 16;
    private static final int SHOWN = 20;

    /** Guarded by this object, as is the count. */
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();

    private long recorded;

    Timeline() {}

    synchronized void record(long nanos, Kind kind, String source, String sink, String detail) {
        if (entries.size() == KEPT) {
            entries.removeFirst();
        }
        entries.add(new Entry(recorded, nanos, kind, source, sink, detail));
        recorded++;
    }

    /** How many entries there were, those that are gone included: the number that the next one gets. */
    public synchronized long recorded() {
        return recorded;
    }

    /** What is kept, oldest first. */
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** What is kept of the entries from that number on. */
    public List<Entry> since(long number) {
        return entries().stream().filter(entry -> entry.number() >= number).toList();
    }

    /** The newest of that kind, oldest first. */
    public List<Entry> of(Kind kind) {
        return entries().stream().filter(entry -> entry.kind() == kind).toList();
    }

    /** The newest lines. */
    @Override
    public String toString() {
        List<Entry> all = entries();
        List<String> lines = all.stream()
                .skip(Math.max(0, all.size() - SHOWN))
                .map(Entry::toString)
                .toList();
        return lines.isEmpty() ? "nothing has happened so far" : String.join("\n", lines);
    }
}
