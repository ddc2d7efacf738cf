// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedMemoryTest {
    private static final int RAM_BYTES = 0x8000;
    private static final long ABOVE = 0xD0000000L;

    private final GuestMemory ram = GuestMemory.allocate(RAM_BYTES);
    private final SharedMemory shared = SharedMemory.create("test", 0x2000);

    @AfterEach
    void close() {
        shared.close();
        ram.close();
    }

    @Test
    void whatOneSideWritesTheOtherReadsAtOnce() {
        ram.map(0x3000, shared);
        shared.write32(0x1FFC, 0x12345678);
        assertEquals(0x12345678, ram.read32(0x4FFC));
        ram.write8(0x3000, 0xFE);
        assertEquals(0xFE, shared.read8(0));
    }

    @Test
    void onePieceCanBeInSeveralGuests() {
        try (GuestMemory other = GuestMemory.allocate(RAM_BYTES)) {
            ram.map(0, shared);
            other.map(0x6000, shared);
            ram.write64(8, -2);
            assertEquals(-2, other.read64(0x6008));
        }
    }

    @Test
    void anotherProcessWritesAndMapsItAndCannotTruncateIt() throws IOException, InterruptedException {
        ram.map(0x1000, shared);
        String path = shared.path().toString();
        assertEquals(0, shell("printf ab 1<>\"$0\"", path));
        assertEquals('a' | 'b' << 8, ram.read16(0x1000));
        assertNotEquals(0, shell(": >\"$0\"", path), "truncated");
        try (FileChannel file = FileChannel.open(shared.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer elsewhere = file.map(FileChannel.MapMode.READ_WRITE, 0, shared.sizeBytes());
            elsewhere.put(2, (byte) 'c');
            assertEquals('c', ram.read8(0x1002));
        }
    }

    private static int shell(String command, String path) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", command, path)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    @Test
    void ramKeepsWhatWasInItLastAndNothingMore() {
        ram.write8(0x2FFF, 1);
        ram.write8(0x5000, 2);
        ram.map(0x3000, shared);
        shared.write(5, new byte[] {7, 8, 9});
        ram.unmap(0x3000);
        shared.write8(5, 0);
        assertArrayEquals(new byte[] {7, 8, 9}, ram.read(0x3005, 3));
        assertEquals(1, ram.read8(0x2FFF));
        assertEquals(2, ram.read8(0x5000));
        assertThrows(IllegalArgumentException.class, () -> ram.unmap(0x3000));
    }

    @Test
    void codeOfTheRangeIsForgottenAndWindowsAreAnnounced() {
        List<String> heard = new ArrayList<>();
        ram.onWrite((address, bytes) -> heard.add("written %#x %#x".formatted(address, bytes)));
        ram.onWindow(new GuestMemory.WindowListener() {
            @Override
            public void opened(AddressRange window) {
                heard.add("opened " + window);
            }

            @Override
            public void closed(AddressRange window) {
                heard.add("closed " + window);
            }
        });
        ram.map(0x3000, shared);
        ram.map(ABOVE, shared);
        assertEquals(List.of(new AddressRange(ABOVE, 0x2000)), ram.windows());
        ram.unmap(ABOVE);
        ram.unmap(0x3000);

        assertEquals(List.of(), ram.windows());
        assertEquals(
                List.of(
                        "written 0x3000 0x2000",
                        "opened 0xd0000000-0xd0001fff",
                        "closed 0xd0000000-0xd0001fff",
                        "written 0x3000 0x2000"),
                heard);
    }

    @ParameterizedTest
    @CsvSource({
        "0x2001, not a page's",
        "0x7000, over the end of RAM",
        "0x4000, over a mapped page",
        "0xFEBFF000, over the APICs",
        "0xFFFFF000, over the end of 32 bits"
    })
    void aPlaceThatCannotBeIsRefusedAndNothingChanges(String at, String why) {
        ram.map(0x5000, shared);
        long address = Long.decode(at);

        assertFalse(ram.canMap(new AddressRange(address, shared.sizeBytes())), why);
        assertThrows(IllegalArgumentException.class, () -> ram.map(address, shared), why);
        assertTrue(ram.canMap(new AddressRange(0x1000, 0x4000)));
    }

    @Test
    void closedMemoryIsAnExceptionHereAndStaysInTheGuest() {
        ram.map(0, shared);
        shared.write8(0, 77);
        shared.close();
        shared.close();

        assertThrows(IllegalStateException.class, () -> shared.read8(0));
        assertThrows(IllegalStateException.class, shared::path);
        assertEquals(77, ram.read8(0));
    }

    @Test
    void offsetsOutsideAndOddSizesAreRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> shared.read8(0x2000));
        assertThrows(IndexOutOfBoundsException.class, () -> shared.write64(0x1FF9, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> shared.read(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> SharedMemory.create("odd", 4095));
        assertThrows(IllegalArgumentException.class, () -> SharedMemory.create("none", 0));
    }
}
