// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.nio.file.Path;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.HostMistake;

/** Checks whether things fit into RAM, and says how much would do. */
final class RamSize {
    /** As much as {@link GuestMemory} gives. */
    static final long MOST_BYTES = 3L << 30;

    private RamSize() {}

    /** Rounded up. */
    static long megabytes(long bytes) {
        return (bytes + (1 << 20) - 1) >> 20;
    }

    static long pageUp(long address) {
        return (address + GuestMemory.PAGE_BYTES - 1) & -GuestMemory.PAGE_BYTES;
    }

    static long pageDown(long address) {
        return address & -GuestMemory.PAGE_BYTES;
    }

    /** Checks that a kernel that needs everything below {@code end} can run. */
    static void checkKernel(Path kernel, long end, GuestMemory ram) {
        if (end > MOST_BYTES) {
            throw new HostMistake(
                    "the kernel %s needs memory up to %#x, where no guest has RAM".formatted(kernel, end - 1),
                    "build it to be loaded at 16 MB, as kernels usually are");
        }
        if (end > ram.sizeBytes()) {
            throw new HostMistake(
                    "the kernel %s needs at least %d MB of RAM, the guest has %d MB"
                            .formatted(kernel, megabytes(end), ram.sizeBytes() >> 20),
                    atLeast(end));
        }
    }

    static String atLeast(long bytes) {
        return "set guest_ram_mb to at least " + megabytes(bytes);
    }
}
