// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/**
 * An initial RAM disk on the host.
 *
 * @param sizeBytes when it was looked at
 */
record Initrd(Path path, long sizeBytes) {
    /** A place in guest memory. */
    record Placed(long address, long sizeBytes) {
        /** No initrd: both boot protocols use zeros for it. */
        static final Placed NONE = new Placed(0, 0);
    }

    private static final int CHUNK_BYTES = 1 << 20;

    static Initrd of(Path path) {
        return new Initrd(path, BootFile.checkedSize(path, "initrd"));
    }

    /**
     * Copies it to the highest page that lets it end at {@code mostEnd} or below.
     *
     * @param leastStart the end of what the kernel needs for itself
     * @param mostEnd the first address the kernel can't take it at, whatever the RAM
     */
    Placed placeHigh(GuestMemory ram, long leastStart, long mostEnd) {
        long start = RamSize.pageDown(Math.min(mostEnd, ram.sizeBytes()) - sizeBytes);
        if (start < leastStart) {
            throw tooLarge(ram, leastStart, Math.min(mostEnd, RamSize.MOST_BYTES));
        }
        return copyTo(ram, start);
    }

    /** Copies it to the first page at or behind {@code leastStart}. */
    Placed placeLow(GuestMemory ram, long leastStart) {
        long start = RamSize.pageUp(leastStart);
        if (!ram.contains(start, sizeBytes)) {
            throw tooLarge(ram, leastStart, RamSize.MOST_BYTES);
        }
        return copyTo(ram, start);
    }

    private HostMistake tooLarge(GuestMemory ram, long leastStart, long mostEnd) {
        long enough = RamSize.pageUp(leastStart) + RamSize.pageUp(sizeBytes);
        if (enough > mostEnd) {
            return new HostMistake(
                    "the initrd %s of %d MB is too large: the kernel takes it between %d MB and %d MB only"
                            .formatted(
                                    path, RamSize.megabytes(sizeBytes), RamSize.megabytes(leastStart), mostEnd >> 20),
                    "make a smaller initrd");
        }
        return new HostMistake(
                "the initrd %s of %d MB has no room above the kernel, which ends at %d MB, in %d MB of RAM"
                        .formatted(
                                path,
                                RamSize.megabytes(sizeBytes),
                                RamSize.megabytes(leastStart),
                                ram.sizeBytes() >> 20),
                RamSize.atLeast(enough));
    }

    private Placed copyTo(GuestMemory ram, long start) {
        long copied = 0;
        try (InputStream in = Files.newInputStream(path)) {
            byte[] chunk = new byte[CHUNK_BYTES];
            while (copied < sizeBytes) {
                int got = in.readNBytes(chunk, 0, (int) Math.min(CHUNK_BYTES, sizeBytes - copied));
                if (got == 0) {
                    throw new HostMistake(
                            "the initrd %s has shrunk".formatted(path), "wait until it is written, start again");
                }
                ram.write(start + copied, got == CHUNK_BYTES ? chunk : Arrays.copyOf(chunk, got));
                copied += got;
            }
        } catch (IOException e) {
            throw BootFile.unreadable(path, "initrd", e);
        }
        return new Placed(start, sizeBytes);
    }
}
