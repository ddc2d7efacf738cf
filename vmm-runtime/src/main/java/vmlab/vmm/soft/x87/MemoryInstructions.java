// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static vmlab.vmm.soft.x87.StatusWord.C1;
import static vmlab.vmm.soft.x87.StatusWord.IE;
import static vmlab.vmm.soft.x87.StatusWord.OE;
import static vmlab.vmm.soft.x87.StatusWord.UE;

/**
 * The instructions with an operand in memory: conversions, loads and stores, and arithmetic with a memory operand.
 *
 * @spec Intel SDM 1, sections 8.3.3 and 8.3.5; SDM 2A under the instructions' names
 */
final class MemoryInstructions {
    private final Registers registers;
    private final RegisterStack stack;
    private final StackInstructions instructions;
    private final SavedImages images;
    private final Float80Result result;
    private final MemoryFormats formats;

    MemoryInstructions(Registers registers, StackInstructions instructions, SavedImages images, Float80Result result) {
        this.registers = registers;
        this.instructions = instructions;
        this.images = images;
        this.result = result;
        stack = registers.stack;
        formats = new MemoryFormats(result);
    }

    /**
     * @return false if there is no such instruction
     */
    boolean execute(int escape, int operation, int segment, int offset, boolean operand16, X87Context cpu) {
        return switch (escape) {
            case 0, 2, 4, 6 -> {
                loadOperand(escape, segment, offset, cpu);
                instructions.arithmeticMemory(operation);
                yield true;
            }
            case 1 -> memoryD9(operation, segment, offset, operand16, cpu);
            case 3 -> memoryDB(operation, segment, offset, cpu);
            case 5 -> memoryDD(operation, segment, offset, operand16, cpu);
            case 7 -> memoryDF(operation, segment, offset, cpu);
            default -> throw new IllegalArgumentException("escape " + escape + " is not in 0 to 7");
        };
    }

    /** Single, 32-bit integer, double or 16-bit integer: D8, DA, DC, DE. */
    private void loadOperand(int escape, int segment, int offset, X87Context cpu) {
        result.flags = 0;
        switch (escape) {
            case 0 -> formats.fromSingle(cpu.load32(segment, offset));
            case 2 -> formats.fromInteger(cpu.load32(segment, offset));
            case 4 -> formats.fromDouble(cpu.load64(segment, offset));
            default -> formats.fromInteger((short) cpu.load16(segment, offset));
        }
    }

