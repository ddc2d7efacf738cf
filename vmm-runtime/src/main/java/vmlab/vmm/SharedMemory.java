// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.nio.file.Path;

/**
 * Memory that guests, this program and other processes see at once: no copies, no messages. A guest sees it where {@link
 * GuestMemory#map} puts it, another process maps the file {@link #path()}; one piece can be in several guests.
 *
 * <p>Not modelled: read-only sharing; telling the others that something has changed.
 *
 * <p>Threads: any; loads and stores are as atomic as the host's, up to eight aligned bytes. {@link #close()} comes after the
 * last user of this object; guests and processes that have it mapped keep it. Errors: an offset outside is an {@link
 * IndexOutOfBoundsException}.
 */
public final class SharedMemory implements AutoCloseable {
    private final int file;
    private final long address;
    private final long sizeBytes;
    private volatile boolean closed;

    private SharedMemory(int file, long address, long sizeBytes) {
        this.file = file;
        this.address = address;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Makes zeroed shared memory.
     *
     * @param name for people who look at the process
     * @param sizeBytes a positive multiple of the page size
     * @throws HostMistake if the host has no memory or files left
     */
    public static SharedMemory create(String name, long sizeBytes) {
        if (sizeBytes <= 0 || sizeBytes % GuestMemory.PAGE_BYTES != 0) {
            throw new IllegalArgumentException("no shared memory of %d bytes".formatted(sizeBytes));
        }
        int file = NativePages.memoryFile(name, sizeBytes);
        if (file < 0) {
            throw refused(sizeBytes);
        }
        long address = NativePages.file(file, sizeBytes);
        if (address == -1) {
            NativePages.close(file);
            throw refused(sizeBytes);
        }
        return new SharedMemory(file, address, sizeBytes);
    }

    private static HostMistake refused(long sizeBytes) {
        return new HostMistake(
                "the host gives no %d KB of shared memory".formatted(sizeBytes >> 10),
                "free some of its memory, or raise the limits (ulimit -n, ulimit -v)");
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** A file that other processes of this user can open and map while this is open. */
    public Path path() {
        return Path.of("/proc/%d/fd/%d".formatted(ProcessHandle.current().pid(), open()));
    }

    /** The file's descriptor. */
    int open() {
        if (closed) {
            throw new IllegalStateException("the shared memory has been closed");
        }
        return file;
    }

    public int read8(long offset) {
        return RawMemory.get8(host(offset, 1)) & 0xFF;
    }

    public int read32(long offset) {
        return RawMemory.get32(host(offset, 4));
    }

    public long read64(long offset) {
        return RawMemory.get64(host(offset, 8));
    }

    public byte[] read(long offset, int bytes) {
        byte[] copy = new byte[bytes];
        RawMemory.copy(host(offset, bytes), copy, 0, bytes);
        return copy;
    }

    public void write8(long offset, int value) {
        RawMemory.put8(host(offset, 1), (byte) value);
    }

    public void write32(long offset, int value) {
        RawMemory.put32(host(offset, 4), value);
    }

    public void write64(long offset, long value) {
        RawMemory.put64(host(offset, 8), value);
    }

    public void write(long offset, byte[] bytes) {
        RawMemory.copy(bytes, 0, host(offset, bytes.length), bytes.length);
    }

    private long host(long offset, long bytes) {
        open();
        if (offset < 0 || offset > sizeBytes - bytes) {
            throw new IndexOutOfBoundsException("offset %#x, %d bytes, is outside the shared memory of %#x bytes"
                    .formatted(offset, bytes, sizeBytes));
        }
        return address + offset;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            NativePages.release(address, sizeBytes);
            NativePages.close(file);
        }
    }
}
