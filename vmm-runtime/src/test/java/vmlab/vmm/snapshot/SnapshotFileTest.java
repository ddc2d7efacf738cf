// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;
import vmlab.vmm.MemoryImage;

class SnapshotFileTest {
    private static final int PAGE = GuestMemory.PAGE_BYTES;
    private static final int BYTES = 300 * PAGE;

    private record Thing(int number, String text) {}

    private record OtherThing(long number, String text) {}

    @TempDir
    private Path folder;

    private Path file;
    private final GuestMemory memory = GuestMemory.allocate(BYTES);

    @BeforeEach
    void fill() {
        file = folder.resolve("a/b.snapshot");
        Random random = new Random(1);
        for (int page : List.of(0, 1, 2, 50, 298)) {
            byte[] bytes = new byte[PAGE];
            random.nextBytes(bytes);
            memory.write((long) page * PAGE, bytes);
        }
        memory.write8(100 * PAGE, 1);
        memory.write8(100 * PAGE, 0);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private void write(boolean packed) {
        try (MemoryImage image = memory.freeze()) {
            new SnapshotWriter("1.2.3")
                    .record("thing", new Thing(7, "seven"))
                    .memory("first", image)
                    .memory("second", image)
                    .write(file, packed);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasWrittenIsRead(boolean packed) {
        write(packed);
        SnapshotFile snapshot = SnapshotFile.open(file);

        assertEquals("1.2.3", snapshot.writer());
        assertEquals(new Thing(7, "seven"), snapshot.record("thing", Thing.class));
        assertEquals(10L * PAGE, snapshot.memoryBytes(), "pages of zeros aren't kept");
        for (String name : List.of("first", "second")) {
            try (MemoryImage image = snapshot.memory(name);
                    GuestMemory other = GuestMemory.allocate(BYTES)) {
                other.adopt(image);
                assertArrayEquals(memory.read(0, BYTES), other.read(0, BYTES));
            }
        }
    }

    @Test
    void aFileIsReplacedWholeAndNothingIsLeftBeside() throws IOException {
        write(true);
        write(false);
        assertEquals(new Thing(7, "seven"), SnapshotFile.open(file).record("thing", Thing.class));
        try (var files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void aPackedFileIsSmallerThanItsMemory() throws IOException {
        memory.write(10 * PAGE, new byte[PAGE * 100]);
        for (int page = 10; page < 110; page++) {
            memory.write32((long) page * PAGE, page);
        }
        write(true);
        assertTrue(Files.size(file) < 60L * PAGE, Files.size(file) + " bytes");
    }

    @Test
    void whatCannotBeWrittenIsSaid() throws IOException {
        Files.createDirectories(file);
        Files.writeString(file.resolve("x"), "in the way");
        HostMistake mistake = assertThrows(HostMistake.class, () -> write(true));
        assertTrue(mistake.getMessage().contains(file.toString()), mistake.getMessage());
    }

    private String refusal() {
        return assertThrows(HostMistake.class, () -> {
                    SnapshotFile snapshot = SnapshotFile.open(file);
                    snapshot.record("thing", Thing.class);
                    snapshot.memory("first").close();
                    snapshot.memory("second").close();
                })
                .getMessage();
    }

    @Test
    void aFileThatIsNotThereOrNoSnapshotIsNamed() throws IOException {
        assertTrue(refusal().startsWith("the snapshot " + file + " can't be read"), refusal());
        Files.createDirectories(file.getParent());
        Files.writeString(file, "something else, and longer than a line");
        assertEquals(file + " is no snapshot of vmlab's", refusal());
    }

    @Test
    void anotherFormatIsNamedWithWhoWroteIt() throws IOException {
        write(true);
        poke(11, 2);
        assertEquals(file + " is a snapshot of format 2, written by vmlab 1.2.3; this vmlab reads format 1", refusal());
    }

    @Test
    void aRecordOfAnotherShapeIsNamedWithWhoWroteIt() {
        write(true);
        SnapshotFile snapshot = SnapshotFile.open(file);
        HostMistake mistake = assertThrows(HostMistake.class, () -> snapshot.record("thing", OtherThing.class));
        assertEquals(
                file + " was written by vmlab 1.2.3, whose thing keeps other things than this vmlab's",
                mistake.getMessage());
    }

    private void poke(long at, int octet) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {(byte) octet}), at);
        }
    }

    /** Everything that is read is under a checksum: an octet that is changed anywhere is seen. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damageIsSeenWhereverItIs(boolean packed) throws IOException {
        write(packed);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(5);
        for (int i = 0; i < 200; i++) {
            int at = random.nextInt(good.length);
            // The padding of the first page and what lies between the pages is read by nobody.
            boolean matters = good[at] != 0 && (at >= PAGE || at < 40);
            if (matters) {
                byte[] bad = good.clone();
                bad[at] ^= 0x55;
                Files.write(file, bad);
                refusal();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileThatEndsTooEarlyIsRefused(boolean packed) throws IOException {
        write(packed);
        byte[] good = Files.readAllBytes(file);
        for (int length : List.of(0, 5, 20, 40, PAGE, good.length / 2, good.length - 1)) {
            Files.write(file, java.util.Arrays.copyOf(good, length));
            refusal();
        }
    }
}
