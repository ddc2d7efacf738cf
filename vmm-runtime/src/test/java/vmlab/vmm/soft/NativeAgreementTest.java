// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import vmlab.vmm.soft.CpuFixture.Mode;
import vmlab.vmm.soft.InstructionGenerator.Piece;
import vmlab.vmm.soft.NativeCpu.Answer;
import vmlab.vmm.soft.NativeCpu.Request;
import vmlab.vmm.soft.NativeCpu.State;

/** The integer instructions against the host's own CPU in 32-bit mode, all flags that the manual defines included. */
class NativeAgreementTest {
    private static final long SEED = 20240611;
    private static final int CASES_OF_FAMILY = 700;
    private static final int DIVISIONS = 2500;
    private static final int MOST_SHOWN = 25;
    private static final int ARITHMETIC = CpuFixture.FLAGS & ~Eflags.DF;

    private final List<Piece> pieces = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private final InstructionGenerator generator = new InstructionGenerator(new Random(SEED));

    private void add(Piece piece) {
        pieces.add(piece);
        requests.add(
                new Request(piece.code(), new State(generator.registers(), generator.flags(), generator.memory())));
    }

    @Test
    void everyInstructionDoesWhatTheHostDoes() throws IOException, InterruptedException {
        for (int family = 0; family < generator.families(); family++) {
            for (int k = 0; k < CASES_OF_FAMILY; k++) {
                add(generator.piece(family));
            }
        }
        for (int k = 0; k < DIVISIONS; k++) {
            add(generator.division());
        }
        compare("instructions");
    }

    @Test
    void everyConditionHoldsAsOnTheHostBehindEveryProducer() throws IOException, InterruptedException {
        for (Producer producer : Producer.values()) {
            for (int condition = 0; condition < 16; condition++) {
                for (int consumer = 0; consumer < 4; consumer++) {
                    if ((readBy(condition) & producer.undefined) == 0) {
                        add(pair(producer, condition, consumer));
                        add(pair(producer, condition, consumer));
                    }
                }
                if (producer.undefined == 0) {
                    add(new Piece(producer + "+LAHF", join(producer.code, 0x9F), 0));
                }
            }
        }
        compare("conditions");
    }

