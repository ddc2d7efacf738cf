// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.MemoryImage;
import vmlab.vmm.RawMemory;

/**
 * Where and how a file holds a memory.
 *
 * @param held the pages that are there; the others are zeros
 * @param at where it begins in the file, a multiple of a page
 * @param checksum CRC-32C of the held pages
 */
record StoredMemory(long sizeBytes, BitSet held, boolean packed, long at, int checksum) {
    private static final int PAGE = GuestMemory.PAGE_BYTES;

    static StoredMemory read(DataInputStream in) throws IOException {
        long sizeBytes = in.readLong();
        BitSet held = BitSet.valueOf(in.readNBytes(in.readInt()));
        return new StoredMemory(sizeBytes, held, in.readBoolean(), in.readLong(), in.readInt());
    }

    void write(DataOutputStream out) throws IOException {
        byte[] bits = held.toByteArray();
        out.writeLong(sizeBytes);
        out.writeInt(bits.length);
        out.write(bits);
        out.writeBoolean(packed);
        out.writeLong(at);
        out.writeInt(checksum);
    }

    long heldBytes() {
        return (long) held.cardinality() * PAGE;
    }

    // ---- storing

    /** Writes a memory at a place of a file, leaving out what is zeros. */
    static StoredMemory store(MemoryImage image, boolean packed, FileChannel file, long at) throws IOException {
        BitSet held = new BitSet();
        CRC32C checksum = new CRC32C();
        try (MemoryImage.View view = image.view()) {
            file.position(at);
            if (packed) {
                try (OutputStream out = new ZstdOutputStreamNoFinalizer(keptOpen(file))) {
                    eachPage(image, view, held, checksum, (page, octets) -> out.write(octets));
                }
            } else {
                eachPage(image, view, held, checksum, (page, octets) -> put(file, at + (long) page * PAGE, octets));
            }
        }
        return new StoredMemory(image.sizeBytes(), held, packed, at, (int) checksum.getValue());
    }

    private static OutputStream keptOpen(FileChannel file) {
        return new BufferedOutputStream(Channels.newOutputStream(file)) {
            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    private interface PageWriter {
        void write(int page, byte[] octets) throws IOException;
    }

    private static void eachPage(
            MemoryImage image, MemoryImage.View view, BitSet held, CRC32C checksum, PageWriter writer)
            throws IOException {
        byte[] octets = new byte[PAGE];
        byte[] zeros = new byte[PAGE];
        BitSet pages = image.held();
        for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
            RawMemory.copy(view.address() + (long) page * PAGE, octets, 0, PAGE);
            if (!Arrays.equals(octets, zeros)) {
                held.set(page);
                checksum.update(octets);
                writer.write(page, octets);
            }
        }
    }

    private static void put(FileChannel file, long at, byte[] octets) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(octets);
        while (left.hasRemaining()) {
            file.write(left, at + left.position());
        }
    }

    /** The first place in the file behind it, at a page. A memory that isn't packed is mapped whole: the file goes on to its end. */
    long end(FileChannel file) throws IOException {
        long end = packed ? file.position() : at + sizeBytes;
        return (end + PAGE - 1) / PAGE * PAGE;
    }

    // ---- loading

    /**
     * The memory.
     *
     * @throws IllegalArgumentException if it isn't what was stored
     */
    MemoryImage load(Path file) throws IOException {
        CRC32C found = new CRC32C();
        MemoryImage image = packed ? unpack(file, found) : map(file, found);
        if ((int) found.getValue() != checksum) {
            image.close();
            throw new IllegalArgumentException("it has another checksum");
        }
        return image;
    }

    private MemoryImage map(Path file, CRC32C found) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() < at + sizeBytes) {
                throw new EOFException("it ends too early");
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(256 * PAGE);
            for (int from = held.nextSetBit(0); from >= 0; ) {
                int to = Math.min(held.nextClearBit(from), from + 256);
                buffer.clear().limit((to - from) * PAGE);
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer, at + (long) from * PAGE + buffer.position()) < 0) {
                        throw new EOFException("it ends too early");
                    }
                }
                found.update(buffer.flip());
                from = held.nextSetBit(to);
            }
        }
        return MemoryImage.ofFile(file, at, sizeBytes, held);
    }

    private MemoryImage unpack(Path file, CRC32C found) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(at);
            try (InputStream in =
                    new ZstdInputStreamNoFinalizer(new BufferedInputStream(Channels.newInputStream(channel)))) {
                byte[] octets = new byte[PAGE];
                return MemoryImage.filled(sizeBytes, held, (page, address) -> {
                    readPage(in, octets);
                    found.update(octets);
                    RawMemory.copy(octets, 0, address, PAGE);
                });
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void readPage(InputStream in, byte[] octets) {
        try {
            if (in.readNBytes(octets, 0, PAGE) < PAGE) {
                throw new EOFException("it ends too early");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
