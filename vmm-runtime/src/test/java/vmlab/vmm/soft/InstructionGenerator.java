// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Random integer instructions for 32-bit code that can stand behind each other. They write EAX, ECX, EDX and EBP only,
 * unless they set up what they write; EBX, ESI, EDI and ESP point into 256 bytes of memory.
 */
final class InstructionGenerator {
    static final int MEMORY_BYTES = 256;
    private static final int ARITHMETIC = Eflags.CF | Eflags.PF | Eflags.AF | Eflags.ZF | Eflags.SF | Eflags.OF;
    private static final int ALL_BUT_CF_OF = ARITHMETIC & ~(Eflags.CF | Eflags.OF);
    private static final int[] CORNERS = {
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, -1, -2, 0x99, 0x0A0F
    };
    private static final int[] WIDE = {Cpu.EAX, Cpu.ECX, Cpu.EDX, Cpu.EBP};
    private static final int[] OCTETS = {0, 1, 2, 4, 5, 6};

    /**
     * An instruction, with those that set up its registers in front.
     *
     * @param undefined the flags it leaves undefined
     */
    record Piece(String name, byte[] code, int undefined) {}

    private final Random random;
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private int undefined;

    /** Every family of instructions, by name. */
    private final List<Function<InstructionGenerator, String>> families = new ArrayList<>(List.of(
            InstructionGenerator::arithmetic,
            InstructionGenerator::arithmeticImmediate,
            InstructionGenerator::unary,
            InstructionGenerator::multiply,
            InstructionGenerator::multiplyByImmediate,
            InstructionGenerator::shift,
            InstructionGenerator::doubleShift,
            InstructionGenerator::bitTest,
            InstructionGenerator::bitTestImmediate,
            InstructionGenerator::bitScan,
            InstructionGenerator::exchange,
            InstructionGenerator::compareExchange8,
            InstructionGenerator::extend,
            InstructionGenerator::move,
            InstructionGenerator::moveImmediate,
            InstructionGenerator::conditional,
            InstructionGenerator::jump,
            InstructionGenerator::loop,
            InstructionGenerator::flagInstruction,
            InstructionGenerator::decimal,
            InstructionGenerator::convert,
            InstructionGenerator::loadAddress,
            InstructionGenerator::string,
            InstructionGenerator::stack,
            InstructionGenerator::frame,
            InstructionGenerator::translate));

    InstructionGenerator(Random random) {
        this.random = random;
    }

    int families() {
        return families.size();
    }

    Piece piece(int family) {
        code.reset();
        undefined = 0;
        String name = families.get(family).apply(this);
        return new Piece(name, code.toByteArray(), undefined);
    }

    Piece division() {
        code.reset();
        undefined = ARITHMETIC;
        int bytes = size();
        int reg = 6 + random.nextInt(2);
        operation(bytes, 0xF6, reg);
        return new Piece(reg == 6 ? "DIV" : "IDIV", code.toByteArray(), undefined);
    }

