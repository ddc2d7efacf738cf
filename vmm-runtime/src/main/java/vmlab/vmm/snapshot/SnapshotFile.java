// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import vmlab.vmm.HostMistake;
import vmlab.vmm.MemoryImage;

/**
 * A snapshot on disk: records and memories by name. {@link SnapshotWriter} writes one.
 *
 * <p>The first page says what the file is, in which format, and where its index lies; it is the same in all formats to come.
 * Memories come behind it: as pages in their places with holes between, for guests that go on from the file itself, or packed with zstd. The
 * index is last. All have checksums.
 *
 * <p>Threads: any, one at a time. Errors: {@link HostMistake}, which names the file and says whether it is damaged, of another
 * format or version, or not a snapshot at all.
 */
public final class SnapshotFile {
    /** Changes with the layout of files, not with what is in them: records have schemas of their own. */
    static final int FORMAT = 1;

    static final byte[] MAGIC = {'V', 'M', 'L', 'A', 'B', 'S', 'N', 'P'};
    static final int HEAD_BYTES = 4096;

    private static final int LONGEST_INDEX = 64 << 20;

    /** What the index says of a record. */
    record StoredRecord(String schema, byte[] octets) {}

    /** What the first page says. */
    private record Head(int format, String writer, long indexAt, int indexBytes, int indexChecksum) {}

    private final Path file;
    private final String writer;
    private final Map<String, StoredRecord> records = new LinkedHashMap<>();
    private final Map<String, StoredMemory> memories = new LinkedHashMap<>();

    private SnapshotFile(Path file, String writer) {
        this.file = file;
        this.writer = writer;
    }

    /** Reads all but the memories. */
    public static SnapshotFile open(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Head head = head(file, channel);
            SnapshotFile snapshot = new SnapshotFile(file, head.writer);
            byte[] index = read(channel, head.indexAt, head.indexBytes);
            if (checksum(index) != head.indexChecksum) {
                throw snapshot.damaged("its index", null);
            }
            snapshot.readIndex(index);
            return snapshot;
        } catch (IOException e) {
            throw new HostMistake(
                    "the snapshot " + file + " can't be read: " + e,
                    "see whether it is there, whole, and may be read",
                    e);
        }
    }

    private static Head head(Path file, FileChannel channel) throws IOException {
        byte[] octets = read(channel, 0, (int) Math.min(HEAD_BYTES, channel.size()));
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(octets))) {
            if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new HostMistake(file + " is no snapshot of vmlab's", "give a file that snapshot(…) has saved");
            }
            int format = in.readInt();
            String writer = in.readUTF();
            if (format != FORMAT) {
                throw new HostMistake(
                        "%s is a snapshot of format %d, written by vmlab %s; this vmlab reads format %d"
                                .formatted(file, format, writer, FORMAT),
                        "open it with that vmlab, or take the snapshot anew");
            }
            Head head = new Head(format, writer, in.readLong(), in.readInt(), in.readInt());
            int length = octets.length - in.available();
            boolean good = in.readInt() == checksum(Arrays.copyOf(octets, length));
            if (!good || head.indexBytes < 0 || head.indexBytes > LONGEST_INDEX) {
                throw damaged(file, "its first page", null);
            }
            return head;
        } catch (EOFException | UTFDataFormatException e) {
            throw damaged(file, "its first page", e);
        }
    }

    private static byte[] read(FileChannel channel, long at, int count) throws IOException {
        ByteBuffer octets = ByteBuffer.allocate(count);
        while (octets.hasRemaining()) {
            if (channel.read(octets, at + octets.position()) < 0) {
                throw new EOFException("it ends too early");
            }
        }
        return octets.array();
    }

    static int checksum(byte[] octets) {
        CRC32C checksum = new CRC32C();
        checksum.update(octets);
        return (int) checksum.getValue();
    }

    private void readIndex(byte[] index) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(index))) {
            for (int left = in.readInt(); left > 0; left--) {
                String name = in.readUTF();
                String schema = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
                records.put(name, new StoredRecord(schema, in.readNBytes(in.readInt())));
            }
            for (int left = in.readInt(); left > 0; left--) {
                String name = in.readUTF();
                memories.put(name, StoredMemory.read(in));
            }
        }
    }

    /** The vmlab that wrote it. */
    public String writer() {
        return writer;
    }

    /** The names of its records. */
    public Set<String> records() {
        return Set.copyOf(records.keySet());
    }

    /** How many octets of memory it holds, unpacked. */
    public long memoryBytes() {
        return memories.values().stream().mapToLong(StoredMemory::heldBytes).sum();
    }

    /** The record of that name. */
    public <R extends Record> R record(String name, Class<R> type) {
        StoredRecord stored = records.get(name);
        if (stored == null) {
            throw another(name);
        }
        RecordCodec<R> codec = RecordCodec.of(type);
        if (!codec.schema().equals(stored.schema)) {
            throw another(name);
        }
        try {
            return codec.decode(stored.octets);
        } catch (IllegalArgumentException e) {
            throw damaged(name, e);
        }
    }

    private HostMistake another(String name) {
        return new HostMistake(
                "%s was written by vmlab %s, whose %s keeps other things than this vmlab's"
                        .formatted(file, writer, name),
                "open it with that vmlab, or take the snapshot anew");
    }

    /** The memory of that name, whose checksum is looked at; closed by the caller. */
    public MemoryImage memory(String name) {
        StoredMemory stored = memories.get(name);
        if (stored == null) {
            throw another(name);
        }
        try {
            return stored.load(file);
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(name, e);
        }
    }

    private HostMistake damaged(String part, Exception cause) {
        return damaged(file, part, cause);
    }

    private static HostMistake damaged(Path file, String part, Exception cause) {
        return new HostMistake(
                "the snapshot " + file + " is damaged: " + part + " isn't what was written",
                "delete it and take the snapshot anew",
                cause);
    }
}
