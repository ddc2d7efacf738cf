// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import vmlab.crossvm.Dataport;

/**
 * Gives the ends of a connection one memory. Ends that are in several such connections have one memory with all of them.
 * Threads: one at a time.
 */
final class MemoryCarrier implements LabConnection.Carrier {
    private final List<LabDataport> ends;
    private final LabDataport keeper;
    private final Supplier<Dataport> fresh;

    /** Null until it is plugged in. */
    private Dataport memory;

    /**
     * Of a connection that isn't plugged in.
     *
     * @param keeper the end that keeps the memory when the connection is unplugged
     * @param fresh makes the memory
     */
    MemoryCarrier(List<LabDataport> ends, LabDataport keeper, Supplier<Dataport> fresh) {
        this.ends = List.copyOf(ends);
        this.keeper = keeper;
        this.fresh = fresh;
    }

    @Override
    public void plug() {
        memory = ends.stream()
                .flatMap(end -> end.shared().stream())
                .findFirst()
                .orElseGet(() -> memory == null ? first() : memory);
        ends.forEach(end -> end.join(memory));
    }

    /** With the content that the keeper has: a guest may have it in use. */
    private Dataport first() {
        Dataport made = fresh.get();
        byte[] content = keeper.bytes();
        made.memory().write(0, Arrays.copyOf(content, (int) Math.min(content.length, made.sizeBytes())));
        return made;
    }

    @Override
    public void unplug() {
        ends.forEach(end -> end.leave(end == keeper));
    }

    @Override
    public void close() {
        // Who kept the memory has it still.
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
        return keeper.sizeBytes() + " bytes, " + keeper.preview();
    }
}
