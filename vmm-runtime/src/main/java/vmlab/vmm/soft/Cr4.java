// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** Bits of CR4 that this CPU has (SDM 3A, 2.5). */
final class Cr4 {
    static final int TSD = 1 << 2;
    static final int DE = 1 << 3;
    static final int PSE = 1 << 4;
    /** Kept; there are no machine checks. */
    static final int MCE = 1 << 6;

    static final int PGE = 1 << 7;
    static final int OSFXSR = 1 << 9;
    static final int OSXMMEXCPT = 1 << 10;
    static final int SETTABLE = TSD | DE | PSE | MCE | PGE | OSFXSR | OSXMMEXCPT;

    private Cr4() {}
}
