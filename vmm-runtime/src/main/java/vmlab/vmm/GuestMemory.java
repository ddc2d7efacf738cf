// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A guest's RAM: native, page-aligned, mapped memory that both CPUs use. Guest physical address 0 is its first byte.
 *
 * <p>{@link SharedMemory} can be put over some of the RAM, or above it, where a PCI function has its memory; both CPUs see
 * it at once. Above the RAM it goes before a device's registers at the same address.
 *
 * <p>{@link #freeze} keeps what is in the RAM as a {@link MemoryImage} without copying it, and {@link #adopt} makes an image the
 * RAM's content; pages are shared with the image until they are written to. Shared memory isn't part of an image.
 *
 * <p>Not modelled: holes; code above the RAM; the legacy area from 640 KB to 1 MB is plain RAM that the memory map declares reserved. Pages
 * cost host memory when they are first touched.
 *
 * <p>Threads: loads and stores are as atomic as the host's; {@link #map} and {@link #unmap} are for the machine's own
 * thread, also while other CPUs run; {@link #close()} must come after the last user. Errors: an address outside RAM is an
 * {@link IndexOutOfBoundsException} here; CPUs check before they come.
 */
public final class GuestMemory implements AutoCloseable {
    public static final int PAGE_BYTES = NativePages.PAGE_BYTES;

    /** Told of every store that doesn't come from a CPU, so that code decoded from the old bytes is dropped. */
    @FunctionalInterface
    public interface WriteListener {
        void written(long guestAddress, long bytes);
    }

    /** Told of shared memory above the RAM: what it hands out and keeps of the addresses there has changed. */
    public interface WindowListener {
        /** Host memory is now at {@link #address()} plus the guest's address. */
        void opened(AddressRange window);

        void closed(AddressRange window);
    }

    /** What 32-bit physical addresses reach: taken from the host's address space at once, so that nothing ever moves. */
    private static final long REACH_BYTES = 1L << 32;

    /** The guest's addresses begin at a huge page of x86-64 hosts. */
    private static final long HUGE_PAGE_BYTES = 2L << 20;

    private static final long RESERVED_BYTES = REACH_BYTES + HUGE_PAGE_BYTES;

    private static final int NO_FILE = -1;

    /** There begin a PC's APICs and what a back end keeps for itself. */
    private static final long WINDOWS_END = 0xFEC0_0000L;

    private final long reserved;
    private final long address;
    private final long sizeBytes;
    private final List<WriteListener> listeners = new ArrayList<>();
    private final List<WindowListener> windowListeners = new ArrayList<>();
    private final TreeMap<Long, AddressRange> shared = new TreeMap<>();

    /** The ranges of {@link #shared} above the RAM, for CPUs to look through. */
    private volatile List<AddressRange> windows = List.of();

    /** What the RAM's pages are in as long as nobody shares them; {@link #NO_FILE} from the first image on, or ever. */
    private int file;

    /** What pages that weren't written to since are shared with; null before the first image. */
    private MemoryImage base;

    private volatile boolean closed;

    private GuestMemory(long reserved, long sizeBytes, int file) {
        this.reserved = reserved;
        address = aligned(reserved);
        this.sizeBytes = sizeBytes;
        this.file = file;
    }

    private static long aligned(long reserved) {
        return reserved + HUGE_PAGE_BYTES - 1 & -HUGE_PAGE_BYTES;
    }

    /**
     * Maps fresh, zeroed RAM.
     *
     * @param sizeBytes a positive multiple of the page size, at most 3 GB (device registers live above)
     * @throws HostMistake if the host has no such amount of address space or memory
     */
    public static GuestMemory allocate(long sizeBytes) {
        checkSize(sizeBytes);
        int file = NativePages.freezableFile("guest", sizeBytes);
        if (file < 0) {
            throw refused(sizeBytes);
        }
        long reserved = NativePages.reserve(RESERVED_BYTES);
        if (reserved == -1 || NativePages.fileAt(aligned(reserved), sizeBytes, file, 0) == -1) {
            NativePages.close(file);
            throw givenBack(reserved, sizeBytes);
        }
        return new GuestMemory(reserved, sizeBytes, file);
    }

    /**
     * The same in the host's huge pages, where it has some: for CPUs that pay for each page of the host's by a fault or a walk. The
     * first image of it is a copy.
     */
    public static GuestMemory allocateInHugePages(long sizeBytes) {
        checkSize(sizeBytes);
        long reserved = NativePages.reserve(RESERVED_BYTES);
        if (reserved == -1 || NativePages.hugeZerosAt(aligned(reserved), sizeBytes) == -1) {
            throw givenBack(reserved, sizeBytes);
        }
        return new GuestMemory(reserved, sizeBytes, NO_FILE);
    }

    private static void checkSize(long sizeBytes) {
        if (sizeBytes <= 0 || sizeBytes % PAGE_BYTES != 0 || sizeBytes > 3L << 30) {
            throw new IllegalArgumentException("no RAM of %d bytes".formatted(sizeBytes));
        }
    }

    private static HostMistake givenBack(long reserved, long sizeBytes) {
        if (reserved != -1) {
            NativePages.release(reserved, RESERVED_BYTES);
        }
        return refused(sizeBytes);
    }

    private static HostMistake refused(long sizeBytes) {
        return new HostMistake(
                "the host gives no %d MB of memory to the guest".formatted(sizeBytes >> 20),
                "choose a smaller guest_ram_mb, or raise the limit (ulimit -v: a guest takes 4 GB of addresses)");
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

    // ---- shared memory

    public void onWindow(WindowListener listener) {
        windowListeners.add(listener);
    }

    /** Undoes {@link #onWindow}. */
    public void forget(WindowListener listener) {
        windowListeners.remove(listener);
    }

    /** The shared memory above the RAM. */
    public List<AddressRange> windows() {
        return windows;
    }

    /**
     * Puts shared memory at a page of the guest's, over RAM or above it. What RAM held there is gone.
     *
     * @throws IllegalArgumentException if the address isn't a page's, some of the range has shared memory or it lies neither in
     *     RAM nor above: what a guest asks for is checked before
     * @throws HostMistake if the host refuses
     */
    public void map(long guestAddress, SharedMemory memory) {
        checkOpen();
        AddressRange range = new AddressRange(guestAddress, memory.sizeBytes());
        if (!canMap(range)) {
            throw new IllegalArgumentException("no shared memory can be mapped at " + range);
        }
        if (NativePages.fileAt(address + guestAddress, memory.sizeBytes(), memory.open(), 0) == -1) {
            throw refused(range);
        }
        shared.put(guestAddress, range);
        changed(range);
        if (guestAddress >= sizeBytes) {
            windowListeners.forEach(listener -> listener.opened(range));
        }
    }

    /** Whether a range is of whole pages, free of shared memory, and either RAM or above it and below a PC's APICs. */
    public boolean canMap(AddressRange range) {
        boolean pages = (range.base() | range.sizeBytes()) % PAGE_BYTES == 0;
        boolean place =
                contains(range.base(), range.sizeBytes()) || range.base() >= sizeBytes && range.end() <= WINDOWS_END;
        Map.Entry<Long, AddressRange> below = shared.lowerEntry(range.end());
        return pages && place && (below == null || !below.getValue().overlaps(range));
    }

    /**
     * Takes away the shared memory that begins at an address. RAM keeps what was in it last; above the RAM there is nothing
     * any more.
     *
     * @throws IllegalArgumentException if none begins there
     * @throws HostMistake if the host has no memory for the RAM
     */
    public void unmap(long guestAddress) {
        checkOpen();
        AddressRange range = shared.get(guestAddress);
        if (range == null) {
            throw new IllegalArgumentException("no shared memory begins at %#x".formatted(guestAddress));
        }
        if (guestAddress < sizeBytes) {
            becomeRam(range);
        } else {
            // KVM lets go of the addresses before they mean nothing.
            windowListeners.forEach(listener -> listener.closed(range));
            if (NativePages.nothingAt(address + guestAddress, range.sizeBytes()) == -1) {
                throw refused(range);
            }
        }
        shared.remove(guestAddress);
        changed(range);
    }

    /** The copy comes in one step: a CPU that runs meanwhile never sees zeros. */
    private void becomeRam(AddressRange range) {
        long host = address + range.base();
        if (file != NO_FILE) {
            boolean copied = NativePages.write(file, host, range.sizeBytes(), range.base());
            if (!copied || NativePages.fileAt(host, range.sizeBytes(), file, range.base()) == -1) {
                throw refused(range);
            }
            return;
        }
        long copy = NativePages.zeros(range.sizeBytes());
        if (copy == -1) {
            throw refused(range);
        }
        RawMemory.copy(host, copy, range.sizeBytes());
        if (NativePages.move(copy, host, range.sizeBytes()) == -1) {
            NativePages.release(copy, range.sizeBytes());
            throw refused(range);
        }
    }

    private void changed(AddressRange range) {
        windows = shared.values().stream()
                .filter(each -> each.base() >= sizeBytes)
                .toList();
        if (range.base() < sizeBytes) {
            written(range.base(), range.sizeBytes());
        }
    }

    // ---- images

    /**
     * Keeps what is in the RAM. It isn't copied, unless it is in huge pages: from now on, pages are when they are written to. Where shared memory lies over
     * RAM, what the image has there is of no meaning. The guest stands still meanwhile.
     *
     * @return closed by the caller; this memory may be closed before
     * @throws HostMistake if the host has no memory for what has changed since the last image
     */
    public MemoryImage freeze() {
        checkOpen();
        if (file != NO_FILE) {
            MemoryImage first = MemoryImage.of(sizeBytes, MemoryLayer.of(file), NativePages.pagesOf(file));
            file = NO_FILE;
            base = first;
            mapBase();
            return first.share();
        }
        ChangedPages changed = ChangedPages.of(this, base);
        if (base == null || !changed.pages().isEmpty()) {
            MemoryLayer layer = MemoryLayer.copy("snapshot", address, sizeBytes, changed.pages());
            become(
                    changed.isWhole()
                            ? MemoryImage.of(sizeBytes, layer, changed.pages())
                            : base.with(layer, changed.pages()));
        }
        return base.share();
    }

    /**
     * Makes an image what is in the RAM, but where shared memory lies over it. The guest stands still meanwhile, and its CPU takes
     * over a state before it goes on.
     *
     * @throws IllegalArgumentException if the image is of another size
     */
    public void adopt(MemoryImage image) {
        checkOpen();
        if (image.sizeBytes() != sizeBytes) {
            throw new IllegalArgumentException(
                    "an image of %d bytes for a RAM of %d".formatted(image.sizeBytes(), sizeBytes));
        }
        become(image.share());
        if (file != NO_FILE) {
            NativePages.close(file);
            file = NO_FILE;
        }
        written(0, sizeBytes);
    }

    private void become(MemoryImage image) {
        MemoryImage old = base;
        base = image;
        mapBase();
        if (old != null) {
            old.close();
        }
    }

    /** Leaves shared memory where it is. */
    private void mapBase() {
        long from = 0;
        for (AddressRange over : shared.values()) {
            if (over.base() < sizeBytes) {
                mapBase(from, over.base());
                from = over.end();
            }
        }
        mapBase(from, sizeBytes);
    }

    private void mapBase(long from, long to) {
        if (from < to) {
            base.mapAt(address, new AddressRange(from, to - from));
        }
    }

    /** The RAM that shared memory lies over. */
    BitSet coveredPages() {
        BitSet covered = new BitSet();
        shared.values().stream()
                .filter(over -> over.base() < sizeBytes)
                .forEach(over -> covered.set((int) (over.base() / PAGE_BYTES), (int) (over.end() / PAGE_BYTES)));
        return covered;
    }

    private static HostMistake refused(AddressRange range) {
        return new HostMistake(
                "the host can't change what the guest has at " + range,
                "free some of its memory, or raise vm.max_map_count");
    }

    private void written(long guestAddress, long bytes) {
        for (WriteListener listener : listeners) {
            listener.written(guestAddress, bytes);
        }
    }

    private long host(long guestAddress, long bytes) {
        checkOpen();
        if (!contains(guestAddress, bytes)) {
            throw new IndexOutOfBoundsException("guest address %#x, %d bytes, is outside the RAM of %#x bytes"
                    .formatted(guestAddress, bytes, sizeBytes));
        }
        return address + guestAddress;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the guest's memory has been given back to the host");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            NativePages.release(reserved, RESERVED_BYTES);
            if (file != NO_FILE) {
                NativePages.close(file);
            }
            if (base != null) {
                base.close();
            }
        }
    }
}
