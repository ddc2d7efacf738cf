// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StackInstructions.FCOM;
import static vmlab.vmm.soft.x87.StackInstructions.FCOMP;
import static vmlab.vmm.soft.x87.StatusWord.C0;
import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.C2;
import static vmlab.vmm.soft.x87.StatusWord.C3;

import java.nio.ByteBuffer;
import vmlab.vmm.Stateful;

/**
 * The floating-point unit: register stack, control and status words, last-instruction pointers, and all escape
 * instructions (D8 to DF) of a Pentium III.
 *
 * <p>Not here: CR0.EM, CR0.TS and CR0.NE, the raising of #NM, #MF and #UD, and WAIT, all of which are the CPU's.
 * Transcendental functions are within one unit in the last place of the exact value, not bit for bit those of one
 * processor. FDP and FDS keep their values over instructions without a memory operand.
 *
 * <p>Not for several threads. A fault thrown by the memory leaves everything as it was before the instruction.
 *
 * @spec Intel SDM 1, chapter 8; SDM 2A, FABS to FYL2XP1; SDM 3A, chapter 12 (MMX)
 */
public final class X87 implements Stateful<X87State> {
    private static final int CONDITIONS = C0 | C1 | C2 | C3;

    private final Registers registers = new Registers();
    private final Float80Result result = new Float80Result();
    private final StackInstructions instructions = new StackInstructions(registers, result);
    private final SavedImages images = new SavedImages(registers);
    private final MemoryInstructions memory = new MemoryInstructions(registers, instructions, images, result);

    public X87() {
        reset();
    }

    /** As after power-on and FNINIT: the registers are empty and zero. */
    public void reset() {
        for (int register = 0; register < 8; register++) {
            registers.stack.significands[register] = 0;
            registers.stack.signExponents[register] = 0;
        }
        registers.initialize();
    }

    @Override
    public X87State state() {
        return registers.state();
    }

    @Override
    public void restore(X87State state) {
        registers.restore(state);
    }

    /** Whether an unmasked exception waits to be reported: ES of the status word. */
    public boolean exceptionPending() {
        return registers.exceptionPending();
    }

    /**
     * Whether an escape instruction first reports a pending unmasked exception. Those that do not are the control
     * instructions with N in their names (SDM 1, section 8.3.12) and what is left of the 8087's and 287's.
     */
    public static boolean isWaiting(int escape, int modrm) {
        int operation = modrm >> 3 & 7;
        if ((modrm & 0xC0) != 0xC0) {
            boolean storesControl = escape == 1 && operation >= 6;
            boolean savesState = escape == 5 && operation >= 6;
            return !storesControl && !savesState;
        }
        return !isControl(escape, modrm);
    }

    /** Register forms that leave the last-instruction pointers alone (SDM 1, section 8.1.8). */
    private static boolean isControl(int escape, int modrm) {
        return escape == 3 && modrm >= 0xE0 && modrm <= 0xE4 || escape == 7 && modrm == 0xE0;
    }

    private static boolean isMemoryControl(int escape, int operation) {
        return escape == 1 && operation >= 4 || escape == 5 && (operation == 4 || operation >= 6);
    }

    /**
     * An instruction on registers.
     *
     * @param escape the low three bits of the opcode D8 to DF
     * @param modrm C0 to FF
     * @return false if there is no such instruction: nothing was changed
     */
    public boolean executeRegister(int escape, int modrm, X87Context cpu) {
        int index = modrm & 7;
        int operation = modrm >> 3 & 7;
        boolean known = switch (escape) {
            case 0 -> instructions.arithmeticRegister(operation, 0, index, false);
            case 1 -> executeD9(modrm, operation, index);
            case 2 -> executeDA(modrm, operation, index, cpu);
            case 3 -> executeDB(modrm, operation, index, cpu);
            case 4 -> instructions.arithmeticRegister(operation, index, index, false);
            case 5 -> executeDD(operation, index);
            case 6 -> executeDE(modrm, operation, index);
            case 7 -> executeDF(modrm, operation, index, cpu);
            default -> throw new IllegalArgumentException("escape " + escape + " is not in 0 to 7");
        };
        if (known && !isControl(escape, modrm)) {
            recordInstruction(escape, modrm, cpu);
        }
        return known;
    }

    private void recordInstruction(int escape, int modrm, X87Context cpu) {
        registers.instructionOffset = cpu.instructionOffset();
        registers.instructionSelector = cpu.codeSelector();
        registers.opcode = escape << 8 | modrm;
    }

    private boolean executeD9(int modrm, int operation, int index) {
        switch (operation) {
            case 0 -> instructions.loadRegister(index);
            case 1 -> instructions.exchange(index);
            case 2 -> {
                return modrm == 0xD0;
            }
            case 3 -> instructions.storeWithoutCheck(index);
            case 4 -> {
                return executeSign(index);
            }
            case 5 -> {
                return index != 7 && instructions.loadConstant(index);
            }
            case 6 -> executeF0(index);
            default -> executeF8(index);
        }
        return true;
    }

