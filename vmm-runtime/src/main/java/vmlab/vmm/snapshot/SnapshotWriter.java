// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import vmlab.vmm.HostMistake;
import vmlab.vmm.MemoryImage;

/**
 * Collects what a {@link SnapshotFile} shall hold, and writes it. The file appears under its name when it is whole.
 *
 * <p>Threads: one at a time; {@link #write} also on another one than the rest.
 */
public final class SnapshotWriter {
    /** Two threads may write the same file: the later one stays. */
    private static final AtomicLong STARTED = new AtomicLong();

    private final String writer;
    private final Map<String, SnapshotFile.StoredRecord> records = new LinkedHashMap<>();
    private final Map<String, MemoryImage> memories = new LinkedHashMap<>();

    /**
     * An empty one.
     *
     * @param writer the vmlab that writes, for people
     */
    public SnapshotWriter(String writer) {
        this.writer = writer;
    }

    /** Adds a record. */
    @SuppressWarnings("unchecked")
    public SnapshotWriter record(String name, Record value) {
        RecordCodec<Record> codec = RecordCodec.of((Class<Record>) value.getClass());
        records.put(name, new SnapshotFile.StoredRecord(codec.schema(), codec.encode(value)));
        return this;
    }

    /** Adds a memory, which must stay open until all is written. */
    public SnapshotWriter memory(String name, MemoryImage image) {
        memories.put(name, image);
        return this;
    }

    /**
     * Writes the file, in place of one of its name.
     *
     * @param packed whether memories are compressed; else guests can go on from the file itself
     * @throws HostMistake if it can't be written
     */
    public void write(Path file, boolean packed) {
        Path target = file.toAbsolutePath();
        Path beside = target.resolveSibling(".%s.%d.%d.tmp"
                .formatted(target.getFileName(), ProcessHandle.current().pid(), STARTED.incrementAndGet()));
        try {
            Files.createDirectories(target.getParent());
            try (FileChannel channel = FileChannel.open(
                    beside,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                write(channel, packed);
                channel.force(true);
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed(target, beside, e);
        }
    }

    private static HostMistake failed(Path file, Path beside, IOException cause) {
        try {
            Files.deleteIfExists(beside);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return new HostMistake(
                "the snapshot " + file + " can't be written: " + cause,
                "give a file in a folder that can be written, with room on its disk",
                cause);
    }

    private void write(FileChannel channel, boolean packed) throws IOException {
        Map<String, StoredMemory> stored = new LinkedHashMap<>();
        long end = SnapshotFile.HEAD_BYTES;
        for (Map.Entry<String, MemoryImage> memory : memories.entrySet()) {
            StoredMemory one = StoredMemory.store(memory.getValue(), packed, channel, end);
            stored.put(memory.getKey(), one);
            end = one.end(channel);
        }
        byte[] index = index(stored);
        put(channel, end, index);
        put(channel, 0, head(end, index));
    }

    private byte[] index(Map<String, StoredMemory> stored) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(octets)) {
            out.writeInt(records.size());
            for (Map.Entry<String, SnapshotFile.StoredRecord> record : records.entrySet()) {
                out.writeUTF(record.getKey());
                write(record.getValue().schema().getBytes(StandardCharsets.UTF_8), out);
                write(record.getValue().octets(), out);
            }
            out.writeInt(stored.size());
            for (Map.Entry<String, StoredMemory> memory : stored.entrySet()) {
                out.writeUTF(memory.getKey());
                memory.getValue().write(out);
            }
        }
        return octets.toByteArray();
    }

    private static void write(byte[] octets, DataOutputStream out) throws IOException {
        out.writeInt(octets.length);
        out.write(octets);
    }

    private byte[] head(long indexAt, byte[] index) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(octets)) {
            out.write(SnapshotFile.MAGIC);
            out.writeInt(SnapshotFile.FORMAT);
            out.writeUTF(writer);
            out.writeLong(indexAt);
            out.writeInt(index.length);
            out.writeInt(SnapshotFile.checksum(index));
            out.writeInt(SnapshotFile.checksum(octets.toByteArray()));
        }
        return octets.toByteArray();
    }

    private static void put(FileChannel channel, long at, byte[] octets) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(octets);
        while (left.hasRemaining()) {
            channel.write(left, at + left.position());
        }
    }
}
