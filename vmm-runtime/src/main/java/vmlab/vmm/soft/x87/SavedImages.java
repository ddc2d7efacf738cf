// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

/**
 * The layouts in memory of FSTENV, FSAVE and FXSAVE. In real and virtual-8086 mode a pointer is stored as a linear
 * address, and comes back as an offset with selector 0.
 *
 * @spec Intel SDM 1, section 8.1.10, figures 8-9 to 8-12, and section 10.5.1, table 10-2
 */
final class SavedImages {
    private static final int RESERVED_HIGH = 0xFFFF_0000;
    private static final int FXSAVE_BYTES = 160;
    private static final int FXSAVE_REGISTERS = 32;

    private final X87 x87;

    private final int[] words = new int[7];
    private final long[] significands = new long[8];
    private final int[] signExponents = new int[8];

    SavedImages(X87 x87) {
        this.x87 = x87;
    }

    private static int environmentBytes(boolean operand16) {
        return operand16 ? 14 : 28;
    }

    /** FNSTENV, which then masks all exceptions. */
    void storeEnvironment(int segment, int offset, boolean operand16, X87Context cpu) {
        cpu.probeWrite(segment, offset, environmentBytes(operand16));
        storeWords(segment, offset, operand16, cpu);
        x87.control |= StatusWord.EXCEPTIONS;
    }

    /** FNSAVE, which then initializes. */
    void saveAll(int segment, int offset, boolean operand16, X87Context cpu) {
        int registers = environmentBytes(operand16);
        cpu.probeWrite(segment, offset, registers + 80);
        storeWords(segment, offset, operand16, cpu);
        for (int index = 0; index < 8; index++) {
            int at = offset + registers + 10 * index;
            cpu.store64(segment, at, x87.stack.significand(index));
            cpu.store16(segment, at + 8, x87.stack.signExponent(index));
        }
        x87.initialize();
    }

    private void storeWords(int segment, int offset, boolean operand16, X87Context cpu) {
        boolean isProtected = cpu.protectedMode();
        words[0] = x87.control;
        words[1] = x87.statusWord();
        words[2] = x87.stack.tagWord();
        if (isProtected) {
            words[3] = x87.instructionOffset;
            words[4] = operand16 ? x87.instructionSelector : x87.instructionSelector | x87.opcode << 16;
            words[5] = x87.dataOffset;
            words[6] = x87.dataSelector;
        } else {
            int instruction = (x87.instructionSelector << 4) + x87.instructionOffset;
            int data = (x87.dataSelector << 4) + x87.dataOffset;
            words[3] = instruction & 0xFFFF;
            words[4] = highPart(instruction, operand16) | x87.opcode;
            words[5] = data & 0xFFFF;
            words[6] = highPart(data, operand16);
        }
        for (int word = 0; word < 7; word++) {
            storeWord(word, segment, offset, operand16, isProtected, cpu);
        }
    }

    /** Bits 16 and up of a linear address, at bit 12. */
    private static int highPart(int linear, boolean operand16) {
        return operand16 ? linear >>> 4 & 0xF000 : linear >>> 4 & 0x0FFF_F000;
    }

    private void storeWord(int word, int segment, int offset, boolean operand16, boolean isProtected, X87Context cpu) {
        if (operand16) {
            cpu.store16(segment, offset + 2 * word, words[word] & 0xFFFF);
            return;
        }
        boolean reservedHigh = word < 3 || word == 6 && isProtected || !isProtected && (word == 3 || word == 5);
        cpu.store32(segment, offset + 4 * word, reservedHigh ? words[word] | RESERVED_HIGH : words[word]);
    }

    /** FLDENV. */
    void loadEnvironment(int segment, int offset, boolean operand16, X87Context cpu) {
        loadWords(segment, offset, operand16, cpu);
        takeWords(operand16, cpu.protectedMode());
    }

    /** FRSTOR. */
    void restoreAll(int segment, int offset, boolean operand16, X87Context cpu) {
        loadWords(segment, offset, operand16, cpu);
        loadRegisters(segment, offset + environmentBytes(operand16), 10, cpu);
        takeWords(operand16, cpu.protectedMode());
        takeRegisters();
    }

