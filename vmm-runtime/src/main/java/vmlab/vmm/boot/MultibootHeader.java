// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.boot;

import java.util.Optional;

/**
 * The header that makes a file a Multiboot kernel.
 *
 * <p>Spec: Multiboot Specification 0.6.96, sections 3.1.1 to 3.1.3.
 *
 * @param offset of the header in the file
 * @param flags what the kernel demands
 */
record MultibootHeader(int offset, long flags) {
    static final long MAGIC = 0x1BADB002L;

    /** Bits 0 to 15 are demands that a loader must meet or refuse; page-aligned modules and memory sizes are met here. */
    static final int DEMANDS_UNMET = 0xFFFC;

    static final int HAS_ADDRESSES = 1 << 16;

    /** The header lies completely within this part of the file. */
    private static final int SEARCHED_BYTES = 8192;

    private static final int SHORTEST_BYTES = 12;

    static Optional<MultibootHeader> find(BootFile file) {
        int last = Math.min(SEARCHED_BYTES, file.size()) - SHORTEST_BYTES;
        for (int offset = 0; offset <= last; offset += 4) {
            if (file.u32(offset) == MAGIC) {
                long flags = file.u32(offset + 4);
                if ((int) (MAGIC + flags + file.u32(offset + 8)) == 0) {
                    return Optional.of(new MultibootHeader(offset, flags));
                }
            }
        }
        return Optional.empty();
    }

    boolean hasAddresses() {
        return (flags & HAS_ADDRESSES) != 0;
    }

    int unmetDemands() {
        return (int) flags & DEMANDS_UNMET;
    }
}
