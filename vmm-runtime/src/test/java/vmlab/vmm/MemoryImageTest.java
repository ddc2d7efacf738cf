// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "in huge pages: {0}")
@ValueSource(booleans = {false, true})
class MemoryImageTest {
    private static final int PAGE = GuestMemory.PAGE_BYTES;
    private static final int BYTES = 64 * PAGE;

    private final GuestMemory memory;

    MemoryImageTest(boolean inHugePages) {
        memory = inHugePages ? GuestMemory.allocateInHugePages(BYTES) : GuestMemory.allocate(BYTES);
    }

    private static byte[] content(GuestMemory of) {
        return of.read(0, (int) of.sizeBytes());
    }

    private static byte[] content(MemoryImage image) {
        byte[] bytes = new byte[(int) image.sizeBytes()];
        try (MemoryImage.View view = image.view()) {
            RawMemory.copy(view.address(), bytes, 0, bytes.length);
        }
        return bytes;
    }

    @Test
    void whatIsWrittenLaterIsNotInTheImage() {
        memory.write32(8, 1);
        try (memory;
                MemoryImage image = memory.freeze()) {
            memory.write32(8, 2);
            memory.write32(5 * PAGE, 3);
            memory.adopt(image);

            assertEquals(1, memory.read32(8));
            assertEquals(0, memory.read32(5 * PAGE));
        }
    }

    @Test
    void guestsOfOneImageDontSeeEachOther() {
        memory.write32(0, 1);
        try (memory;
                MemoryImage image = memory.freeze();
                GuestMemory other = GuestMemory.allocate(BYTES)) {
            other.adopt(image);
            other.write32(0, 2);
            memory.write32(4, 3);

            assertEquals(
                    List.of(1, 3, 2, 0), List.of(memory.read32(0), memory.read32(4), other.read32(0), other.read32(4)));
        }
    }

    @Test
    void anImageOutlivesTheMemoryAndTheImagesItCameFrom() {
        memory.write32(0, 1);
        MemoryImage first = memory.freeze();
        memory.write32(PAGE, 2);
        MemoryImage second = memory.freeze();
        memory.close();
        first.close();

        assertEquals(2, content(second)[PAGE]);
        assertEquals(1, content(second)[0]);
        second.close();
        second.close();
        assertThrows(IllegalStateException.class, second::share);
    }

    @Test
    void aLaterImageHoldsWhatHasChangedAndNothingElse() {
        memory.write(0, ones(10 * PAGE));
        try (memory;
                MemoryImage first = memory.freeze()) {
            memory.write8(3 * PAGE, 2);
            assertEquals(
                    BitSet.valueOf(new long[] {1 << 3}),
                    ChangedPages.of(memory, first).pages());
            try (MemoryImage second = memory.freeze()) {
                assertTrue(ChangedPages.of(memory, second).pages().isEmpty(), "nothing has changed since");
                assertEquals(10, second.held().cardinality());
            }
        }
    }

    @Test
    void whereTheHostDoesntTellWhatHasChangedAllThatIsNotZeroIsKept() {
        memory.write8(3 * PAGE + 5, 1);
        memory.write8(9 * PAGE - 1, 1);
        memory.write8(7 * PAGE, 1);
        memory.write8(7 * PAGE, 0);
        try (memory) {
            assertEquals("{3, 8}", ChangedPages.nonZero(memory).toString());
        }
    }

    private static byte[] ones(int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) 1);
        return bytes;
    }

    @Test
    void anImageOfAnotherSizeIsRefused() {
        try (memory;
                GuestMemory small = GuestMemory.allocate(PAGE);
                MemoryImage image = small.freeze()) {
            assertThrows(IllegalArgumentException.class, () -> memory.adopt(image));
        }
    }

    @Test
    void sharedMemoryStaysWhereItIsAndRamComesBackBelow() {
        try (memory;
                SharedMemory shared = SharedMemory.create("s", PAGE)) {
            memory.write8(2 * PAGE, 1);
            memory.map(2 * PAGE, shared);
            shared.write8(0, 7);
            try (MemoryImage image = memory.freeze()) {
                memory.write8(3 * PAGE, 9);
                memory.adopt(image);
                assertEquals(7, memory.read8(2 * PAGE));
                memory.write8(2 * PAGE, 8);
                assertEquals(8, shared.read8(0), "it is still shared");
                memory.unmap(2 * PAGE);
                assertEquals(8, memory.read8(2 * PAGE), "RAM keeps what was there last");
                assertEquals(0, memory.read8(3 * PAGE));
                try (MemoryImage later = memory.freeze()) {
                    assertEquals(8, content(later)[2 * PAGE]);
                }
            }
        }
    }

    @Test
    void adoptingTellsThatCodeMayHaveChanged() {
        List<Long> told = new ArrayList<>();
        try (memory;
                MemoryImage image = memory.freeze()) {
            memory.onWrite((address, bytes) -> told.add(bytes));
            memory.adopt(image);
        }
        assertEquals(List.of((long) BYTES), told);
    }

    @Test
    void anImageCanLieInAFileThatIsDeletedMeanwhile(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("image"), ones(PAGE + BYTES));
        BitSet all = new BitSet();
        all.set(0, BYTES / PAGE);
        try (memory;
                MemoryImage image = MemoryImage.ofFile(file, PAGE, BYTES, all)) {
            memory.adopt(image);
            Files.delete(file);
            memory.write8(1, 5);

            assertEquals(List.of(1, 5, 1), List.of(memory.read8(0), memory.read8(1), memory.read8(BYTES - 1)));
            assertEquals(1, content(image)[1]);
        }
        assertThrows(HostMistake.class, () -> MemoryImage.ofFile(file, 0, BYTES, all));
    }

    /** Memories and images beside plain arrays that do the same by copying; more layers and runs than are kept. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anySequenceOfWritesImagesAndAdoptionsIsAsWithCopies(long seed) {
        Random random = new Random(seed);
        List<GuestMemory> memories = List.of(memory, GuestMemory.allocate(BYTES));
        byte[][] expected = new byte[2][BYTES];
        List<MemoryImage> images = new ArrayList<>();
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int which = random.nextInt(2);
            GuestMemory at = memories.get(which);
            switch (random.nextInt(6)) {
                case 0 -> {
                    images.add(at.freeze());
                    kept.add(expected[which].clone());
                }
                case 1 -> {
                    if (!images.isEmpty()) {
                        int chosen = random.nextInt(images.size());
                        at.adopt(images.get(chosen));
                        expected[which] = kept.get(chosen).clone();
                    }
                }
                default -> {
                    int address = random.nextInt(BYTES - 2 * PAGE);
                    byte[] bytes = new byte[1 + random.nextInt(2 * PAGE)];
                    random.nextBytes(bytes);
                    at.write(address, bytes);
                    System.arraycopy(bytes, 0, expected[which], address, bytes.length);
                }
            }
            assertArrayEquals(expected[which], content(at), "step " + i);
        }
        for (int i = 0; i < images.size(); i++) {
            assertArrayEquals(kept.get(i), content(images.get(i)), "image " + i);
            images.get(i).close();
        }
        memories.forEach(GuestMemory::close);
    }
}
