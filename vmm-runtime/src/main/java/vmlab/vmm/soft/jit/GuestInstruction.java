// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

/** An instruction of 32-bit flat code, in the parts its encoding has. Constant once read. */
final class GuestInstruction {
    static final int EAX = 0;
    static final int ECX = 1;
    static final int EDX = 2;
    static final int ESP = 4;
    static final int EBP = 5;

    /** Instead of a register: there is none. */
    static final int NONE = -1;

    /** The opcode; two-byte opcodes 0F xx are 0x1xx. */
    int opcode;

    /** Of the operand: 1, 2 or 4. */
    int bytes;

    /** Bytes of the encoding. */
    int length;

    /** The register field of the ModRM byte, or the register in the opcode. */
    int reg;

    /** The other operand's register, where it isn't in memory. */
    int rm;

    boolean memory;
    int base = NONE;
    int index = NONE;
    int scale;
    int displacement;

    /** FS or GS; {@link #NONE} for segments that start at 0. */
    int segment = NONE;

    int immediate;
}
