// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.MachineState;
import vmlab.vmm.MemoryImage;
import vmlab.vmm.RawMemory;
import vmlab.vmm.StateComparison;

/**
 * What differs between two snapshots of a VM.
 *
 * @param vm its name
 * @param apart guest time from the first to the second
 * @param registers the boot CPU's that differ, as a table; empty if none does
 * @param devices the names of those that aren't as they were
 * @param memory the pieces of RAM that differ, by address
 * @param printed what the console of the second has more
 */
public record SnapshotDiff(
        String vm, Duration apart, String registers, List<String> devices, List<Piece> memory, String printed) {
    /** Differences that are so near each other are one piece. */
    private static final int NEAR_BYTES = 16;

    private static final int PAGE = GuestMemory.PAGE_BYTES;

    /** Where 32-bit Linux sees the first 896 MB of RAM. */
    private static final long LINUX_BASE = 0xC000_0000L;

    private static final int SHOWN = 20;

    /**
     * A piece of RAM.
     *
     * @param address physical
     * @param symbol what of the kernel is there; empty if it isn't known
     */
    public record Piece(long address, long bytes, String symbol) {
        @Override
        public String toString() {
            return "%08x  %6d bytes  %s".formatted(address, bytes, symbol).strip();
        }
    }

    public SnapshotDiff {
        Objects.requireNonNull(vm);
        Objects.requireNonNull(apart);
        Objects.requireNonNull(registers);
        Objects.requireNonNull(printed);
        devices = List.copyOf(devices);
        memory = List.copyOf(memory);
    }

    static SnapshotDiff of(VmSnapshot first, VmSnapshot second, VmSymbols symbols) {
        MachineState a = first.machine().state();
        MachineState b = second.machine().state();
        CpuState one = a.cpus().get(0);
        CpuState other = b.cpus().get(0);
        List<String> devices = a.devices().keySet().stream()
                .filter(name -> !a.devices().get(name).equals(b.devices().get(name)))
                .toList();
        return new SnapshotDiff(
                first.vm(),
                second.time().minus(first.time()),
                registers(first.name(), one, second.name(), other),
                devices,
                memory(first.machine().memory(), second.machine().memory(), symbols),
                printed(first.state().console().text(), second.state().console().text()));
    }

    /** The table's head and the lines that it marks; empty if it marks none. */
    private static String registers(String firstName, CpuState first, String secondName, CpuState second) {
        List<String> lines = StateComparison.table(firstName, first, secondName, second)
                .lines()
                .toList();
        List<String> marked =
                lines.stream().filter(line -> line.startsWith("*")).toList();
        return marked.isEmpty() ? "" : lines.get(0) + "\n" + String.join("\n", marked);
    }

    /** All of it if the second doesn't begin as the first. */
    private static String printed(String first, String second) {
        return second.startsWith(first) ? second.substring(first.length()) : second;
    }

    private static List<Piece> memory(MemoryImage first, MemoryImage second, VmSymbols symbols) {
        BitSet pages = first.held();
        pages.or(second.held());
        List<long[]> ranges = new ArrayList<>();
        byte[] one = new byte[PAGE];
        byte[] other = new byte[PAGE];
        try (MemoryImage.View a = first.view();
                MemoryImage.View b = second.view()) {
            for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
                long at = (long) page * PAGE;
                RawMemory.copy(a.address() + at, one, 0, PAGE);
                RawMemory.copy(b.address() + at, other, 0, PAGE);
                compare(at, one, other, ranges);
            }
        }
        return ranges.stream()
                .map(range -> new Piece(
                        range[0],
                        range[1] - range[0],
                        symbols.at(range[0] + LINUX_BASE).orElse("")))
                .toList();
    }

    private static void compare(long at, byte[] one, byte[] other, List<long[]> ranges) {
        int from = Arrays.mismatch(one, other);
        while (from >= 0) {
            long address = at + from;
            long[] last = ranges.isEmpty() ? new long[] {0, Long.MIN_VALUE} : ranges.get(ranges.size() - 1);
            if (address - last[1] < NEAR_BYTES && last[1] >= 0) {
                last[1] = address + 1;
            } else {
                ranges.add(new long[] {address, address + 1});
            }
            int next = Arrays.mismatch(one, from + 1, PAGE, other, from + 1, PAGE);
            from = next < 0 ? -1 : from + 1 + next;
        }
    }

    /** How much RAM differs, in bytes. */
    public long memoryBytes() {
        return memory.stream().mapToLong(Piece::bytes).sum();
    }

    /** Whether nothing does. */
    public boolean isEmpty() {
        return registers.isEmpty() && devices.isEmpty() && memory.isEmpty() && printed.isEmpty();
    }

    /** For people: the first pieces of memory, and all else. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        lines.add("%s, %s later%s".formatted(vm, Spoken.duration(apart), isEmpty() ? ": nothing differs" : ""));
        if (!registers.isEmpty()) {
            lines.add(registers);
        }
        if (!devices.isEmpty()) {
            lines.add("devices: " + String.join(", ", devices));
        }
        if (!memory.isEmpty()) {
            lines.add("memory: %d bytes in %d pieces".formatted(memoryBytes(), memory.size()));
            memory.stream().limit(SHOWN).forEach(piece -> lines.add("  " + piece));
            if (memory.size() > SHOWN) {
                lines.add("  …");
            }
        }
        if (!printed.isEmpty()) {
            lines.add("console: " + printed.strip());
        }
        return String.join("\n", lines);
    }
}
