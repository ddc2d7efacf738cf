// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/** Bits of EFLAGS (SDM 1, 3.4.3). */
final class Eflags {
    static final int CF = 1;
    static final int RESERVED_ONE = 1 << 1;
    static final int PF = 1 << 2;
    static final int AF = 1 << 4;
    static final int ZF = 1 << 6;
    static final int SF = 1 << 7;
    static final int TF = 1 << 8;
    static final int IF = 1 << 9;
    static final int DF = 1 << 10;
    static final int OF = 1 << 11;
    static final int IOPL = 3 << 12;
    static final int NT = 1 << 14;
    static final int RF = 1 << 16;
    static final int VM = 1 << 17;
    static final int AC = 1 << 18;
    static final int ID = 1 << 21;

    /** Everything that can be set at all; VM isn't, there is no virtual-8086 mode here. */
    static final int SETTABLE = CF | PF | AF | ZF | SF | TF | IF | DF | OF | IOPL | NT | RF | AC | ID;

    private Eflags() {}
}
