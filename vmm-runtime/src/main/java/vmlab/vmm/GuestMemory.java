// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest's RAM: native, page-aligned, mapped memory that both CPUs use. Guest physical address 0 is its first byte.
 *
 * <p>Not modelled: holes; the legacy area from 640 KB to 1 MB is plain RAM that the memory map declares reserved. Pages
 * cost host memory when they are first touched.
 *
 * <p>Threads: loads and stores are as atomic as the host's; {@link #close()} must come after the last user. Errors: an
 * address outside RAM is an {@link IndexOutOfBoundsException} here; CPUs check before they come.
 */
public final class GuestMemory implements AutoCloseable {
    public static final int PAGE_BYTES = 4096;

    /** Told of every store that doesn't come from a CPU, so that code decoded from the old bytes is dropped. */
    @FunctionalInterface
    public interface WriteListener {
        void written(long guestAddress, long bytes);
    }

    private interface LibC extends Library {
        Pointer mmap(Pointer address, long length, int protection, int flags, int file, long offset);

        int munmap(Pointer address, long length);
    }

    private static final class LazyLibC {
        private static final LibC INSTANCE = Native.load("c", LibC.class);
    }

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;

    private final long address;
    private final long sizeBytes;
    private final List<WriteListener> listeners = new ArrayList<>();
    private volatile boolean closed;

    private GuestMemory(long address, long sizeBytes) {
        this.address = address;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Maps fresh, zeroed RAM.
     *
     * @param sizeBytes a positive multiple of the page size, at most 3 GB (device registers live above)
     * @throws HostMistake if the host has no such amount of address space or memory
     */
    public static GuestMemory allocate(long sizeBytes) {
        if (sizeBytes <= 0 || sizeBytes % PAGE_BYTES != 0 || sizeBytes > 3L << 30) {
            throw new IllegalArgumentException("no RAM of %d bytes".formatted(sizeBytes));
        }
        Pointer mapped = LazyLibC.INSTANCE.mmap(
                Pointer.NULL, sizeBytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        if (Pointer.nativeValue(mapped) == -1) {
            throw new HostMistake(
                    "the host gives no %d MB of memory to the guest".formatted(sizeBytes >> 20),
                    "choose a smaller guest_ram_mb, or raise the limit (ulimit -v)");
        }
        return new GuestMemory(Pointer.nativeValue(mapped), sizeBytes);
    }

    /** Host address of guest physical address 0. */
    public long address() {
        return address;
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** Whether all of these bytes are RAM. */
    public boolean contains(long guestAddress, long bytes) {
        return guestAddress >= 0 && bytes >= 0 && guestAddress <= sizeBytes - bytes;
    }

    public void onWrite(WriteListener listener) {
        listeners.add(listener);
    }

    /** Undoes {@link #onWrite}. */
    public void forget(WriteListener listener) {
        listeners.remove(listener);
    }

    public int read8(long guestAddress) {
        return RawMemory.get8(host(guestAddress, 1)) & 0xFF;
    }

    public int read16(long guestAddress) {
        return RawMemory.get16(host(guestAddress, 2)) & 0xFFFF;
    }

    public int read32(long guestAddress) {
        return RawMemory.get32(host(guestAddress, 4));
    }

    public long read64(long guestAddress) {
        return RawMemory.get64(host(guestAddress, 8));
    }

    public byte[] read(long guestAddress, int bytes) {
        byte[] copy = new byte[bytes];
        RawMemory.copy(host(guestAddress, bytes), copy, 0, bytes);
        return copy;
    }

    public void write8(long guestAddress, int value) {
        RawMemory.put8(host(guestAddress, 1), (byte) value);
        written(guestAddress, 1);
    }

    public void write16(long guestAddress, int value) {
        RawMemory.put16(host(guestAddress, 2), (short) value);
        written(guestAddress, 2);
    }

    public void write32(long guestAddress, int value) {
        RawMemory.put32(host(guestAddress, 4), value);
        written(guestAddress, 4);
    }

    public void write64(long guestAddress, long value) {
        RawMemory.put64(host(guestAddress, 8), value);
        written(guestAddress, 8);
    }

    public void write(long guestAddress, byte[] bytes) {
        RawMemory.copy(bytes, 0, host(guestAddress, bytes.length), bytes.length);
        written(guestAddress, bytes.length);
    }

    private void written(long guestAddress, long bytes) {
        for (WriteListener listener : listeners) {
            listener.written(guestAddress, bytes);
        }
    }

    private long host(long guestAddress, long bytes) {
        if (closed) {
            throw new IllegalStateException("the guest's memory has been given back to the host");
        }
        if (!contains(guestAddress, bytes)) {
            throw new IndexOutOfBoundsException("guest address %#x, %d bytes, is outside the RAM of %#x bytes"
                    .formatted(guestAddress, bytes, sizeBytes));
        }
        return address + guestAddress;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LazyLibC.INSTANCE.munmap(new Pointer(address), sizeBytes);
        }
    }
}
