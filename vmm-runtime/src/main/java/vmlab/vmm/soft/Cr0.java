// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** Bits of CR0 (SDM 3A, 2.5). */
final class Cr0 {
    static final int PE = 1;
    static final int MP = 1 << 1;
    static final int EM = 1 << 2;
    static final int TS = 1 << 3;
    static final int ET = 1 << 4;
    static final int NE = 1 << 5;
    static final int WP = 1 << 16;
    static final int AM = 1 << 18;
    static final int NW = 1 << 29;
    static final int CD = 1 << 30;
    static final int PG = 1 << 31;
    static final int SETTABLE = PE | MP | EM | TS | NE | WP | AM | NW | CD | PG;

    private Cr0() {}
}
