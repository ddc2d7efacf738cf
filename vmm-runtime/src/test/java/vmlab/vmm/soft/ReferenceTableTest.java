// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import vmlab.vmm.soft.CpuFixture.Mode;

/**
 * 32-bit protected-mode code against the table of arithmetic results of the test386 suite (the folder {@code test386-ee}
 * of the reference data): the destination in EAX and in memory, in flat segments and in limited ones.
 */
class ReferenceTableTest {
    private static final Pattern LINE = Pattern.compile(
            "(?:(\\w+) )?([A-Za-z]+)(?: ([BWD]))? EAX=(\\w+)(?: EDX=(\\w+))? PS=(\\w+) (#DE )?EAX=(\\w+)(?: EDX=(\\w+))? PS=(\\w+) *");
    private static final List<String> SHIFTS = List.of("ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR");
    private static final List<String> GROUP3 = List.of("TEST", "", "NOT", "NEG", "MUL", "IMUL", "DIV", "IDIV");
    private static final int MOST_SHOWN = 20;
    private static final int OPERAND = CpuFixture.DATA + 0x40;

    private record Line(
            String opcode,
            String operation,
            int bytes,
            int eax,
            int edx,
            int flags,
            boolean divideError,
            int eaxAfter,
            int edxAfter,
            int flagsAfter) {}

    private final Map<String, Integer> failed = new TreeMap<>();
    private final List<String> shown = new ArrayList<>();
    /** How often a kind of line has come so far. */
    private final Map<String, Integer> seen = new HashMap<>();

    private int executed;
    private int leftOut;

    /** Whether the line being executed divides by its EAX. */
    private boolean dividesByEax;

    @Test
    void everyLineOfTheTableIsReproduced() throws IOException {
        List<Line> lines = lines();
        assertTrue(lines.size() > 40_000, "lines: " + lines.size());
        try (CpuFixture fixture = new CpuFixture()) {
            for (Mode mode : Mode.values()) {
                seen.clear();
                for (Line line : lines) {
                    execute(fixture.in(mode), line);
                }
            }
        }
        System.out.printf(
                "test386 EE: %d lines, %d executions in %d modes, %d lines without their immediate left out%n",
                lines.size(), executed, Mode.values().length, leftOut / Mode.values().length);
        assertEquals(Map.of(), failed, shown::toString);
    }