    private boolean executeSign(int index) {
        switch (index) {
            case 0 -> instructions.changeSign(0, Float80.SIGN);
            case 1 -> instructions.changeSign(Float80.SIGN, 0);
            case 4 -> instructions.compare(0, 0, false, 0);
            case 5 -> instructions.examine();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void executeF0(int index) {
        switch (index) {
            case 0 -> instructions.unary(0xF0);
            case 1 -> instructions.binaryPop(0xF1);
            case 2 -> instructions.pushing(0xF2);
            case 3 -> instructions.binaryPop(0xF3);
            case 4 -> instructions.pushing(0xF4);
            case 5 -> instructions.remainder(true);
            case 6 -> instructions.rotate(-1);
            default -> instructions.rotate(1);
        }
    }

    private void executeF8(int index) {
        switch (index) {
            case 0 -> instructions.remainder(false);
            case 1 -> instructions.binaryPop(0xF9);
            case 3 -> instructions.pushing(0xFB);
            case 5 -> instructions.scale();
            default -> instructions.unary(0xF8 | index);
        }
    }

    private boolean executeDA(int modrm, int operation, int index, X87Context cpu) {
        if (operation < 4) {
            instructions.moveIf(condition(operation, cpu), index);
            return true;
        }
        if (modrm == 0xE9) {
            instructions.compareStack(1, true, 2);
            return true;
        }
        return false;
    }

    private boolean executeDB(int modrm, int operation, int index, X87Context cpu) {
        if (operation < 4) {
            instructions.moveIf(!condition(operation, cpu), index);
            return true;
        }
        switch (operation) {
            case 4 -> {
                return executeOldControl(index);
            }
            case 5 -> instructions.compareToFlags(index, true, false, cpu);
            case 6 -> instructions.compareToFlags(index, false, false, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** FNCLEX, FNINIT, and FENI, FDISI, FSETPM, which do nothing since the 387 (SDM 1, section 8.3.13). */
    private boolean executeOldControl(int index) {
        if (index == 2) {
            registers.status &= CONDITIONS;
        } else if (index == 3) {
            registers.initialize();
        }
        return index <= 4;
    }

    private boolean executeDD(int operation, int index) {
        switch (operation) {
            case 0 -> instructions.free(index);
            case 1 -> instructions.exchange(index);
            case 2 -> instructions.storeRegister(index, false);
            case 3 -> instructions.storeRegister(index, true);
            case 4 -> instructions.compareStack(index, true, 0);
            case 5 -> instructions.compareStack(index, true, 1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean executeDE(int modrm, int operation, int index) {
        if (operation == FCOM) {
            instructions.compareStack(index, false, 1);
            return true;
        }
        if (operation == FCOMP) {
            if (modrm == 0xD9) {
                instructions.compareStack(1, false, 2);
            }
            return modrm == 0xD9;
        }
        return instructions.arithmeticRegister(operation, index, index, true);
    }

    private boolean executeDF(int modrm, int operation, int index, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                instructions.free(index);
                registers.stack.pop();
            }
            case 1 -> instructions.exchange(index);
            case 2, 3 -> instructions.storeRegister(index, true);
            case 4 -> {
                if (modrm != 0xE0) {
                    return false;
                }
                cpu.storeAx(registers.statusWord());
            }
            case 5 -> instructions.compareToFlags(index, true, true, cpu);
            case 6 -> instructions.compareToFlags(index, false, true, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** B, E, BE, U: FCMOVcc of DA; DB has the opposite. */
    private static boolean condition(int operation, X87Context cpu) {
        return switch (operation) {
            case 0 -> cpu.carryFlag();
            case 1 -> cpu.zeroFlag();
            case 2 -> cpu.carryFlag() || cpu.zeroFlag();
            default -> cpu.parityFlag();
        };
    }

    /**
     * An instruction with an operand in memory.
     *
     * @param escape the low three bits of the opcode D8 to DF
     * @param modrm below C0; only its middle field matters
     * @param operand16 whether environments are those of 16-bit operand size
     * @return false if there is no such instruction: nothing was changed
     */
    public boolean executeMemory(int escape, int modrm, int segment, int offset, boolean operand16, X87Context cpu) {
        int operation = modrm >> 3 & 7;
        boolean known = memory.execute(escape, operation, segment, offset, operand16, cpu);
        if (known && !isMemoryControl(escape, operation)) {
            recordInstruction(escape, modrm, cpu);
            registers.dataOffset = offset;
            registers.dataSelector = cpu.selector(segment);
        }
        return known;
    }

    /** The x87 part of the FXSAVE image: bytes 0 to 23 and 32 to 159. */
    public void fxsave(int segment, int offset, X87Context cpu) {
        images.fxsave(segment, offset, cpu);
    }

    /** Loads what {@link #fxsave} stores. */
    public void fxrstor(int segment, int offset, X87Context cpu) {
        images.fxrstor(segment, offset, cpu);
    }

    /** For the host: the same part of an image of its own. */
    public void store(ByteBuffer image) {
        images.store(image);
    }

    public void load(ByteBuffer image) {
        images.load(image);
    }

    /** MM0 to MM7: the significand of a physical register. */
    public long mmx(int register) {
        return registers.stack.significands[register];
    }

    public void mmx(int register, long value) {
        registers.stack.significands[register] = value;
        registers.stack.signExponents[register] = 0xFFFF;
    }

    /** What every MMX instruction but EMMS does: TOP = 0, all tags valid (SDM 3A, section 12.2). */
    public void enterMmx() {
        registers.stack.top = 0;
        registers.stack.occupied = 0xFF;
    }

    /** EMMS: all tags empty. */
    public void emms() {
        registers.stack.top = 0;
        registers.stack.occupied = 0;
    }
}
