// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import vmlab.crossvm.Dataport;

/**
 * A dataport as one instance has it, {@code vm0.data}: the memory it shares by a connection or, while that is unplugged,
 * memory of its own. It is read and written as it is now; nothing is copied.
 *
 * <p>Threads: any, as with {@link Dataport}.
 */
public final class LabDataport {
    private static final int SHOWN_BYTES = 16;

    private final String path;
    private final long declaredBytes;
    private final Watches watches;

    /** Memory of its own, the newest last: of another size after it had that of a connection. Guarded by this object. */
    private final List<Dataport> own = new ArrayList<>();

    /** Those it shares its memory by; guarded by this object. */
    private int connections;

    /** Null until it is looked at. */
    private Dataport shown;

    LabDataport(String path, long declaredBytes, Watches watches) {
        this.path = Objects.requireNonNull(path);
        this.declaredBytes = declaredBytes;
        this.watches = Objects.requireNonNull(watches);
    }

    /** As it is written: {@code vm0.data}. */
    public String path() {
        return path;
    }

    public long sizeBytes() {
        return dataport().sizeBytes();
    }

    /** The memory it is now. */
    public synchronized Dataport dataport() {
        if (shown == null) {
            shown = own(declaredBytes);
        }
        return shown;
    }

    private Dataport own(long sizeBytes) {
        Dataport newest = own.isEmpty() ? null : own.get(own.size() - 1);
        if (newest == null || newest.sizeBytes() != sizeBytes) {
            newest = Dataport.create(path, sizeBytes);
            own.add(newest);
        }
        return newest;
    }

    /** The memory it shares with others now; empty if it has its own. */
    synchronized Optional<Dataport> shared() {
        return connections == 0 ? Optional.empty() : Optional.of(shown);
    }

    /** One more connection has it share this memory. */
    synchronized void join(Dataport memory) {
        connections++;
        shown = memory;
    }

    /**
     * It is in one connection less. Out of its last, it goes on with a copy of the memory.
     *
     * @param keeps whether it goes on with that memory itself
     */
    synchronized void leave(boolean keeps) {
        connections--;
        if (connections == 0 && !keeps) {
            byte[] content = bytes();
            Dataport parted = own(content.length);
            parted.memory().write(0, content);
            shown = parted;
        }
    }

    /** Gives its own memory back; it isn't used any more. */
    synchronized void close() {
        own.forEach(Dataport::close);
    }

    /** All of it. */
    public byte[] bytes() {
        return read(0, Math.toIntExact(sizeBytes()));
    }

    public byte[] read(long offset, int bytes) {
        return dataport().memory().read(offset, bytes);
    }

    public void write(long offset, byte[] bytes) {
        dataport().memory().write(offset, bytes);
    }

    /** C's string at the start: up to the first zero. */
    public String text() {
        return dataport().cString();
    }

    /** Writes C's string at the start: the text and a zero. */
    public void text(CharSequence text) {
        dataport().cString(text);
    }

    /**
     * From now on {@code watcher} is called when the content has changed. It is looked at whenever an event is emitted in
     * the lab, before who takes the event sees it, and whenever a wait for a VM ends: what is written and overwritten
     * between is not seen. The watcher runs where that happens, on a guest's or component's thread perhaps.
     *
     * @return ends the watch when it is run
     */
    public Runnable watch(Consumer<LabDataport> watcher) {
        return watches.add(this, watcher);
    }

    /** The first bytes for people: as text if they are, else in hex. */
    String preview() {
        byte[] start = read(0, (int) Math.min(SHOWN_BYTES, sizeBytes()));
        int length = 0;
        while (length < start.length && start[length] >= ' ' && start[length] < 0x7F) {
            length++;
        }
        boolean text = length > 0 && (length == start.length || start[length] == 0 || start[length] == '\n');
        if (text) {
            return "\"" + new String(start, 0, length, StandardCharsets.US_ASCII)
                    + (length == start.length ? "…" : "\"");
        }
        return hex(start);
    }

    private static String hex(byte[] start) {
        int length = start.length;
        while (length > 0 && start[length - 1] == 0) {
            length--;
        }
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < length; i++) {
            hex.append(i == 0 ? "" : " ").append("%02x".formatted(start[i]));
        }
        return length == 0 ? "zeros" : hex.toString();
    }

    /** What it is and what it can do, in one line. */
    @Override
    public String toString() {
        return "%s: dataport of %d bytes, %s (text() text('…') [0..15] read write bytes watch { })"
                .formatted(path, sizeBytes(), preview());
    }
}
