// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IoBusTest {
    private final List<String> events = new ArrayList<>();
    private final List<String> accesses = new ArrayList<>();
    private final IoBus bus = new IoBus("port", (source, message) -> events.add(source + ": " + message));

    /** Reads as its name's character in every byte. */
    private IoDevice device(char name) {
        return new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                accesses.add("%c read %d+%d".formatted(name, offset, bytes));
                return name * 0x0101_0101_0101_0101L;
            }

            @Override
            public void write(long offset, int bytes, long value) {
                accesses.add("%c write %d+%d %x".formatted(name, offset, bytes, value));
            }
        };
    }

    private void map(long base, long size, char name) {
        bus.map(new AddressRange(base, size), "dev" + name, device(name));
    }

    @ParameterizedTest
    @CsvSource({
        "0x3F8, 8, port 0x3f8-0x3ff of devB overlaps 0x3f8-0x3ff of devA",
        "0x3F0, 9, port 0x3f0-0x3f8 of devB overlaps 0x3f8-0x3ff of devA",
        "0x3FF, 1, port 0x3ff-0x3ff of devB overlaps 0x3f8-0x3ff of devA",
        "0x3FA, 2, port 0x3fa-0x3fb of devB overlaps 0x3f8-0x3ff of devA",
        "0x000, 4096, port 0x0-0xfff of devB overlaps 0x3f8-0x3ff of devA",
    })
    void overlapIsRefusedNamingBothOwners(long base, long size, String message) {
        map(0x3F8, 8, 'A');
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> map(base, size, 'B'))
                        .getMessage());
        assertEquals(List.of("0x3f8-0x3ff devA"), bus.describe());
    }

    @Test
    void neighboursDoNotOverlap() {
        map(0x3F8, 8, 'A');
        map(0x3F0, 8, 'B');
        map(0x400, 8, 'C');
        assertEquals(List.of("0x3f0-0x3f7 devB", "0x3f8-0x3ff devA", "0x400-0x407 devC"), bus.describe());
    }

    @ParameterizedTest
    @CsvSource({"1, 0x41", "2, 0x4141", "4, 0x41414141", "8, 0x4141414141414141"})
    void readIsCutToItsWidth(int bytes, long value) {
        map(0x100, 8, 'A');
        assertEquals(value, bus.read(0x100, bytes));
        assertEquals(List.of("A read 0+" + bytes), accesses);
    }

    @Test
    void writeIsCutToItsWidthAndGetsItsOffset() {
        map(0x100, 8, 'A');
        bus.write(0x103, 2, 0x12345678);
        assertEquals(List.of("A write 3+2 5678"), accesses);
    }

    @Test
    void accessOverTheEndOfARangeIsSplitIntoBytes() {
        map(0x100, 2, 'A');
        map(0x102, 1, 'B');
        assertEquals(0xFF42_4141L, bus.read(0x100, 4));
        bus.write(0x101, 2, 0xBEEF);
        assertEquals(List.of("A read 0+1", "A read 1+1", "B read 0+1", "A write 1+1 ef", "B write 0+1 be"), accesses);
    }

    @Test
    void accessThatStartsBelowADeviceReachesIt() {
        map(0x102, 1, 'B');
        assertEquals(0xFF42_FFFFL, bus.read(0x100, 4));
    }

    @ParameterizedTest
    @CsvSource({"1, 0xFF", "2, 0xFFFF", "4, 0xFFFFFFFF", "8, -1"})
    void unclaimedReadIsAllOnesAndReportedOnce(int bytes, long ones) {
        assertEquals(ones, bus.read(0x80, bytes));
        assertEquals(ones, bus.read(0x80, bytes));
        bus.write(0x80, bytes, 0);
        assertEquals(List.of("port: read from unclaimed address 0x80"), events);
    }

    @Test
    void unclaimedWriteIsReportedOnce() {
        bus.write(0xED, 4, 0);
        bus.write(0xED, 1, 0);
        assertEquals(List.of("port: write to unclaimed address 0xed"), events);
    }

    @Test
    void guestThatProbesEverythingIsNotReportedWithoutEnd() {
        for (int address = 0; address < 0x10000; address++) {
            bus.read(address, 1);
        }
        assertEquals(1024, events.size());
    }

    @Test
    void unmappedRangeIsFreeAgain() {
        map(0x100, 8, 'A');
        bus.read(0x100, 1);
        assertTrue(bus.isMapped(0x107));
        bus.unmap(0x100);
        assertFalse(bus.isMapped(0x107));
        assertEquals(0xFF, bus.read(0x100, 1));
        map(0x104, 8, 'B');
        assertEquals(0x42, bus.read(0x104, 1));
    }

    @Test
    void addressesAbove2GigabytesWork() {
        map(0xFEE00000L, 0x1000, 'A');
        assertEquals(0x41414141L, bus.read(0xFEE00FFCL, 4));
        assertFalse(bus.isMapped(0xFEE01000L));
    }

    @Test
    void byteDeviceSeesAWideAccessAsBytesLowestFirst() {
        List<String> seen = new ArrayList<>();
        bus.map(new AddressRange(0x40, 4), "pit0", new ByteIoDevice() {
            @Override
            public int readByte(int offset) {
                return 0x80 + offset;
            }

            @Override
            public void writeByte(int offset, int value) {
                seen.add("%d=%x".formatted(offset, value));
            }
        });
        assertEquals(0x8281L, bus.read(0x41, 2));
        bus.write(0x40, 4, 0x8899AABBL);
        assertEquals(List.of("0=bb", "1=aa", "2=99", "3=88"), seen);
    }
}
