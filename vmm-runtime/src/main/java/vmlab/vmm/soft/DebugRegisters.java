// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * What DR0 to DR3 and DR7 match.
 *
 * @spec SDM 3B, 17.2
 */
final class DebugRegisters {
    static final int DR6_SINGLE_STEP = 1 << 14;
    static final int DR6_TASK_SWITCH = 1 << 15;
    static final int DR6_DETECT = 1 << 13;
    static final int DR6_ONES = 0xFFFF0FF0;
    static final int DR7_GENERAL_DETECT = 1 << 13;

    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    /** With CR4.DE only. */
    private static final int PORT = 2;

    private static final int READ_WRITE = 3;

    private DebugRegisters() {}

    private static boolean enabled(int[] dr, int n) {
        return ((dr[7] >>> (2 * n)) & 3) != 0;
    }

    private static int kind(int[] dr, int n) {
        return (dr[7] >>> (16 + 4 * n)) & 3;
    }

    private static int lengthBytes(int[] dr, int n) {
        int encoded = (dr[7] >>> (18 + 4 * n)) & 3;
        return encoded == 2 ? 8 : encoded + 1;
    }

    /** DR6 bits of the enabled data breakpoints that an access touches. */
    static int dataHits(int[] dr, int linear, int bytes, boolean write) {
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            boolean wanted = kind(dr, n) == READ_WRITE || write && kind(dr, n) == WRITE;
            if (wanted && enabled(dr, n) && touches(dr, n, linear, bytes)) {
                hits |= 1 << n;
            }
        }
        return hits;
    }

    /** DR6 bits of the enabled I/O breakpoints that an access touches. */
    static int portHits(int[] dr, int port, int bytes) {
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            if (kind(dr, n) == PORT && enabled(dr, n) && touches(dr, n, port, bytes)) {
                hits |= 1 << n;
            }
        }
        return hits;
    }

    private static boolean touches(int[] dr, int n, int address, int bytes) {
        int length = lengthBytes(dr, n);
        int start = dr[n] & -length;
        return Integer.compareUnsigned(address - start, length) < 0
                || Integer.compareUnsigned(start - address, bytes) < 0;
    }

    /** Whether an enabled data breakpoint lies in the page. */
    static boolean watchesPage(int[] dr, int linear) {
        for (int n = 0; n < 4; n++) {
            if (enabled(dr, n) && kind(dr, n) != EXECUTE && ((dr[n] ^ linear) & Mmu.PAGE_MASK) == 0) {
                return true;
            }
        }
        return false;
    }

    /** DR6 bits of the enabled instruction breakpoints at this address. */
    static int executionHits(int[] dr, int linear) {
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            if (enabled(dr, n) && kind(dr, n) == EXECUTE && dr[n] == linear) {
                hits |= 1 << n;
            }
        }
        return hits;
    }
}