    /** A value near the borders of the sizes, or any. */
    int value() {
        int corner = CORNERS[random.nextInt(CORNERS.length)];
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> corner + random.nextInt(3) - 1;
            default -> corner;
        };
    }

    /** EAX to EDI. */
    int[] registers() {
        int middle = CpuFixture.DATA + MEMORY_BYTES / 2;
        return new int[] {value(), value(), value(), middle, middle, value(), middle + 16, middle - 16};
    }

    int flags() {
        return random.nextInt() & (ARITHMETIC | Eflags.DF) | Eflags.IF;
    }

    byte[] memory() {
        byte[] memory = new byte[MEMORY_BYTES];
        for (int at = 0; at < MEMORY_BYTES; at += 4) {
            int value = value();
            for (int k = 0; k < 4; k++) {
                memory[at + k] = (byte) (value >>> 8 * k);
            }
        }
        return memory;
    }

    // ---- encoding

    private int size() {
        return 1 << random.nextInt(3);
    }

    private int wideSize() {
        return 2 << random.nextInt(2);
    }

    private void emit(int... octets) {
        for (int octet : octets) {
            code.write(octet);
        }
    }

    private void immediate(int value, int bytes) {
        for (int k = 0; k < bytes; k++) {
            code.write(value >>> 8 * k);
        }
    }

    private void load(int register, int value) {
        emit(0xB8 + register);
        immediate(value, 4);
    }

    private int register(int bytes) {
        return bytes == 1 ? OCTETS[random.nextInt(OCTETS.length)] : WIDE[random.nextInt(WIDE.length)];
    }

    /** An opcode whose lowest bit says byte or not, with its operand. */
    private void operation(int bytes, int opcode, int reg) {
        if (bytes == 2) {
            emit(0x66);
        }
        emit(bytes == 1 ? opcode : opcode | 1);
        operand(bytes, reg);
    }

    /** A ModRM byte with a register or memory operand. */
    private void operand(int bytes, int reg) {
        if (random.nextBoolean()) {
            emit(0xC0 | reg << 3 | register(bytes));
        } else {
            memoryOperand(reg);
        }
    }

    private void memoryOperand(int reg) {
        int displacement = random.nextInt(64) - 32;
        switch (random.nextInt(5)) {
            case 0 -> emit(reg << 3 | Cpu.EBX);
            case 1 -> emit(0x40 | reg << 3 | Cpu.ESI, displacement);
            case 2 -> emit(0x40 | reg << 3 | 4, 0x24, displacement);
            case 3 -> {
                emit(reg << 3 | 5);
                immediate(CpuFixture.DATA + 128 + displacement, 4);
            }
            default -> {
                emit(reg << 3 | 4, Cpu.EBX << 3 | 5);
                immediate(displacement, 4);
            }
        }
    }

    // ---- families

    private static final String[] OPERATIONS = {"ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP", "TEST"};

    private static String named(String name, int bytes) {
        return name + 8 * bytes;
    }

    private void logicLeaves(int operation) {
        boolean logic = operation == Alu.OR || operation == Alu.AND || operation >= Alu.XOR && operation != Alu.CMP;
        undefined |= logic ? Eflags.AF : 0;
    }

    private String arithmetic() {
        int bytes = size();
        int operation = random.nextInt(9);
        logicLeaves(operation);
        int direction = operation == Alu.TEST ? 0 : random.nextInt(2) * 2;
        operation(bytes, operation == Alu.TEST ? 0x84 : operation << 3 | direction, register(bytes));
        return named(OPERATIONS[operation], bytes);
    }

    private String arithmeticImmediate() {
        int bytes = size();
        int operation = random.nextInt(9);
        logicLeaves(operation);
        if (random.nextInt(4) == 0) {
            if (bytes == 2) {
                emit(0x66);
            }
            emit((operation == Alu.TEST ? 0xA8 : operation << 3 | 4) | (bytes == 1 ? 0 : 1));
            immediate(value(), bytes);
        } else if (operation == Alu.TEST) {
            operation(bytes, 0xF6, random.nextInt(2));
            immediate(value(), bytes);
        } else if (bytes > 1 && random.nextBoolean()) {
            operation(bytes, 0x83, operation);
            immediate(value(), 1);
        } else {
            operation(bytes, 0x80, operation);
            immediate(value(), bytes);
        }
        return named(OPERATIONS[operation], bytes) + " imm";
    }

    private String unary() {
        int bytes = size();
        int which = random.nextInt(5);
        if (which == 4) {
            int step = random.nextInt(2) * 8;
            if (bytes == 2) {
                emit(0x66);
            }
            emit(0x40 + step + register(4));
            return step == 0 ? "INC r" : "DEC r";
        }
        operation(bytes, which < 2 ? 0xFE : 0xF6, which);
        return named(new String[] {"INC", "DEC", "NOT", "NEG"}[which], bytes);
    }

    private String multiply() {
        int bytes = size();
        undefined = ALL_BUT_CF_OF;
        int reg = 4 + random.nextInt(2);
        operation(bytes, 0xF6, reg);
        return named(reg == 4 ? "MUL" : "IMUL", bytes);
    }

    private String multiplyByImmediate() {
        int bytes = wideSize();
        undefined = ALL_BUT_CF_OF;
        if (bytes == 2) {
            emit(0x66);
        }
        int form = random.nextInt(3);
        if (form == 0) {
            emit(0x0F, 0xAF);
        } else {
            emit(form == 1 ? 0x69 : 0x6B);
        }
        operand(bytes, register(bytes));
        if (form > 0) {
            immediate(value(), form == 1 ? bytes : 1);
        }
        return named("IMUL r", bytes);
    }

    private static final String[] SHIFTS = {"ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR"};

    private String shift() {
        int bytes = size();
        int operation = random.nextInt(8);
        int count = random.nextInt(3) == 0 ? random.nextInt(256) : random.nextInt(34);
        switch (random.nextInt(3)) {
            case 0 -> {
                count = 1;
                operation(bytes, 0xD0, operation);
            }
            case 1 -> {
                emit(0xB1, count);
                operation(bytes, 0xD2, operation);
            }
            default -> {
                operation(bytes, 0xC0, operation);
                emit(count);
            }
        }
        shiftLeaves(operation, count & 31, bytes);
        return named(SHIFTS[operation], bytes);
    }

    /** SDM 2, ROL and SHL: OF beyond a count of 1; AF of shifts; CF of SHL and SHR beyond the operand's size. */
    private void shiftLeaves(int operation, int count, int bytes) {
        if (count == 0) {
            return;
        }
        undefined |= count > 1 ? Eflags.OF : 0;
        undefined |= operation >= 4 ? Eflags.AF : 0;
        undefined |= operation >= 4 && operation < 7 && count >= 8 * bytes ? Eflags.CF : 0;
    }

    private String doubleShift() {
        int bytes = wideSize();
        boolean left = random.nextBoolean();
        boolean byCl = random.nextBoolean();
        // Beyond 16 a 16-bit operand's result is undefined (SDM 2, SHLD).
        int count = random.nextInt(bytes == 2 ? 17 : 32) | random.nextInt(8) << 5;
        if (byCl) {
            emit(0xB1, count);
        }
        if (bytes == 2) {
            emit(0x66);
        }
        emit(0x0F, (left ? 0xA4 : 0xAC) + (byCl ? 1 : 0));
        operand(bytes, register(bytes));
        if (!byCl) {
            emit(count);
        }
        int masked = count & 31;
        if (masked != 0) {
            undefined |= Eflags.AF | (masked > 1 ? Eflags.OF : 0);
        }
        return named(left ? "SHLD" : "SHRD", bytes);
    }

    private String bitTest() {
        int bytes = wideSize();
        undefined = Eflags.OF | Eflags.SF | Eflags.AF | Eflags.PF;
        int operation = random.nextInt(4);
        int reg = register(bytes);
        load(reg, bytes == 2 ? random.nextInt(512) - 256 | random.nextInt() << 16 : random.nextInt(512) - 256);
        if (bytes == 2) {
            emit(0x66);
        }
        emit(0x0F, 0xA3 + 8 * operation);
        operand(bytes, reg);
        return named(new String[] {"BT", "BTS", "BTR", "BTC"}[operation], bytes);
    }

    private String bitTestImmediate() {
        int bytes = wideSize();
        undefined = Eflags.OF | Eflags.SF | Eflags.AF | Eflags.PF;
        int operation = random.nextInt(4);
        if (bytes == 2) {
            emit(0x66);
        }
        emit(0x0F, 0xBA);
        operand(bytes, 4 + operation);
        emit(random.nextInt(256));
        return named(new String[] {"BT", "BTS", "BTR", "BTC"}[operation], bytes) + " imm";
    }

    private String bitScan() {
        int bytes = wideSize();
        undefined = ARITHMETIC & ~Eflags.ZF;
        if (bytes == 2) {
            emit(0x66);
        }
        int reverse = random.nextInt(2);
        emit(0x0F, 0xBC + reverse);
        operand(bytes, register(bytes));
        return named(reverse == 0 ? "BSF" : "BSR", bytes);
    }

    private String exchange() {
        int bytes = size();
        switch (random.nextInt(5)) {
            case 0 -> {
                operation(bytes, 0x86, register(bytes));
                return named("XCHG", bytes);
            }
            case 1 -> {
                emit(0x90 + register(4));
                return "XCHG EAX";
            }
            case 2 -> {
                emit(0x0F, 0xC8 + register(4));
                return "BSWAP";
            }
            default -> {
                if (bytes == 2) {
                    emit(0x66);
                }
                int opcode = random.nextBoolean() ? 0xB0 : 0xC0;
                emit(0x0F, opcode | (bytes == 1 ? 0 : 1));
                operand(bytes, register(bytes));
                return named(opcode == 0xB0 ? "CMPXCHG" : "XADD", bytes);
            }
        }
    }

    private String compareExchange8() {
        if (random.nextBoolean()) {
            // EDX:EAX from where it will be compared with, so that it is often equal.
            emit(0xA1);
            immediate(CpuFixture.DATA + 128, 4);
            emit(0x8B, 0x15);
            immediate(CpuFixture.DATA + 132, 4);
            emit(0x0F, 0xC7, 0x0D);
            immediate(CpuFixture.DATA + 128, 4);
        } else {
            emit(0x0F, 0xC7);
            memoryOperand(1);
        }
        return "CMPXCHG8B";
    }

    private String extend() {
        int bytes = wideSize();
        int from = 1 + random.nextInt(2);
        if (bytes == 2) {
            emit(0x66);
        }
        emit(0x0F, (random.nextBoolean() ? 0xB6 : 0xBE) + from - 1);
        operand(from, register(bytes));
        return "MOVZX MOVSX";
    }

    private String move() {
        int bytes = size();
        if (random.nextInt(4) == 0) {
            if (bytes == 2) {
                emit(0x66);
            }
            emit((random.nextBoolean() ? 0xA0 : 0xA2) | (bytes == 1 ? 0 : 1));
            immediate(CpuFixture.DATA + random.nextInt(MEMORY_BYTES - 3), 4);
            return "MOV moffs";
        }
        operation(bytes, random.nextBoolean() ? 0x88 : 0x8A, register(bytes));
        return named("MOV", bytes);
    }

    private String moveImmediate() {
        int bytes = size();
        if (random.nextBoolean()) {
            operation(bytes, 0xC6, 0);
        } else {
            if (bytes == 2) {
                emit(0x66);
            }
            emit((bytes == 1 ? 0xB0 : 0xB8) + register(bytes));
        }
        immediate(value(), bytes);
        return named("MOV imm", bytes);
    }

    private String conditional() {
        int condition = random.nextInt(16);
        if (random.nextBoolean()) {
            emit(0x0F, 0x90 + condition);
            operand(1, 0);
            return "SETcc";
        }
        int bytes = wideSize();
        if (bytes == 2) {
            emit(0x66);
        }
        emit(0x0F, 0x40 + condition);
        operand(bytes, register(bytes));
        return "CMOVcc";
    }

    private String jump() {
        int condition = random.nextInt(16);
        if (random.nextBoolean()) {
            emit(0x70 + condition, 2);
        } else {
            emit(0x0F, 0x80 + condition);
            immediate(2, 4);
        }
        emit(0xB0, 0x5A);
        return "Jcc";
    }

    private String loop() {
        load(Cpu.ECX, random.nextInt(3) | random.nextInt(2) << 16);
        if (random.nextBoolean()) {
            emit(0x67);
        }
        int opcode = 0xE0 + random.nextInt(4);
        emit(opcode, 2, 0xB0, 0x5A);
        return opcode == 0xE3 ? "JCXZ" : "LOOP";
    }

    private String flagInstruction() {
        int opcode = new int[] {0x9E, 0x9F, 0xF5, 0xF8, 0xF9, 0xFC, 0xFD, 0xD6, 0x9C, 0x9D}[random.nextInt(10)];
        if (opcode == 0x9D) {
            emit(0x68);
            immediate(flags() | Eflags.RESERVED_ONE, 4);
        } else if (opcode == 0x9C) {
            emit(0x9C, 0x58, 0x25);
            immediate(CpuFixture.FLAGS, 4);
            undefined = Eflags.AF;
            return "PUSHF";
        }
        emit(opcode);
        return "flags %02X".formatted(opcode);
    }

    private String decimal() {
        switch (random.nextInt(6)) {
            case 0 -> emit(0x27);
            case 1 -> emit(0x2F);
            case 2 -> emit(0x37);
            case 3 -> emit(0x3F);
            case 4 -> emit(0xD4, 1 + random.nextInt(255));
            default -> emit(0xD5, random.nextInt(256));
        }
        int opcode = code.toByteArray()[0] & 0xFF;
        undefined = switch (opcode) {
            case 0x27, 0x2F -> Eflags.OF;
            case 0x37, 0x3F -> Eflags.OF | Eflags.SF | Eflags.ZF | Eflags.PF;
            default -> Eflags.OF | Eflags.AF | Eflags.CF;
        };
        return "decimal %02X".formatted(opcode);
    }

    private String convert() {
        if (random.nextBoolean()) {
            emit(0x66);
        }
        emit(0x98 + random.nextInt(2));
        return "CBW CWD";
    }

    private String loadAddress() {
        if (random.nextInt(3) == 0) {
            emit(0x66);
        }
        boolean short16 = random.nextInt(3) == 0;
        if (short16) {
            emit(0x67);
        }
        int mod = random.nextInt(3);
        int rm = random.nextInt(8);
        emit(0x8D, mod << 6 | register(4) << 3 | rm);
        int displacementBytes = mod == 1 ? 1 : mod == 2 ? short16 ? 2 : 4 : 0;
        if (short16) {
            displacementBytes = mod == 0 && rm == 6 ? 2 : displacementBytes;
        } else {
            int sib = random.nextInt(256);
            if (rm == 4) {
                emit(sib);
            }
            boolean alone = rm == 5 || rm == 4 && (sib & 7) == 5;
            displacementBytes = mod == 0 && alone ? 4 : displacementBytes;
        }
        immediate(value(), displacementBytes);
        return short16 ? "LEA a16" : "LEA a32";
    }

    private String string() {
        int bytes = size();
        int opcode = new int[] {0xA4, 0xA6, 0xAA, 0xAC, 0xAE}[random.nextInt(5)];
        load(Cpu.ESI, CpuFixture.DATA + 100 + random.nextInt(56));
        load(Cpu.EDI, CpuFixture.DATA + 100 + random.nextInt(56));
        load(Cpu.ECX, random.nextInt(18));
        emit(random.nextBoolean() ? 0xFC : 0xFD);
        int prefix = random.nextInt(3);
        if (prefix > 0) {
            emit(0xF1 + prefix);
        }
        if (bytes == 2) {
            emit(0x66);
        }
        emit(bytes == 1 ? opcode : opcode | 1);
        // Where the others expect them.
        load(Cpu.ECX, 3);
        emit(0x89, 0xF2);
        load(Cpu.ESI, CpuFixture.DATA + 144);
        emit(0x89, 0xFD);
        load(Cpu.EDI, CpuFixture.DATA + 112);
        return new String[] {"", "REPNE ", "REP "}[prefix]
                + named(
                        List.of("MOVS", "CMPS", "STOS", "LODS", "SCAS")
                                .get((opcode - 0xA4) / 2 - (opcode > 0xA8 ? 1 : 0)),
                        bytes);
    }

    private String stack() {
        switch (random.nextInt(9)) {
            case 0 -> emit(0x50 + random.nextInt(8), 0x58 + register(4));
            case 1 -> emit(0x66, 0x50 + random.nextInt(8), 0x66, 0x58 + register(2));
            case 2 -> emit(0x6A, random.nextInt(256), 0x58 + register(4));
            case 3 -> emit(0x66, 0x6A, random.nextInt(256), 0x66, 0x58 + register(4));
            case 4 -> {
                emit(0x60);
                load(Cpu.EAX, 1);
                load(Cpu.EBP, 2);
                emit(0x61);
            }
            case 5 -> {
                emit(0x66, 0x60);
                load(Cpu.EAX, 1);
                load(Cpu.EBP, 2);
                emit(0x66, 0x61);
            }
            case 6 -> {
                emit(0xFF, 0x74, 0x24, random.nextInt(32) - 16);
                emit(0x8F, 0x44, 0x24, random.nextInt(32) - 16);
            }
            case 7 -> emit(0x54, 0x58 + register(4), 0x54, 0x5C);
            default -> {
                emit(0x66, 0xFF);
                memoryOperand(6);
                emit(0x66, 0x8F);
                memoryOperand(0);
            }
        }
        return "stack";
    }

    private String frame() {
        int middle = CpuFixture.DATA + MEMORY_BYTES / 2;
        load(Cpu.EBP, middle + 4 * random.nextInt(8));
        if (random.nextInt(3) == 0) {
            emit(0x66);
        }
        emit(0xC8, random.nextInt(16), 0, random.nextInt(8) | random.nextInt(2) << 5);
        // The new frame pointer, by its distance, and then everything where it was.
        emit(0x89, 0xE8, 0x89, 0xE2);
        if (random.nextBoolean()) {
            load(Cpu.EBP, middle + random.nextInt(16));
            if (random.nextInt(3) == 0) {
                emit(0x66);
            }
            emit(0xC9, 0x89, 0xE1);
        }
        load(Cpu.ESP, middle);
        return "ENTER LEAVE";
    }

    private String translate() {
        load(Cpu.EBX, CpuFixture.DATA);
        emit(0xD7);
        load(Cpu.EBX, CpuFixture.DATA + MEMORY_BYTES / 2);
        return "XLAT";
    }
}
