// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/**
 * A kernel's file, with checked little-endian access: what lies behind its end is a {@link HostMistake} that calls the file cut
 * off. It is mapped, as most of a kernel with debugging data is never looked at, and a boot looks at it more than once.
 */
final class BootFile {
    static final String NAME_A_KERNEL =
            "name an x86 kernel: a vmlinuz or vmlinux of Linux (Debian: linux-image-686 or linux-image-amd64), or a Multiboot kernel";

    /** No kernel is larger, even with its debugging data, and a mistaken disk image shall not fill the heap. */
    private static final long MOST_BYTES = 1L << 30;

    private static final long CHUNK_BYTES = 1 << 16;

    private final Path path;
    private final ByteBuffer bytes;

    private BootFile(Path path, ByteBuffer bytes) {
        this.path = path;
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    static BootFile read(Path path, String what) {
        long size = checkedSize(path, what);
        if (size > MOST_BYTES) {
            throw new HostMistake(
                    "%s is no %s: it has %d MB".formatted(path, what, RamSize.megabytes(size)), NAME_A_KERNEL);
        }
        try (FileChannel file = FileChannel.open(path)) {
            return new BootFile(path, file.map(FileChannel.MapMode.READ_ONLY, 0, size));
        } catch (IOException e) {
            throw unreadable(path, what, e);
        }
    }

    /** For contents that are no file of their own, such as an unpacked payload. */
    static BootFile of(Path origin, byte[] contents) {
        return new BootFile(origin, ByteBuffer.wrap(contents));
    }

    /** The size of a file that can be read and isn't empty. */
    static long checkedSize(Path path, String what) {
        if (!Files.exists(path)) {
            throw new HostMistake("there is no %s %s".formatted(what, path), "check the path of the " + what);
        }
        if (Files.isDirectory(path)) {
            throw new HostMistake("the %s %s is a directory".formatted(what, path), "name a file in it");
        }
        if (!Files.isReadable(path)) {
            throw new HostMistake(
                    "the %s %s may not be read by you".formatted(what, path),
                    "copy it or change its rights (chmod +r)");
        }
        try {
            long size = Files.size(path);
            if (size == 0) {
                throw new HostMistake("the %s %s is empty".formatted(what, path), "fetch or build it again");
            }
            return size;
        } catch (IOException e) {
            throw unreadable(path, what, e);
        }
    }

    static HostMistake unreadable(Path path, String what, IOException cause) {
        return new HostMistake(
                "the %s %s can't be read: %s".formatted(what, path, cause.getMessage()),
                "check the file and its disk",
                cause);
    }

    Path path() {
        return path;
    }

    int size() {
        return bytes.capacity();
    }

    /** Whether these bytes are there. */
    boolean has(long offset, byte[] expected) {
        if (offset + expected.length > size()) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes.get((int) offset + i) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    int u8(long offset) {
        return bytes.get(checked(offset, 1)) & 0xFF;
    }

    int u16(long offset) {
        return bytes.getShort(checked(offset, 2)) & 0xFFFF;
    }

    long u32(long offset) {
        return bytes.getInt(checked(offset, 4)) & 0xFFFF_FFFFL;
    }

    long u64(long offset) {
        return bytes.getLong(checked(offset, 8));
    }

    byte[] slice(long offset, long length) {
        byte[] copy = new byte[(int) length(offset, length)];
        bytes.get((int) offset, copy);
        return copy;
    }

    /** Copies to guest memory, which reaches so far. */
    void copy(long offset, long length, GuestMemory ram, long to) {
        length(offset, length);
        for (long at = 0; at < length; at += CHUNK_BYTES) {
            ram.write(to + at, slice(offset + at, Math.min(CHUNK_BYTES, length - at)));
        }
    }

    private int checked(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size() - length) {
            throw new HostMistake(
                    "%s is cut off or damaged: its headers speak of %#x bytes, it has %#x"
                            .formatted(path, offset + length, size()),
                    "fetch, copy or build it again");
        }
        return (int) offset;
    }

    /** The length, if so much is there. */
    long length(long offset, long length) {
        checked(offset, length);
        return length;
    }
}