    private boolean memoryD9(int operation, int segment, int offset, boolean operand16, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                result.flags = 0;
                formats.fromSingle(cpu.load32(segment, offset));
                loadNumber();
            }
            case 2, 3 -> storeNumber(Destination.SINGLE, operation == 3, segment, offset, cpu);
            case 4 -> images.loadEnvironment(segment, offset, operand16, cpu);
            case 5 -> registers.controlWord(cpu.load16(segment, offset));
            case 6 -> images.storeEnvironment(segment, offset, operand16, cpu);
            case 7 -> cpu.store16(segment, offset, registers.control);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDB(int operation, int segment, int offset, X87Context cpu) {
        switch (operation) {
            case 0 -> loadInteger(cpu.load32(segment, offset));
            case 2, 3 -> storeNumber(Destination.INTEGER_32, operation == 3, segment, offset, cpu);
            case 5 -> {
                long significand = cpu.load64(segment, offset);
                registers.push(cpu.load16(segment, offset + 8) & 0xFFFF, significand);
            }
            case 7 -> storeNumber(Destination.EXTENDED, true, segment, offset, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDD(int operation, int segment, int offset, boolean operand16, X87Context cpu) {
        switch (operation) {
            case 0 -> {
                result.flags = 0;
                formats.fromDouble(cpu.load64(segment, offset));
                loadNumber();
            }
            case 2, 3 -> storeNumber(Destination.DOUBLE, operation == 3, segment, offset, cpu);
            case 4 -> images.restoreAll(segment, offset, operand16, cpu);
            case 6 -> images.saveAll(segment, offset, operand16, cpu);
            case 7 -> cpu.store16(segment, offset, registers.statusWord());
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean memoryDF(int operation, int segment, int offset, X87Context cpu) {
        switch (operation) {
            case 0 -> loadInteger((short) cpu.load16(segment, offset));
            case 2, 3 -> storeNumber(Destination.INTEGER_16, operation == 3, segment, offset, cpu);
            case 4 -> {
                long low = cpu.load64(segment, offset);
                formats.fromDecimal(low, cpu.load16(segment, offset + 8));
                registers.push(result.signExponent, result.significand);
            }
            case 5 -> loadInteger(cpu.load64(segment, offset));
            case 6 -> storeNumber(Destination.DECIMAL, true, segment, offset, cpu);
            case 7 -> storeNumber(Destination.INTEGER_64, true, segment, offset, cpu);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void loadInteger(long value) {
        formats.fromInteger(value);
        registers.push(result.signExponent, result.significand);
    }

    /** A single or double number, in {@link #result}: unlike FLD m80 it is converted, which may be invalid. */
    private void loadNumber() {
        if (stack.full()) {
            registers.push(0, 0);
            return;
        }
        if (Float80.kind(result.signExponent, result.significand) == Float80.SIGNALING_NAN) {
            result.nan(result.signExponent, result.significand, Float80.SIGNALING_NAN);
        }
        if (registers.accept(result.flags)) {
            stack.push(result.signExponent, result.significand);
        }
    }

    private enum Destination {
        SINGLE,
        DOUBLE,
        EXTENDED,
        INTEGER_16,
        INTEGER_32,
        INTEGER_64,
        DECIMAL
    }

    /** Converts, stores, and only then lets anything of it be seen. */
    private void storeNumber(Destination kind, boolean pops, int segment, int offset, X87Context cpu) {
        boolean empty = stack.empty(0);
        if (empty && (registers.control & IE) == 0) {
            registers.stackFault(0);
            return;
        }
        int se = empty ? Float80.INDEFINITE_SIGN_EXPONENT : stack.signExponent(0);
        long sig = empty ? Float80.INDEFINITE_SIGNIFICAND : stack.significand(0);
        result.flags = 0;
        long converted = convert(kind, se, sig);
        int stopping = empty ? 0 : result.flags & ~registers.control & (IE | OE | UE);
        if (stopping != 0) {
            registers.status = registers.status & ~C1 | stopping;
            return;
        }
        store(kind, se, converted, segment, offset, cpu);
        if (empty) {
            registers.stackFault(0);
        } else {
            registers.status = registers.status & ~C1 | result.flags;
        }
        registers.popTimes(pops ? 1 : 0);
    }

    private long convert(Destination kind, int se, long sig) {
        return switch (kind) {
            case SINGLE -> formats.toSingle(se, sig, registers.control);
            case DOUBLE -> formats.toDouble(se, sig, registers.control);
            case EXTENDED -> sig;
            case INTEGER_16 -> formats.toInteger(se, sig, 16, registers.control);
            case INTEGER_32 -> formats.toInteger(se, sig, 32, registers.control);
            case INTEGER_64 -> formats.toInteger(se, sig, 64, registers.control);
            case DECIMAL -> formats.toDecimal(se, sig, registers.control);
        };
    }

    private void store(Destination kind, int se, long value, int segment, int offset, X87Context cpu) {
        switch (kind) {
            case INTEGER_16 -> cpu.store16(segment, offset, (int) value & 0xFFFF);
            case SINGLE, INTEGER_32 -> cpu.store32(segment, offset, (int) value);
            case DOUBLE, INTEGER_64 -> cpu.store64(segment, offset, value);
            case EXTENDED, DECIMAL -> {
                cpu.probeWrite(segment, offset, 10);
                cpu.store64(segment, offset, value);
                cpu.store16(segment, offset + 8, kind == Destination.DECIMAL ? formats.decimalHigh : se);
            }
        }
    }
}
