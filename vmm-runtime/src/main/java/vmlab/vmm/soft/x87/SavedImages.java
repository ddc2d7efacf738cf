// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import java.nio.ByteBuffer;
import vmlab.vmm.FxImage;

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

    private final Registers registers;

    private final int[] words = new int[7];
    private final long[] significands = new long[8];
    private final int[] signExponents = new int[8];

    SavedImages(Registers registers) {
        this.registers = registers;
    }

    private static int environmentBytes(boolean operand16) {
        return operand16 ? 14 : 28;
    }

    /** FNSTENV, which then masks all exceptions. */
    void storeEnvironment(int segment, int offset, boolean operand16, X87Context cpu) {
        cpu.probeWrite(segment, offset, environmentBytes(operand16));
        storeWords(segment, offset, operand16, cpu);
        registers.control |= StatusWord.EXCEPTIONS;
    }

    /** FNSAVE, which then initializes. */
    void saveAll(int segment, int offset, boolean operand16, X87Context cpu) {
        int environment = environmentBytes(operand16);
        cpu.probeWrite(segment, offset, environment + 80);
        storeWords(segment, offset, operand16, cpu);
        for (int index = 0; index < 8; index++) {
            int at = offset + environment + 10 * index;
            cpu.store64(segment, at, registers.stack.significand(index));
            cpu.store16(segment, at + 8, registers.stack.signExponent(index));
        }
        registers.initialize();
    }

    private void storeWords(int segment, int offset, boolean operand16, X87Context cpu) {
        boolean isProtected = cpu.protectedMode();
        words[0] = registers.control;
        words[1] = registers.statusWord();
        words[2] = registers.stack.tagWord();
        if (isProtected) {
            words[3] = registers.instructionOffset;
            words[4] =
                    operand16 ? registers.instructionSelector : registers.instructionSelector | registers.opcode << 16;
            words[5] = registers.dataOffset;
            words[6] = registers.dataSelector;
        } else {
            int instruction = (registers.instructionSelector << 4) + registers.instructionOffset;
            int data = (registers.dataSelector << 4) + registers.dataOffset;
            words[3] = instruction & 0xFFFF;
            words[4] = highPart(instruction, operand16) | registers.opcode;
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
        registers.controlWord(words[0]);
        registers.statusWord(words[1]);
        registers.stack.tagWord(words[2]);
        if (isProtected) {
            registers.instructionOffset = words[3];
            registers.instructionSelector = words[4] & 0xFFFF;
            registers.dataOffset = words[5];
            registers.dataSelector = words[6] & 0xFFFF;
            if (!operand16) {
                registers.opcode = words[4] >>> 16 & X87State.OPCODE_BITS;
            }
        } else {
            registers.instructionOffset = words[3] & 0xFFFF | (words[4] & 0x0FFF_F000) << 4;
            registers.instructionSelector = 0;
            registers.dataOffset = words[5] & 0xFFFF | (words[6] & 0x0FFF_F000) << 4;
            registers.dataSelector = 0;
            registers.opcode = words[4] & X87State.OPCODE_BITS;
        }
    }

    /** ST(0) to ST(7) of a TOP already taken, without touching the tags. */
    private void takeRegisters() {
        for (int index = 0; index < 8; index++) {
            int register = registers.stack.top + index & 7;
            registers.stack.significands[register] = significands[index];
            registers.stack.signExponents[register] = signExponents[index];
        }
    }

    /** Bytes 24 to 31 and 160 to 511 belong to SSE. */
    void fxsave(int segment, int offset, X87Context cpu) {
        cpu.probeWrite(segment, offset, FXSAVE_BYTES);
        cpu.store16(segment, offset, registers.control);
        cpu.store16(segment, offset + 2, registers.statusWord());
        cpu.store16(segment, offset + 4, registers.stack.occupied);
        cpu.store16(segment, offset + 6, registers.opcode);
        cpu.store32(segment, offset + 8, registers.instructionOffset);
        cpu.store32(segment, offset + 12, registers.instructionSelector);
        cpu.store32(segment, offset + 16, registers.dataOffset);
        cpu.store32(segment, offset + 20, registers.dataSelector);
        for (int index = 0; index < 8; index++) {
            int at = offset + FXSAVE_REGISTERS + 16 * index;
            cpu.store64(segment, at, registers.stack.significand(index));
            cpu.store64(segment, at + 8, registers.stack.signExponent(index));
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
        registers.controlWord(controlWord);
        registers.statusWord(statusWord);
        registers.stack.occupied = tags;
        registers.opcode = opcode;
        registers.instructionOffset = instructionOffset;
        registers.instructionSelector = instructionSelector;
        registers.dataOffset = dataOffset;
        registers.dataSelector = dataSelector;
        takeRegisters();
    }

    /** For the host: the same part of an image of its own. */
    void store(ByteBuffer image) {
        image.putShort(FxImage.CONTROL, (short) registers.control);
        image.putShort(FxImage.STATUS, (short) registers.statusWord());
        image.put(FxImage.TAGS, (byte) registers.stack.occupied);
        image.putShort(FxImage.OPCODE, (short) registers.opcode);
        image.putInt(FxImage.INSTRUCTION_POINTER, registers.instructionOffset);
        image.putInt(FxImage.INSTRUCTION_POINTER + 4, registers.instructionSelector);
        image.putInt(FxImage.DATA_POINTER, registers.dataOffset);
        image.putInt(FxImage.DATA_POINTER + 4, registers.dataSelector);
        for (int index = 0; index < 8; index++) {
            image.putLong(FxImage.STACK + 16 * index, registers.stack.significand(index));
            image.putShort(FxImage.STACK + 16 * index + 8, (short) registers.stack.signExponent(index));
        }
    }

    void load(ByteBuffer image) {
        registers.controlWord(image.getShort(FxImage.CONTROL));
        registers.statusWord(image.getShort(FxImage.STATUS));
        registers.stack.occupied = image.get(FxImage.TAGS) & 0xFF;
        registers.opcode = image.getShort(FxImage.OPCODE) & X87State.OPCODE_BITS;
        registers.instructionOffset = image.getInt(FxImage.INSTRUCTION_POINTER);
        registers.instructionSelector = image.getShort(FxImage.INSTRUCTION_POINTER + 4) & 0xFFFF;
        registers.dataOffset = image.getInt(FxImage.DATA_POINTER);
        registers.dataSelector = image.getShort(FxImage.DATA_POINTER + 4) & 0xFFFF;
        for (int index = 0; index < 8; index++) {
            significands[index] = image.getLong(FxImage.STACK + 16 * index);
            signExponents[index] = image.getShort(FxImage.STACK + 16 * index + 8) & 0xFFFF;
        }
        takeRegisters();
    }
}
