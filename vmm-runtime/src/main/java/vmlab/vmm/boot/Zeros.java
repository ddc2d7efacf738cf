// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import vmlab.vmm.GuestMemory;

/** Clears guest memory, which on a reset still holds what the last run left. */
final class Zeros {
    private static final int CHUNK_BYTES = 1 << 16;

    private Zeros() {}

    static void write(GuestMemory ram, long from, long end) {
        for (long at = from; at < end; at += CHUNK_BYTES) {
            ram.write(at, new byte[(int) Math.min(CHUNK_BYTES, end - at)]);
        }
    }
}
