// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestMemoryTest {
    private final GuestMemory memory = GuestMemory.allocate(0x2000);

    @AfterEach
    void close() {
        memory.close();
    }

    @ParameterizedTest
    @CsvSource({"0", "-4096", "4095", "3221229568"})
    void impossibleSizeIsRefused(long size) {
        assertThrows(IllegalArgumentException.class, () -> GuestMemory.allocate(size));
    }

    @Test
    void freshMemoryIsZeroAndPageAligned() {
        assertEquals(0, memory.read64(0x1FF8));
        assertEquals(0, memory.address() % GuestMemory.PAGE_BYTES);
    }

    @Test
    void storesAreLittleEndianUnalignedAndOfEveryWidth() {
        memory.write64(1, 0x8877665544332211L);
        assertEquals(0x11, memory.read8(1));
        assertEquals(0x3322, memory.read16(2));
        assertEquals(0x88776655, memory.read32(5));
        assertEquals(0x8877665544332211L, memory.read64(1));
        memory.write32(1, 0xF0E0D0C0);
        memory.write16(2, 0xFFFF);
        memory.write8(4, 0x80);
        assertArrayEquals(new byte[] {(byte) 0xC0, -1, -1, (byte) 0x80}, memory.read(1, 4));
    }

    @Test
    void narrowReadsAreUnsigned() {
        memory.write32(0, -1);
        assertEquals(0xFF, memory.read8(0));
        assertEquals(0xFFFF, memory.read16(0));
    }

    @Test
    void lastByteIsInsideAndTheNextOutside() {
        memory.write8(0x1FFF, 0x80);
        assertEquals(0x80, memory.read8(0x1FFF));
        assertEquals(
                "guest address 0x1ffd, 4 bytes, is outside the RAM of 0x2000 bytes",
                assertThrows(IndexOutOfBoundsException.class, () -> memory.read32(0x1FFD))
                        .getMessage());
        assertThrows(IndexOutOfBoundsException.class, () -> memory.write8(-1, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.write(0, new byte[0x2001]));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.read8(Long.MAX_VALUE));
    }

    @Test
    void listenersHearOfEveryStore() {
        List<String> heard = new ArrayList<>();
        memory.onWrite((address, bytes) -> heard.add(address + "+" + bytes));
        memory.write8(1, 0);
        memory.write16(2, 0);
        memory.write32(3, 0);
        memory.write64(4, 0);
        memory.write(5, new byte[77]);
        assertEquals(List.of("1+1", "2+2", "3+4", "4+8", "5+77"), heard);
    }

    @Test
    void closedMemoryIsAnExceptionAndNoCrash() {
        memory.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> memory.write8(0, 1));
    }
}
