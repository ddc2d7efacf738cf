// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.MooFile.Case;
import vmlab.vmm.soft.MooFile.Cell;
import vmlab.vmm.soft.MooFile.Register;

/**
 * The 8- and 16-bit instructions against cases taken from a real 80286 (the folder {@code sst80286} of the reference data),
 * in real mode and through the same seam as every machine.
 */
class RealModeCasesTest {
    /** Where a 386 or later rightly differs from an 80286, or the case can't be compared. */
    private enum Exclusion {
        LOCK("the 286 locks instructions for which LOCK is undefined on a 386 (SDM 2, LOCK)"),
        TOO_LONG("the limit is 10 bytes on the 286, 15 on the 386 (SDM 2, 2.3.11)"),
        NEW_OPCODE("undefined on the 286, defined on a 386"),
        NOT_RESTARTED(
                "on the 286 string instructions and POP m keep what they did before overrunning (SDM 3A, 6.5: restart)");

        private final String reason;

        Exclusion(String reason) {
            this.reason = reason;
        }
    }

    private static final int ARITHMETIC = Eflags.CF | Eflags.PF | Eflags.AF | Eflags.ZF | Eflags.SF | Eflags.OF;

    /** IOPL and NT, bits 12 to 14, are always 0 in real mode on a 286. */
    private static final int ALWAYS_COMPARED = 0x0FFF;

    private static final int MOST_SHOWN_OF_FILE = 3;

    private final Map<Exclusion, Integer> excluded = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Integer> failuresOfFile = new TreeMap<>();
    private int ran;