    /** What sets the flags, by its encoding on EAX, ECX or memory at EBX. */
    private enum Producer {
        ADD32(0, 0x01, 0xC8),
        ADD16(0, 0x66, 0x01, 0xC8),
        ADD8(0, 0x00, 0xC8),
        ADC32(0, 0x11, 0xC8),
        ADC16(0, 0x66, 0x11, 0xC8),
        ADC8(0, 0x10, 0xC8),
        SUB32(0, 0x29, 0xC8),
        SUB16(0, 0x66, 0x29, 0xC8),
        SUB8(0, 0x28, 0xC8),
        SBB32(0, 0x19, 0xC8),
        SBB16(0, 0x66, 0x19, 0xC8),
        SBB8(0, 0x18, 0xC8),
        CMP32(0, 0x39, 0xC8),
        CMP32_REVERSED(0, 0x3B, 0xC8),
        CMP32_IMMEDIATE(0, 0x83, 0xF8, 0x80),
        CMP32_EAX(0, 0x3D, 0xFF, 0xFF, 0xFF, 0x7F),
        CMP16(0, 0x66, 0x39, 0xC8),
        CMP8(0, 0x38, 0xC8),
        CMP8_HIGH(0, 0x38, 0xCC),
        CMP8_REVERSED(0, 0x3A, 0xC1),
        CMP8_IMMEDIATE(0, 0x3C, 0x7F),
        CMP8_IMMEDIATE_CL(0, 0x80, 0xF9, 0x80),
        CMP32_REGISTER_MEMORY(0, 0x3B, 0x03),
        CMP32_MEMORY_REGISTER(0, 0x39, 0x43, 0x04),
        CMP32_MEMORY_IMMEDIATE(0, 0x81, 0x3B, 0x00, 0x00, 0x00, 0x80),
        CMP8_MEMORY_IMMEDIATE(0, 0x80, 0x3B, 0x7F),
        CMP16_MEMORY_IMMEDIATE(0, 0x66, 0x83, 0x3B, 0xFF),
        TEST32(Eflags.AF, 0x85, 0xC8),
        TEST32_IMMEDIATE(Eflags.AF, 0xA9, 0x00, 0x00, 0x00, 0x80),
        TEST32_MEMORY(Eflags.AF, 0x85, 0x0B),
        TEST32_MEMORY_IMMEDIATE(Eflags.AF, 0xF7, 0x03, 0xFF, 0x00, 0x00, 0x80),
        TEST16(Eflags.AF, 0x66, 0x85, 0xC8),
        TEST8(Eflags.AF, 0x84, 0xC8),
        TEST8_IMMEDIATE(Eflags.AF, 0xA8, 0x81),
        TEST8_MEMORY_IMMEDIATE(Eflags.AF, 0xF6, 0x03, 0x81),
        AND32(Eflags.AF, 0x21, 0xC8),
        OR8(Eflags.AF, 0x08, 0xC8),
        XOR16(Eflags.AF, 0x66, 0x31, 0xC8),
        INC32(0, 0x40),
        INC16(0, 0x66, 0x40),
        INC8(0, 0xFE, 0xC0),
        DEC32(0, 0x48),
        DEC16(0, 0x66, 0x48),
        DEC8(0, 0xFE, 0xC8),
        INC_AFTER_ADD(0, 0x01, 0xC8, 0x41),
        NEG32(0, 0xF7, 0xD8),
        NEG8(0, 0xF6, 0xD8),
        SHL32(Eflags.AF, 0xD1, 0xE0),
        SHL8(Eflags.AF, 0xD0, 0xE0),
        SHR32(Eflags.AF, 0xD1, 0xE8),
        SHR16(Eflags.AF, 0x66, 0xD1, 0xE8),
        SAR32(Eflags.AF, 0xD1, 0xF8),
        SAR8(Eflags.AF, 0xD0, 0xF8),
        SHL32_BY_5(Eflags.AF | Eflags.OF, 0xC1, 0xE0, 0x05),
        SHR32_BY_31(Eflags.AF | Eflags.OF, 0xC1, 0xE8, 0x1F),
        SHIFT_BY_0(0, 0x01, 0xC8, 0xB1, 0x20, 0xD3, 0xE0),
        ROL32(0, 0xD1, 0xC0),
        RCR8(0, 0xD0, 0xD8),
        RCL16(0, 0x66, 0xD1, 0xD0),
        SHLD32(Eflags.AF, 0x0F, 0xA4, 0xC8, 0x01),
        SHRD16(Eflags.AF, 0x66, 0x0F, 0xAC, 0xC8, 0x01),
        MUL32(ARITHMETIC & ~(Eflags.CF | Eflags.OF), 0xF7, 0xE1),
        IMUL16(ARITHMETIC & ~(Eflags.CF | Eflags.OF), 0x66, 0x0F, 0xAF, 0xC1),
        BT32(ARITHMETIC & ~(Eflags.CF | Eflags.ZF), 0x0F, 0xA3, 0xC8),
        BSF32(ARITHMETIC & ~Eflags.ZF, 0x0F, 0xBC, 0xC1),
        CMPXCHG32(0, 0x0F, 0xB1, 0xCA),
        CMPXCHG8B(0, 0x0F, 0xC7, 0x0B),
        XADD32(0, 0x0F, 0xC1, 0xC8),
        DAA(Eflags.OF, 0x27),
        SAHF(0, 0x9E),
        CMC_AFTER_SUB(0, 0x29, 0xC8, 0xF5),
        CMPSB(0, 0xA6),
        SCASD(0, 0xAF);

        private final int undefined;
        private final int[] code;

        Producer(int undefined, int... code) {
            this.undefined = undefined;
            this.code = code;
        }
    }

    /** The flags a condition asks for (SDM 2, table B-10). */
    private static int readBy(int condition) {
        return switch (condition >> 1) {
            case 0 -> Eflags.OF;
            case 1 -> Eflags.CF;
            case 2 -> Eflags.ZF;
            case 3 -> Eflags.CF | Eflags.ZF;
            case 4 -> Eflags.SF;
            case 5 -> Eflags.PF;
            case 6 -> Eflags.SF | Eflags.OF;
            default -> Eflags.SF | Eflags.OF | Eflags.ZF;
        };
    }

