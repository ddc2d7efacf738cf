// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Maps address ranges to devices. A machine has two: the I/O ports and the memory-mapped registers.
 *
 * <p>Ranges are disjoint; a device may own several. An address nobody owns reads all ones, as an open bus does, and is
 * reported once; so many are reported and no more, lest a guest that probes everything fills the host's memory. An access that runs over the end of its range is split into bytes.
 *
 * <p>Not modelled: wait states, bus errors. Threads: mapped before the machine runs, used by the vCPU's thread.
 */
public final class IoBus {
    private static final int MOST_REPORTS = 1024;

    private record Mapping(AddressRange range, String owner, IoDevice device) {}

    private final String name;
    private final GuestEvents events;
    private final TreeMap<Long, Mapping> mappings = new TreeMap<>();
    private final Set<Long> reportedAddresses = new HashSet<>();
    private Mapping lastHit;

    /**
     * An empty bus.
     *
     * @param name what the bus is called in reports, such as {@code port}
     * @param events where accesses to unclaimed addresses are reported
     */
    public IoBus(String name, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.events = Objects.requireNonNull(events);
    }

    /**
     * Gives a range to a device.
     *
     * @throws IllegalArgumentException if any address of it is taken; both owners are named
     */
    public void map(AddressRange range, String owner, IoDevice device) {
        Mapping added = new Mapping(range, Objects.requireNonNull(owner), Objects.requireNonNull(device));
        Map.Entry<Long, Mapping> below = mappings.lowerEntry(range.end());
        if (below != null && below.getValue().range.overlaps(range)) {
            throw new IllegalArgumentException("%s %s of %s overlaps %s of %s"
                    .formatted(name, range, owner, below.getValue().range, below.getValue().owner));
        }
        mappings.put(range.base(), added);
    }

    /** Takes back the range that starts at {@code base}; nothing happens if there is none. */
    public void unmap(long base) {
        mappings.remove(base);
        lastHit = null;
    }

    /** The ranges in use with their owners, for people to read, in the order of their addresses. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        mappings.values().forEach(m -> lines.add(m.range + " " + m.owner));
        return lines;
    }

    /** Whether nobody owns any address of a range. */
    public boolean isFree(AddressRange range) {
        Map.Entry<Long, Mapping> below = mappings.lowerEntry(range.end());
        return below == null || !below.getValue().range.overlaps(range);
    }

    public boolean isMapped(long address) {
        return find(address) != null;
    }

    /** Reads {@code bytes} (1, 2, 4 or 8) bytes at {@code address}, little-endian. */
    public long read(long address, int bytes) {
        Mapping hit = find(address);
        if (hit != null && address + bytes <= hit.range.end()) {
            return hit.device.read(address - hit.range.base(), bytes) & mask(bytes);
        }
        if (nobodyOwns(address, bytes)) {
            reportUnclaimed("read from", address);
            return mask(bytes);
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= read(address + i, 1) << (8 * i);
        }
        return value;
    }

    /** Writes the low {@code bytes} (1, 2, 4 or 8) bytes of {@code value} at {@code address}, little-endian. */
    public void write(long address, int bytes, long value) {
        Mapping hit = find(address);
        if (hit != null && address + bytes <= hit.range.end()) {
            hit.device.write(address - hit.range.base(), bytes, value & mask(bytes));
        } else if (nobodyOwns(address, bytes)) {
            reportUnclaimed("write to", address);
        } else {
            for (int i = 0; i < bytes; i++) {
                write(address + i, 1, value >>> (8 * i));
            }
        }
    }

    private boolean nobodyOwns(long address, int bytes) {
        Map.Entry<Long, Mapping> below = mappings.lowerEntry(address + bytes);
        return below == null || below.getValue().range.end() <= address;
    }

    private Mapping find(long address) {
        Mapping last = lastHit;
        if (last != null && last.range.contains(address)) {
            return last;
        }
        Map.Entry<Long, Mapping> below = mappings.floorEntry(address);
        if (below == null || !below.getValue().range.contains(address)) {
            return null;
        }
        lastHit = below.getValue();
        return lastHit;
    }

    private void reportUnclaimed(String what, long address) {
        if (reportedAddresses.size() < MOST_REPORTS && reportedAddresses.add(address)) {
            events.report(name, what + " unclaimed address %#x".formatted(address));
        }
    }

    private static long mask(int bytes) {
        return bytes == 8 ? -1L : (1L << (8 * bytes)) - 1;
    }
}
