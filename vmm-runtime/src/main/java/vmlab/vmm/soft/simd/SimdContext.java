// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import vmlab.vmm.soft.OperandMemory;

/** What a SIMD instruction sees of the CPU: memory, general registers, the MMX registers of the x87 unit, and faults. */
public interface SimdContext extends OperandMemory {
    /** A 32-bit general register by its number in the encoding: 0 EAX to 7 EDI. */
    int gpr(int number);

    void gpr(int number, int value);

    /** The base of a segment, in bytes: the alignment of 16-byte operands is that of their linear address. */
    int segmentBase(int segment);

    /** The low 64 bits of a physical x87 register: MM0 is R0, whatever TOP is. */
    long mmx(int register);

    /** Sets the low 64 bits of a physical x87 register, and the 16 above them to ones (Intel SDM 1, 9.2). */
    void mmx(int register, long value);

    /** The transition every MMX instruction makes: TOP becomes 0, all x87 tags valid (Intel SDM 1, 9.5.1). */
    void enterMmx();

    /** Marks all x87 registers as empty. */
    void emms();

    /** Sets ZF, PF and CF and clears OF, SF and AF: the outcome of COMISS and its like. */
    void compareFlags(boolean zf, boolean pf, boolean cf);

    /** The fault #GP(0), to be thrown. */
    RuntimeException generalProtection();

    /** The fault #XM, or #UD where CR4.OSXMMEXCPT is clear, to be thrown: an unmasked exception is flagged in MXCSR. */
    RuntimeException simdException();
}