    private static Piece pair(Producer producer, int condition, int consumer) {
        byte[] code = switch (consumer) {
            case 0 -> join(producer.code, 0x0F, 0x90 + condition, 0xC2);
            case 1 -> join(producer.code, 0x0F, 0x40 + condition, 0xD5);
            case 2 -> join(producer.code, 0x70 + condition, 2, 0xB2, 0x5A);
            default -> join(producer.code, 0x0F, 0x80 + condition, 2, 0, 0, 0, 0xB2, 0x5A);
        };
        return new Piece(producer + "+" + condition, code, producer.undefined);
    }

    private static byte[] join(int[] first, int... second) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        Arrays.stream(first).forEach(code::write);
        Arrays.stream(second).forEach(code::write);
        return code.toByteArray();
    }

    private void compare(String what) throws IOException, InterruptedException {
        List<Answer> answers = NativeCpu.compile().ask(requests);
        Map<String, Integer> failed = new TreeMap<>();
        List<String> shown = new ArrayList<>();
        int compared = 0;
        try (CpuFixture fixture = new CpuFixture()) {
            for (Mode mode : Mode.values()) {
                for (int k = 0; k < requests.size(); k++) {
                    compared++;
                    String difference = difference(fixture.in(mode), k, answers.get(k));
                    if (!difference.isEmpty()) {
                        failed.merge(pieces.get(k).name(), 1, Integer::sum);
                        if (shown.size() < MOST_SHOWN) {
                            shown.add("%n%s %s [%s] %s"
                                    .formatted(
                                            mode,
                                            pieces.get(k).name(),
                                            HexFormat.of()
                                                    .formatHex(pieces.get(k).code()),
                                            difference));
                        }
                    }
                }
            }
        }
        System.out.printf(
                "host's CPU, %s, seed %d: %d comparisons, %d different%n",
                what,
                SEED,
                compared,
                failed.values().stream().mapToInt(Integer::intValue).sum());
        assertEquals(Map.of(), failed, shown::toString);
    }

    private String difference(CpuFixture fixture, int index, Answer expected) {
        State before = requests.get(index).before();
        fixture.memory.write(CpuFixture.DATA, before.memory());
        System.arraycopy(before.registers(), 0, fixture.r, 0, 8);
        fixture.flags(before.flags()).code(pieces.get(index).code()).run();
        if (signal(fixture.vector) != expected.signal()) {
            return "vector %d, signal %d".formatted(fixture.vector, expected.signal());
        }
        StringBuilder text = new StringBuilder();
        for (int k = 0; k < 8; k++) {
            if (fixture.r[k] != expected.after().registers()[k]) {
                text.append("r%d=%x, host %x; "
                        .formatted(k, fixture.r[k], expected.after().registers()[k]));
            }
        }
        int compared = CpuFixture.FLAGS & ~pieces.get(index).undefined();
        if (((fixture.eflags ^ expected.after().flags()) & compared) != 0) {
            text.append("flags %x, host %x; "
                    .formatted(fixture.eflags & compared, expected.after().flags() & compared));
        }
        byte[] memory = fixture.memory.read(CpuFixture.DATA, InstructionGenerator.MEMORY_BYTES);
        // An exception pushes its frame below the stack pointer here, a signal elsewhere.
        int from = fixture.vector >= 0 ? fixture.r[Cpu.ESP] - CpuFixture.DATA : 0;
        int mismatch =
                Arrays.mismatch(memory, from, memory.length, expected.after().memory(), from, memory.length);
        if (mismatch >= 0) {
            text.append("memory at +%d".formatted(from + mismatch));
        }
        return text.isEmpty()
                ? ""
                : text + "before: " + Arrays.toString(hex(before.registers())) + " flags %x".formatted(before.flags());
    }

    private static String[] hex(int[] values) {
        return Arrays.stream(values).mapToObj(Integer::toHexString).toArray(String[]::new);
    }

    /** What Linux makes of a vector: SIGFPE, SIGILL or SIGSEGV. */
    private static int signal(int vector) {
        return switch (vector) {
            case -1 -> 0;
            case CpuFault.DE -> 8;
            case CpuFault.UD -> 4;
            default -> 11;
        };
    }
}