    private static List<Line> lines() throws IOException {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(
                        Files.newInputStream(CpuData.folder("test386-ee").resolve("test386-EE-reference.txt.gz"))),
                StandardCharsets.US_ASCII))) {
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                lines.add(line(text));
            }
        }
        return lines;
    }

    private static Line line(String text) {
        Matcher m = LINE.matcher(text);
        assertTrue(m.matches(), text);
        String size = m.group(3) == null ? "" : m.group(3);
        int bytes = size.equals("B") ? 1 : size.equals("W") ? 2 : 4;
        return new Line(
                m.group(1) == null ? "" : m.group(1),
                m.group(2).toUpperCase(Locale.ROOT),
                bytes,
                hex(m.group(4)),
                hex(m.group(5)),
                hex(m.group(6)),
                m.group(7) != null,
                hex(m.group(8)),
                hex(m.group(9)),
                hex(m.group(10)));
    }

    private static int hex(String digits) {
        return digits == null ? 0 : Integer.parseUnsignedInt(digits, 16);
    }

    private void execute(CpuFixture fixture, Line line) {
        int position = seen.merge(line.opcode + line.operation + line.bytes, 1, Integer::sum);
        byte[] register = code(line, position, false);
        if (register.length == 0) {
            leftOut++;
            return;
        }
        check(fixture, line, register, false);
        byte[] memory = code(line, position, true);
        if (memory.length > 0) {
            check(fixture, line, memory, true);
        }
    }

    private void check(CpuFixture fixture, Line line, byte[] code, boolean inMemory) {
        executed++;
        int number = line.opcode.isEmpty() ? -1 : Integer.parseInt(line.opcode, 16);
        int destination = number >= 0x40 && number <= 0x4F ? number & 7 : Cpu.EAX;
        boolean sourceInMemory = inMemory && isToRegister(number);
        fixture.set(Cpu.ESP, CpuFixture.DATA + 0x80).set(Cpu.EBX, OPERAND).set(Cpu.ECX, line.edx);
        fixture.set(Cpu.EAX, line.eax).set(Cpu.EDX, line.edx).set(destination, line.eax);
        fixture.memory.write32(OPERAND, sourceInMemory || isOneOperand(line) ? line.edx : line.eax);
        if (inMemory && dividesByEax) {
            fixture.memory.write32(OPERAND, line.eax);
        }
        // The suite sets the carry before it shifts, after the flags that the table shows.
        boolean carryIn = isShift(line);
        fixture.flags(line.flags | (carryIn ? Eflags.CF : 0)).code(code).run();
        boolean resultInMemory = inMemory && !sourceInMemory && !isOneOperand(line);
        int eax = resultInMemory ? fixture.memory.read32(OPERAND) : fixture.r[destination];
        int compared = defined(line);
        boolean same = (fixture.vector == CpuFault.DE) == line.divideError
                && fixture.vector <= 0
                && eax == line.eaxAfter
                && (destination == Cpu.EDX || fixture.r[Cpu.EDX] == line.edxAfter)
                && (line.divideError || ((fixture.eflags ^ line.flagsAfter) & compared) == 0);
        if (!same) {
            failed.merge(line.opcode + " " + line.operation + line.bytes, 1, Integer::sum);
            if (shown.size() < MOST_SHOWN) {
                shown.add("%n%s memory %s: %s EAX=%x EDX=%x flags=%x (of %x) vector=%d"
                        .formatted(
                                fixture.mode,
                                inMemory,
                                line,
                                eax,
                                fixture.r[Cpu.EDX],
                                fixture.eflags & compared,
                                compared,
                                fixture.vector));
            }
        }
    }

    /** The opcode's operand order: register from r/m. */
    private static boolean isToRegister(int number) {
        return number >= 0 && number < 0x40 && (number & 2) != 0
                || number == 0x0FAF
                || number == 0x69
                || number == 0x6B;
    }

    private static boolean isOneOperand(Line line) {
        return List.of("MUL", "DIV", "IDIV").contains(line.operation)
                || line.operation.equals("IMUL") && line.opcode.startsWith("F");
    }

    private static boolean isShift(Line line) {
        return SHIFTS.contains(line.operation) || line.operation.startsWith("SH");
    }

    /** The flags to compare: the defined ones that the table keeps; it treats CMP like the logical operations. */
    private static int defined(Line line) {
        int all = CpuFixture.FLAGS & ~Eflags.DF;
        return switch (line.operation) {
            case "AND", "OR", "XOR", "TEST", "CMP" -> all & ~Eflags.AF;
            case "MUL", "IMUL" -> Eflags.CF | Eflags.OF;
            case "DIV", "IDIV" -> 0;
            case "ROL", "ROR", "RCL", "RCR" -> hasOverflow(line) ? all : all & ~Eflags.OF;
            case "SHL", "SHR", "SAL", "SAR", "SHLD", "SHRD" -> shifted(line, all);
            case "DAA", "DAS" -> all & ~Eflags.OF;
            case "AAA", "AAS" -> Eflags.CF | Eflags.AF;
            case "AAM", "AAD" -> Eflags.SF | Eflags.ZF | Eflags.PF;
            default -> all;
        };
    }

    private static int shifted(Line line, int all) {
        int count = count(line);
        int undefined = (count == 0 ? 0 : Eflags.AF) | (hasOverflow(line) ? 0 : Eflags.OF);
        return all & ~undefined & ~(count >= 8 * line.bytes ? Eflags.CF : 0);
    }

    /** By CL the table drops OF even for a count of 1. */
    private static boolean hasOverflow(Line line) {
        boolean byCl = List.of("D2", "D3", "0FA5", "0FAD").contains(line.opcode);
        return count(line) <= 1 && !byCl;
    }

    private static int count(Line line) {
        return switch (line.opcode) {
            case "D0", "D1" -> 1;
            case "C0", "C1" -> 7;
            case "0FA4", "0FAC" -> 4 * line.bytes;
            default -> line.edx & 31;
        };
    }

    /** The instruction, with the destination (of two operands) or the operand (of one) in memory at EBX if asked for. */
    private byte[] code(Line line, int position, boolean memory) {
        dividesByEax = false;
        if (line.opcode.isEmpty()) {
            return memory ? new byte[0] : decimal(line.operation);
        }
        int number = Integer.parseInt(line.opcode, 16);
        if (number < 0x40 && (number & 7) >= 4
                || number >= 0x80 && number <= 0x83
                || number == 0xA8
                || number == 0xA9) {
            return new byte[0];
        }
        if (number >= 0x40 && number <= 0x4F || number == 0x98 || number == 0x99) {
            return memory ? new byte[0] : sized(line, number);
        }
        int rm = memory ? Cpu.EBX : 0xC0;
        if (number < 0x40 || number == 0x84 || number == 0x85) {
            boolean swap = isToRegister(number) && !memory;
            return sized(line, number, isToRegister(number) ? rm | (swap ? Cpu.EDX : 0) : rm | Cpu.EDX << 3);
        }
        return switch (number) {
            case 0x0FAF -> sized(line, 0x0F, 0xAF, memory ? rm : rm | Cpu.EDX);
            case 0x0FA4, 0x0FAC -> sized(line, 0x0F, number & 0xFF, rm | Cpu.EDX << 3, count(line));
            case 0x0FA5, 0x0FAD -> sized(line, 0x0F, number & 0xFF, rm | Cpu.EDX << 3);
            case 0x69 ->
                memory
                        ? new byte[0]
                        : line.bytes == 2
                                ? sized(line, 0x69, 0xC0, 0x77, 0x07)
                                : sized(line, 0x69, 0xC0, 0x77, 0x77, 0x77, 0);
            case 0x6B -> sized(line, 0x6B, memory ? rm : rm | Cpu.EDX, isSecondHalf(line, position) ? -0x77 : 0x77);
            case 0xC0, 0xC1 -> sized(line, number, rm | SHIFTS.indexOf(line.operation) << 3, count(line));
            case 0xD0, 0xD1, 0xD2, 0xD3 -> sized(line, number, rm | SHIFTS.indexOf(line.operation) << 3);
            case 0xFE, 0xFF -> sized(line, number, rm | (line.operation.equals("DEC") ? 8 : 0));
            default -> group3(line, position, number, rm, memory);
        };
    }

    /** Operands are in EDX, but DIV and IDIV come a second time with EAX as the divisor. */
    private byte[] group3(Line line, int position, int number, int rm, boolean memory) {
        int reg = GROUP3.indexOf(line.operation);
        if (reg == 0) {
            return new byte[0];
        }
        if (reg < 4) {
            return sized(line, number, rm | reg << 3);
        }
        dividesByEax = reg >= 6 && isSecondHalf(line, position);
        int source = memory ? 0 : dividesByEax ? Cpu.EAX : Cpu.EDX;
        return sized(line, number, rm | source | reg << 3);
    }

    /** Lines of DIV, IDIV and IMUL by an immediate come twice, with another second operand. */
    private static boolean isSecondHalf(Line line, int position) {
        int lines = line.bytes == 1 ? 288 : line.bytes == 2 ? 1152 : 2592;
        return position > lines / 2;
    }

    private static byte[] decimal(String operation) {
        return switch (operation) {
            case "DAA" -> new byte[] {0x27};
            case "DAS" -> new byte[] {0x2F};
            case "AAA" -> new byte[] {0x37};
            case "AAS" -> new byte[] {0x3F};
            case "AAM" -> new byte[] {(byte) 0xD4, 10};
            default -> new byte[] {(byte) 0xD5, 10};
        };
    }

    private static byte[] sized(Line line, int... octets) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        // CBW is listed by its source's size, CWDE too.
        boolean word = line.opcode.equals("98") ? line.bytes == 1 : line.bytes == 2;
        if (word) {
            code.write(0x66);
        }
        for (int octet : octets) {
            code.write(octet);
        }
        return code.toByteArray();
    }
}
