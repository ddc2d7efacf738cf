// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.GuestMemory;

/** The table as an operating system reads it: it looks for the pointer, checks sums, and walks the entries. */
class MpTableTest {
    private static final int[] ENTRY_BYTES = {20, 8, 8, 8, 8};

    private final GuestMemory ram = GuestMemory.allocate(1 << 20);

    @AfterEach
    void close() {
        ram.close();
    }

    private record Entry(int type, List<Integer> octets) {
        int u8(int offset) {
            return octets.get(offset);
        }

        long u32(int offset) {
            return u8(offset) | u8(offset + 1) << 8 | u8(offset + 2) << 16 | (long) u8(offset + 3) << 24;
        }
    }

    private String ascii(long at, int bytes) {
        return new String(ram.read(at, bytes), StandardCharsets.US_ASCII);
    }

    private int sum(long at, int bytes) {
        int sum = 0;
        for (byte b : ram.read(at, bytes)) {
            sum += b;
        }
        return sum & 0xFF;
    }

    /** As section 4 says: on 16-byte boundaries from 0F0000h to 0FFFFFh. */
    private long pointer() {
        List<Long> found = new ArrayList<>();
        for (long at = 0xF0000; at < 0x100000; at += 16) {
            if (ascii(at, 4).equals("_MP_") && sum(at, 16 * ram.read8(at + 8)) == 0) {
                found.add(at);
            }
        }
        assertEquals(1, found.size(), "pointers in the BIOS area");
        return found.get(0);
    }

    private long table() {
        return ram.read32(pointer() + 4) & 0xFFFFFFFFL;
    }

    private List<Entry> entries(int type) {
        long at = table() + 44;
        List<Entry> entries = new ArrayList<>();
        for (int left = ram.read16(table() + 34); left > 0; left--) {
            List<Integer> octets = new ArrayList<>();
            for (int i = 0; i < ENTRY_BYTES[ram.read8(at)]; i++) {
                octets.add(ram.read8(at + i));
            }
            entries.add(new Entry(octets.get(0), octets));
            at += octets.size();
        }
        assertEquals(table() + ram.read16(table() + 4), at, "the entries end where the table does");
        return entries.stream().filter(entry -> entry.type == type).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    @DisplayName("4.2: signature, length, revision and checksum of the configuration table")
    void headerIsSound(int cpus) {
        MpTable.write(ram, cpus);
        int bytes = ram.read16(table() + 4);
        assertEquals("PCMP", ascii(table(), 4));
        assertEquals(44 + 20 * cpus + 8 * (2 + 1 + 15 + 2), bytes);
        assertEquals(4, ram.read8(table() + 6));
        assertEquals(0, sum(table(), bytes));
        assertEquals("vmlab   PC          ", ascii(table() + 8, 20));
        assertEquals(0, ram.read32(table() + 28), "a table of the board's maker");
        assertEquals(0xFEE00000, ram.read32(table() + 36));
        assertEquals(0, ram.read32(table() + 40), "the extended table");
        assertEquals(0, table() % 16);
    }

    @Test
    @DisplayName("4.1: a table is present, its interrupts come in virtual wire mode")
    void pointerSaysThereIsATable() {
        MpTable.write(ram, 2);
        assertEquals(1, ram.read8(pointer() + 8));
        assertEquals(4, ram.read8(pointer() + 9));
        assertEquals(0, ram.read8(pointer() + 11), "none of the default configurations");
        assertEquals(0, ram.read8(pointer() + 12), "no IMCR");
    }

    @Test
    @DisplayName("4.3.1: the boot CPU comes first, all have an APIC")
    void processorsCountFromTheBootCpu() {
        MpTable.write(ram, 3);
        List<Entry> cpus = entries(0);
        assertEquals(List.of(0, 1, 2), cpus.stream().map(cpu -> cpu.u8(1)).toList());
        assertEquals(List.of(3, 1, 1), cpus.stream().map(cpu -> cpu.u8(3)).toList());
        for (Entry cpu : cpus) {
            assertEquals(0x6A9, cpu.u32(4), "family, model and stepping as CPUID says");
            assertTrue((cpu.u32(8) & 1 << 9) != 0, "APIC");
            assertEquals(0, cpu.u32(12) | cpu.u32(16), "reserved");
        }
    }

    @Test
    @DisplayName("4.3.2 and 4.3.3: buses count from 0; the I/O APIC's identifier is no CPU's")
    void busesAndIoApic() {
        MpTable.write(ram, 2);
        List<Entry> buses = entries(1);
        assertEquals(List.of(0, 1), buses.stream().map(bus -> bus.u8(1)).toList());
        assertEquals(
                List.of("PCI   ", "ISA   "),
                buses.stream().map(MpTableTest::busType).toList());
        Entry ioApic = entries(2).get(0);
        assertEquals(2, ioApic.u8(1));
        assertEquals(1, ioApic.u8(3), "usable");
        assertEquals(0xFEC00000L, ioApic.u32(4));
    }

    private static String busType(Entry bus) {
        StringBuilder type = new StringBuilder();
        bus.octets.subList(2, 8).forEach(octet -> type.append((char) octet.intValue()));
        return type.toString();
    }

    @Test
    @DisplayName("4.3.4: each ISA line but the cascade has an input of the I/O APIC, no two the same")
    void isaLinesReachTheIoApic() {
        MpTable.write(ram, 2);
        List<Entry> lines = entries(3);
        assertEquals(
                List.of(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                lines.stream().map(line -> line.u8(5)).toList());
        List<Integer> inputs = lines.stream().map(line -> line.u8(7)).toList();
        assertEquals(List.of(0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), inputs);
        for (Entry line : lines) {
            assertEquals(List.of(3, 0, 0, 0, 1), line.octets.subList(0, 5), "INT of bus ISA, as that bus does it");
            assertEquals(2, line.u8(6));
        }
    }

    @Test
    @DisplayName("4.3.5: LINT0 of all takes the interrupt controllers' INTR, LINT1 the NMI")
    void localInterrupts() {
        MpTable.write(ram, 2);
        List<Entry> lints = entries(4);
        assertEquals(List.of(4, 3, 0, 0, 1, 0, 0xFF, 0), lints.get(0).octets());
        assertEquals(List.of(4, 1, 0, 0, 1, 0, 0xFF, 1), lints.get(1).octets());
        assertEquals(2, lints.size());
    }
}