    @Test
    void everyCaseEndsAsOnTheRealChip() throws IOException {
        Path folder = CpuData.folder("sst80286").resolve("v1_real_mode");
        List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.sorted().toList();
        }
        try (CpuFixture fixture = new CpuFixture()) {
            for (Path file : files) {
                runFile(fixture, file);
            }
        }
        System.out.printf("sst80286: %d files, %d cases ran, excluded: %s%n", files.size(), ran, excluded);
        assertTrue(ran > 0, "no case in " + folder);
        assertEquals(List.of(), failures, () -> failuresOfFile.toString());
    }

    private void runFile(CpuFixture fixture, Path file) throws IOException {
        for (Case test : MooFile.read(file).cases()) {
            Exclusion exclusion = exclusion(test);
            if (exclusion != null) {
                excluded.merge(exclusion, 1, Integer::sum);
                continue;
            }
            ran++;
            String difference = run(fixture, test);
            if (!difference.isEmpty()) {
                int failed = failuresOfFile.merge(file.getFileName().toString(), 1, Integer::sum);
                if (failed <= MOST_SHOWN_OF_FILE) {
                    failures.add("%n%s %s [%s]: %s"
                            .formatted(
                                    file.getFileName(),
                                    test.name(),
                                    HexFormat.of().formatHex(test.code()),
                                    difference));
                }
            }
        }
    }

    private static Exclusion exclusion(Case test) {
        byte[] code = test.code();
        int prefixes = 0;
        while (prefixes < code.length && isPrefix(code[prefixes] & 0xFF)) {
            if ((code[prefixes] & 0xFF) == 0xF0) {
                return Exclusion.LOCK;
            }
            prefixes++;
        }
        if (test.exception() < 0) {
            return null;
        }
        if (prefixes > 0 && code.length - 1 > 10) {
            return Exclusion.TOO_LONG;
        }
        int opcode = code[prefixes] & 0xFF;
        int reg = code[prefixes + 1] >>> 3 & 7;
        if (test.exception() == CpuFault.UD && (opcode == 0x0F || opcode == 0x8C && (reg == Cpu.FS || reg == Cpu.GS))) {
            return Exclusion.NEW_OPCODE;
        }
        boolean advances = opcode >= 0x6C && opcode <= 0x6F || opcode == 0x8F || opcode >= 0xA4 && opcode <= 0xAF;
        return test.exception() == CpuFault.GP && advances ? Exclusion.NOT_RESTARTED : null;
    }

    private static boolean isPrefix(int octet) {
        return octet == 0x26
                || octet == 0x2E
                || octet == 0x36
                || octet == 0x3E
                || octet == 0xF0
                || octet == 0xF2
                || octet == 0xF3;
    }

    /** What differs; empty if nothing does. */
    private static String run(CpuFixture fixture, Case test) {
        for (Cell cell : test.before().memory()) {
            fixture.memory.write8(cell.address(), cell.value());
        }
        if (test.exception() == CpuFault.GP) {
            // Overrunning the stack's segment is vector 13 on the 286 and 12 since the 386 (SDM 3A, 6.15, interrupt
            // 12).
            fixture.memory.write32(4L * CpuFault.SS, fixture.memory.read32(4L * CpuFault.GP));
        }
        VcpuExit exit = fixture.attempt(state(test.before().registers()));
        String difference = exit.kind() == VcpuExit.Kind.STOPPED || exit.kind() == VcpuExit.Kind.HALTED
                ? registers(test, fixture.state()) + memory(fixture, test)
                : exit.toString();
        fixture.memory.write32(4L * CpuFault.SS, 0);
        for (Cell cell : test.before().memory()) {
            fixture.memory.write8(cell.address(), 0);
        }
        for (Cell cell : test.after().memory()) {
            fixture.memory.write8(cell.address(), 0);
        }
        return difference;
    }

    private static CpuState state(Map<Register, Integer> r) {
        CpuState reset = CpuState.reset();
        return CpuState.of(
                General.of32(
                        r.get(Register.EIP),
                        r.get(Register.EFLAGS) & ALWAYS_COMPARED,
                        r.get(Register.EAX),
                        r.get(Register.ECX),
                        r.get(Register.EDX),
                        r.get(Register.EBX),
                        r.get(Register.ESP),
                        r.get(Register.EBP),
                        r.get(Register.ESI),
                        r.get(Register.EDI)),
                new Segments(
                        Segment.real(r.get(Register.ES) & 0xFFFF),
                        Segment.real(r.get(Register.CS) & 0xFFFF),
                        Segment.real(r.get(Register.SS) & 0xFFFF),
                        Segment.real(r.get(Register.DS) & 0xFFFF),
                        Segment.real(r.getOrDefault(Register.FS, 0) & 0xFFFF),
                        Segment.real(r.getOrDefault(Register.GS, 0) & 0xFFFF),
                        reset.ldtr(),
                        reset.tr(),
                        new Table(0, 0xFFFF),
                        new Table(0, 0x3FF)),
                Control.of32(reset.cr0(), 0, 0, 0));
    }

    private static String registers(Case test, CpuState end) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Register, Integer> before : test.before().registers().entrySet()) {
            Register register = before.getKey();
            if (register.compareTo(Register.CR0) >= 0) {
                continue;
            }
            int mask = test.after().masks().getOrDefault(register, -1);
            if (register == Register.EFLAGS) {
                mask &= definedFlags(test);
            } else if (register == Register.EIP) {
                // Behind a HLT at FFFF the 16-bit IP of the 286 is 0 again.
                mask &= 0xFFFF;
            }
            int expected = test.after().registers().getOrDefault(register, before.getValue());
            int actual = value(end, register);
            if ((expected & mask) != (actual & mask)) {
                text.append("%s=%x, not %x; ".formatted(register, actual & mask, expected & mask));
            }
        }
        return text.toString();
    }

    private static int value(CpuState s, Register register) {
        return switch (register) {
            case EAX -> s.eax();
            case EBX -> s.ebx();
            case ECX -> s.ecx();
            case EDX -> s.edx();
            case ESI -> s.esi();
            case EDI -> s.edi();
            case EBP -> s.ebp();
            case ESP -> s.esp();
            case CS -> s.cs().selector();
            case DS -> s.ds().selector();
            case ES -> s.es().selector();
            case FS -> s.fs().selector();
            case GS -> s.gs().selector();
            case SS -> s.ss().selector();
            case EIP -> s.eip();
            case EFLAGS -> s.eflags();
            default -> throw new IllegalArgumentException(register.toString());
        };
    }

    private static String memory(CpuFixture fixture, Case test) {
        Map<Integer, Integer> expected = new TreeMap<>();
        test.before().memory().forEach(cell -> expected.put(cell.address(), cell.value()));
        test.after().memory().forEach(cell -> expected.put(cell.address(), cell.value()));
        int pushedFlags = test.exception() >= 0 ? pushedFlags(test.before().registers()) : -2;
        StringBuilder text = new StringBuilder();
        expected.forEach((address, value) -> {
            int mask = 0xFF;
            if (address == pushedFlags) {
                mask = definedFlags(test);
            } else if (address == pushedFlags + 1) {
                mask = definedFlags(test) >>> 8;
            }
            int actual = fixture.memory.read8(address);
            if ((actual & mask) != (value & mask)) {
                text.append("[%x]=%02x, not %02x; ".formatted(address, actual, value));
            }
        });
        return text.toString();
    }

    /** Where an exception pushes FLAGS; what the data says of it is wrong by one for odd stack pointers. */
    private static int pushedFlags(Map<Register, Integer> before) {
        return (before.get(Register.SS) << 4) + (before.get(Register.ESP) - 2 & 0xFFFF);
    }

    /** The flags that are the same on every CPU: not bits 12 to 15, nor what the instruction leaves undefined. */
    private static int definedFlags(Case test) {
        byte[] code = test.code();
        int at = 0;
        while (isPrefix(code[at] & 0xFF)) {
            at++;
        }
        int opcode = code[at] & 0xFF;
        int reg = code.length > at + 1 ? code[at + 1] >>> 3 & 7 : 0;
        // A division that fails leaves its flags as far as it came.
        int unfinished = test.exception() == CpuFault.DE ? ARITHMETIC : 0;
        return ALWAYS_COMPARED & ~(undefined(opcode, reg) | unfinished);
    }

    /** SDM 1, appendix A (EFLAGS cross-reference). */
    private static int undefined(int opcode, int reg) {
        if (opcode < 0x40 && (opcode & 7) < 6) {
            return isLogic(opcode >>> 3) ? Eflags.AF : 0;
        }
        return switch (opcode) {
            case 0x27, 0x2F -> Eflags.OF;
            case 0x37, 0x3F -> Eflags.OF | Eflags.SF | Eflags.ZF | Eflags.PF;
            case 0x69, 0x6B -> ARITHMETIC & ~(Eflags.CF | Eflags.OF);
            case 0x80, 0x81, 0x82, 0x83 -> isLogic(reg) ? Eflags.AF : 0;
            case 0x84, 0x85, 0xA8, 0xA9 -> Eflags.AF;
            case 0xC0, 0xC1, 0xD2, 0xD3 -> manyShifts(reg);
            case 0xD0, 0xD1 -> reg >= 4 ? Eflags.AF : 0;
            case 0xD4, 0xD5 -> Eflags.OF | Eflags.AF | Eflags.CF;
            case 0xF6, 0xF7 -> group3(reg);
            default -> 0;
        };
    }

    private static boolean isLogic(int operation) {
        return operation == Alu.OR || operation == Alu.AND || operation == Alu.XOR;
    }

    /** The carry of SHL and SHR is undefined for counts above the size only; the data doesn't say which those are. */
    private static int manyShifts(int reg) {
        return switch (reg) {
            case 0, 1, 2, 3 -> Eflags.OF;
            case 7 -> Eflags.OF | Eflags.AF;
            default -> Eflags.OF | Eflags.AF | Eflags.CF;
        };
    }

    private static int group3(int reg) {
        return switch (reg) {
            case 0, 1 -> Eflags.AF;
            case 4, 5 -> ARITHMETIC & ~(Eflags.CF | Eflags.OF);
            case 6, 7 -> ARITHMETIC;
            default -> 0;
        };
    }
}
