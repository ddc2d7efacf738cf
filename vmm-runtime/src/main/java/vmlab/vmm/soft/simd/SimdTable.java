// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * Which instruction of MMX, SSE or SSE2 an encoding means: the two-byte opcodes 0F xx of 32-bit mode.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 2, appendix A, tables
 */
public final class SimdTable {
    private static final SimdOpcodes OPCODES = opcodes();

    private SimdTable() {}

    private static SimdOpcodes opcodes() {
        SimdOpcodes opcodes = new SimdOpcodes();
        MoveInstructions.declare(opcodes);
        IntegerInstructions.declare(opcodes);
        ShuffleInstructions.declare(opcodes);
        FloatInstructions.declare(opcodes);
        ConversionInstructions.declare(opcodes);
        ControlInstructions.declare(opcodes);
        return opcodes;
    }

    /**
     * Looks an encoding up; meant for decoding, once for each instruction.
     *
     * @param mandatoryPrefix 0, 0x66, 0xF3 or 0xF2; the last of F2 and F3 wins over 66
     * @param opcode the byte after 0F
     * @param modrm the byte after that; anything for 77 (EMMS), the only opcode here without one
     * @return null if the encoding is none of this package's: another unit's, or undefined (#UD)
     */
    public static SimdEntry find(int mandatoryPrefix, int opcode, int modrm) {
        return OPCODES.find(mandatoryPrefix, opcode, modrm);
    }
}
