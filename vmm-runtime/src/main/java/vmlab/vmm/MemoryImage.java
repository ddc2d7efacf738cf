// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A guest's RAM as it was at some moment. It never changes; any number of guests go on from it, and share its pages with it until
 * they write to them ({@link GuestMemory#freeze}, {@link GuestMemory#adopt}).
 *
 * <p>It is made of layers: files that hold some of the pages. Of a page that several hold, the newest counts; one that none holds
 * is zeros. So the image of a guest that went on from an earlier image takes only the pages that have changed since.
 *
 * <p>Threads: any. {@link #close()} gives back what no other image and no guest shares.
 */
public final class MemoryImage implements AutoCloseable {
    /** With more, a page's own copy is cheaper than one more mapping of the host's. */
    private static final int MOST_RUNS = 1024;

    private static final int MOST_LAYERS = 8;

    /** Pages by who holds them; no page is in two of them. */
    private record Part(MemoryLayer layer, BitSet pages) {}

    private final long sizeBytes;
    private final List<Part> parts;
    private final BitSet held;
    private boolean closed;

    private MemoryImage(long sizeBytes, List<Part> parts) {
        this.sizeBytes = sizeBytes;
        this.parts = List.copyOf(parts);
        held = new BitSet();
        parts.forEach(part -> held.or(part.pages));
    }

    /** An image of one layer, which it takes over. */
    static MemoryImage of(long sizeBytes, MemoryLayer layer, BitSet pages) {
        return new MemoryImage(sizeBytes, List.of(new Part(layer, pages)));
    }

    /**
     * An image whose pages lie in a file, each at its address plus {@code offset}. The file must not be changed as long as there
     * are such images or guests; it may be deleted.
     *
     * @param held the pages that aren't zeros
     * @throws HostMistake if it can't be opened
     */
    public static MemoryImage ofFile(Path file, long offset, long sizeBytes, BitSet held) {
        return of(sizeBytes, MemoryLayer.of(file, offset), (BitSet) held.clone());
    }

    /** Told the content of pages one after the other. */
    public interface Source {
        /** Writes a page's bytes to this host address. */
        void page(int number, long address);
    }

    /**
     * An image of pages that come from elsewhere.
     *
     * @param held the pages that the source is asked for, in their order
     * @throws HostMistake if the host has no memory for it
     */
    public static MemoryImage filled(long sizeBytes, BitSet held, Source source) {
        try (GuestMemory memory = GuestMemory.allocate(sizeBytes)) {
            for (int page = held.nextSetBit(0); page >= 0; page = held.nextSetBit(page + 1)) {
                source.page(page, memory.address() + (long) page * NativePages.PAGE_BYTES);
            }
            return memory.freeze();
        }
    }

    /** The image with other content in some pages, which the layer, taken over, holds. */
    MemoryImage with(MemoryLayer layer, BitSet pages) {
        List<Part> all = new ArrayList<>();
        for (Part part : parts) {
            BitSet left = (BitSet) part.pages.clone();
            left.andNot(pages);
            if (!left.isEmpty()) {
                part.layer.use();
                all.add(new Part(part.layer, left));
            }
        }
        all.add(new Part(layer, pages));
        return new MemoryImage(sizeBytes, all);
    }

    /** Whether one more layer of these pages would be more than is good. */
    boolean isTooDeepFor(BitSet pages) {
        return parts.size() >= MOST_LAYERS
                || PageRuns.count(pages)
                                + parts.stream()
                                        .skip(1)
                                        .mapToInt(part -> PageRuns.count(part.pages))
                                        .sum()
                        > MOST_RUNS;
    }

    /** The same for one more owner. */
    public synchronized MemoryImage share() {
        if (closed) {
            throw new IllegalStateException("the image has been closed");
        }
        parts.forEach(part -> part.layer.use());
        return new MemoryImage(sizeBytes, parts);
    }

    public long sizeBytes() {
        return sizeBytes;
    }

    /** The pages that may be other than zeros. */
    public BitSet held() {
        return (BitSet) held.clone();
    }

    /** Puts a range of it where the guest's address 0 is at {@code base}: one mapping of the bottom layer, the others over it. */
    void mapAt(long base, AddressRange range) {
        parts.get(0).layer.mapAt(base, range.base(), range.sizeBytes());
        BitSet wanted = new BitSet();
        wanted.set((int) (range.base() / NativePages.PAGE_BYTES), (int) (range.end() / NativePages.PAGE_BYTES));
        for (Part part : parts.subList(1, parts.size())) {
            BitSet here = (BitSet) part.pages.clone();
            here.and(wanted);
            for (PageRuns runs = new PageRuns(here); runs.next(); ) {
                part.layer.mapAt(base, runs.fromByte(), runs.bytes());
            }
        }
    }

    /** The image's content at a host address, for reading. */
    public static final class View implements AutoCloseable {
        private final long address;
        private final long sizeBytes;

        private View(long address, long sizeBytes) {
            this.address = address;
            this.sizeBytes = sizeBytes;
        }

        /** Where its first byte is. */
        public long address() {
            return address;
        }

        @Override
        public void close() {
            NativePages.release(address, sizeBytes);
        }
    }

    /**
     * Makes its content readable.
     *
     * @throws HostMistake if the host has no addresses left
     */
    public View view() {
        long address = NativePages.reserve(sizeBytes);
        if (address == -1) {
            throw MemoryLayer.refused(sizeBytes);
        }
        mapAt(address, new AddressRange(0, sizeBytes));
        return new View(address, sizeBytes);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            parts.forEach(part -> part.layer.leave());
        }
    }
}