    private void loadWords(int segment, int offset, boolean operand16, X87Context cpu) {
        for (int word = 0; word < 7; word++) {
            words[word] = operand16
                    ? cpu.load16(segment, offset + 2 * word) & 0xFFFF
                    : cpu.load32(segment, offset + 4 * word);
        }
    }

    private void loadRegisters(int segment, int offset, int stride, X87Context cpu) {
        for (int index = 0; index < 8; index++) {
            significands[index] = cpu.load64(segment, offset + stride * index);
            signExponents[index] = cpu.load16(segment, offset + stride * index + 8) & 0xFFFF;
        }
    }

    private void takeWords(boolean operand16, boolean isProtected) {
        x87.controlWord(words[0]);
        x87.statusWord(words[1]);
        x87.stack.tagWord(words[2]);
        if (isProtected) {
            x87.instructionOffset = words[3];
            x87.instructionSelector = words[4] & 0xFFFF;
            x87.dataOffset = words[5];
            x87.dataSelector = words[6] & 0xFFFF;
            if (!operand16) {
                x87.opcode = words[4] >>> 16 & X87State.OPCODE_BITS;
            }
        } else {
            x87.instructionOffset = words[3] & 0xFFFF | (words[4] & 0x0FFF_F000) << 4;
            x87.instructionSelector = 0;
            x87.dataOffset = words[5] & 0xFFFF | (words[6] & 0x0FFF_F000) << 4;
            x87.dataSelector = 0;
            x87.opcode = words[4] & X87State.OPCODE_BITS;
        }
    }

    /** ST(0) to ST(7) of a TOP already taken, without touching the tags. */
    private void takeRegisters() {
        for (int index = 0; index < 8; index++) {
            int register = x87.stack.top + index & 7;
            x87.stack.significands[register] = significands[index];
            x87.stack.signExponents[register] = signExponents[index];
        }
    }

    /** Bytes 24 to 31 and 160 to 511 belong to SSE. */
    void fxsave(int segment, int offset, X87Context cpu) {
        cpu.probeWrite(segment, offset, FXSAVE_BYTES);
        cpu.store16(segment, offset, x87.control);
        cpu.store16(segment, offset + 2, x87.statusWord());
        cpu.store16(segment, offset + 4, x87.stack.occupied);
        cpu.store16(segment, offset + 6, x87.opcode);
        cpu.store32(segment, offset + 8, x87.instructionOffset);
        cpu.store32(segment, offset + 12, x87.instructionSelector);
        cpu.store32(segment, offset + 16, x87.dataOffset);
        cpu.store32(segment, offset + 20, x87.dataSelector);
        for (int index = 0; index < 8; index++) {
            int at = offset + FXSAVE_REGISTERS + 16 * index;
            cpu.store64(segment, at, x87.stack.significand(index));
            cpu.store64(segment, at + 8, x87.stack.signExponent(index));
        }
    }

    void fxrstor(int segment, int offset, X87Context cpu) {
        int controlWord = cpu.load16(segment, offset);
        int statusWord = cpu.load16(segment, offset + 2);
        int tags = cpu.load8(segment, offset + 4) & 0xFF;
        int opcode = cpu.load16(segment, offset + 6) & X87State.OPCODE_BITS;
        int instructionOffset = cpu.load32(segment, offset + 8);
        int instructionSelector = cpu.load16(segment, offset + 12) & 0xFFFF;
        int dataOffset = cpu.load32(segment, offset + 16);
        int dataSelector = cpu.load16(segment, offset + 20) & 0xFFFF;
        loadRegisters(segment, offset + FXSAVE_REGISTERS, 16, cpu);
        x87.controlWord(controlWord);
        x87.statusWord(statusWord);
        x87.stack.occupied = tags;
        x87.opcode = opcode;
        x87.instructionOffset = instructionOffset;
        x87.instructionSelector = instructionSelector;
        x87.dataOffset = dataOffset;
        x87.dataSelector = dataSelector;
        takeRegisters();
    }
}
