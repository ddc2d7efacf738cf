// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/** What one SIMD instruction does. Allocates nothing; changes no register before its last access to memory. */
@FunctionalInterface
public interface SimdInstruction {
    /**
     * Executes the instruction once.
     *
     * @param reg the reg field of the ModRM byte
     * @param rm the register of its r/m field, or -1 if that is a memory operand
     * @param segment of the memory operand, as numbered by {@link vmlab.vmm.soft.OperandMemory}
     * @param offset of the memory operand; of one implied by EDI too ({@link SimdEntry#storesAtEdi})
     * @param immediate the byte after the operands; anything without one
     */
    void execute(Simd simd, SimdContext cpu, int reg, int rm, int segment, int offset, int immediate);
}
