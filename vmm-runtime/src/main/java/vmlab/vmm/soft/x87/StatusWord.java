// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/** Bits of the status word; the exceptions' masks have the same places in the control word (SDM 1, figures 8-4, 8-6). */
final class StatusWord {
    static final int IE = 0x01;
    static final int DE = 0x02;
    static final int ZE = 0x04;
    static final int OE = 0x08;
    static final int UE = 0x10;
    static final int PE = 0x20;
    static final int SF = 0x40;
    static final int ES = 0x80;
    static final int C0 = 0x100;
    static final int C1 = 0x200;
    static final int C2 = 0x400;
    static final int C3 = 0x4000;
    static final int BUSY = 0x8000;

    static final int EXCEPTIONS = IE | DE | ZE | OE | UE | PE;
    static final int TOP_SHIFT = 11;

    private StatusWord() {}
}
