// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.nio.file.Path;
import java.util.BitSet;

/**
 * A file that holds some of a guest's pages, each at the guest's address plus an offset, and never changes. Kept open as long as
 * somebody counts as its user.
 *
 * <p>Threads: any. Errors: {@link HostMistake} where the host has no memory or files left.
 */
final class MemoryLayer {
    private final int file;
    private final long offset;
    private int users = 1;

    private MemoryLayer(int file, long offset) {
        this.file = file;
        this.offset = offset;
    }

    /** Takes a file in memory over, which its maker writes to no more. */
    static MemoryLayer of(int file) {
        NativePages.forbidWrites(file);
        return new MemoryLayer(file, 0);
    }

    /** Pages in a file on disk, which must not be written to. */
    static MemoryLayer of(Path onDisk, long offset) {
        int file = NativePages.open(onDisk.toString());
        if (file < 0) {
            throw new HostMistake(onDisk + " can't be opened", "see whether it is there and may be read");
        }
        return new MemoryLayer(file, offset);
    }

    /** Keeps some pages of the memory at a host address. */
    static MemoryLayer copy(String name, long address, long sizeBytes, BitSet pages) {
        int file = NativePages.freezableFile(name, sizeBytes);
        if (file < 0) {
            throw refused(sizeBytes);
        }
        boolean written = true;
        for (PageRuns runs = new PageRuns(pages); runs.next(); ) {
            written &= NativePages.write(file, address + runs.fromByte(), runs.bytes(), runs.fromByte());
        }
        if (!written) {
            NativePages.close(file);
            throw refused(sizeBytes);
        }
        return of(file);
    }

    static HostMistake refused(long sizeBytes) {
        return new HostMistake(
                "the host gives no %d MB for a guest's memory".formatted(sizeBytes >> 20),
                "free some of its memory, or raise the limits (ulimit -n, ulimit -v, vm.max_map_count)");
    }

    /** Puts pages of this layer at a host address where the guest's page 0 would be at {@code base}. */
    void mapAt(long base, long fromByte, long bytes) {
        if (NativePages.copyAt(base + fromByte, bytes, file, offset + fromByte) == -1) {
            throw refused(bytes);
        }
    }

    synchronized void use() {
        if (users == 0) {
            throw new IllegalStateException("the guest's memory was given back");
        }
        users++;
    }

    synchronized void leave() {
        users--;
        if (users == 0) {
            NativePages.close(file);
        }
    }
}
