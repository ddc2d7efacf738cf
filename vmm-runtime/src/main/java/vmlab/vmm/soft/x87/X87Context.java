// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import vmlab.vmm.soft.OperandMemory;

/** What an x87 instruction sees of the CPU that executes it. */
public interface X87Context extends OperandMemory {
    boolean carryFlag();

    boolean zeroFlag();

    boolean parityFlag();

    /** Sets ZF, PF and CF; clears OF, SF and AF (FCOMI and its kin). */
    void compareFlags(boolean zf, boolean pf, boolean cf);

    /** FNSTSW AX. */
    void storeAx(int value);

    /** EIP of the first byte, prefixes included, of the instruction being executed. */
    int instructionOffset();

    int codeSelector();

    /** The selector in segment register 0 ES, 1 CS, 2 SS, 3 DS, 4 FS or 5 GS. */
    int selector(int segment);

    /** Whether environments have the protected-mode layout: neither real nor virtual-8086 mode. */
    boolean protectedMode();
}
