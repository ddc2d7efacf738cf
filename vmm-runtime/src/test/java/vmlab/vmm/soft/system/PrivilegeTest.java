// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.EDX;
import static vmlab.vmm.soft.system.Asm.ESP;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.soft.system.Rig.Outcome;

/** What each privilege may do, what CPUID promises, and the checks before floating point. */
class PrivilegeTest {
    private static final int TARGET = 0x30000;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    private static Asm octets(Asm asm, String code) {
        for (String octet : code.split(" ")) {
            asm.db(Integer.parseInt(octet, 16));
        }
        return asm;
    }

    private void end() {
        rig.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // SDM 3A, 5.9
        "F4",
        "0F 06",
        "0F 08",
        "0F 09",
        "0F 20 C0",
        "0F 20 D0",
        "0F 20 D8",
        "0F 20 E0",
        "0F 22 C0",
        "0F 22 D0",
        "0F 22 D8",
        "0F 22 E0",
        "0F 21 C0",
        "0F 21 F8",
        "0F 23 C0",
        "0F 23 F8",
        "0F 32",
        "0F 30",
        "0F 01 F0",
        "0F 01 15 00 00 02 00",
        "0F 01 1D 00 00 02 00",
        "0F 01 3D 00 00 02 00",
        "0F 00 D0",
        "0F 00 D8",
        "0F 35",
        "FA",
        "FB",
        "E4 70",
        "E6 70",
        "EC",
        "EF",
        "6C",
        "6F"
    })
    void privilegedInstructionsAreRefusedAtRing3(String instruction) {
        rig.ring(3);
        rig.r[Asm.EDI] = Rig.DATA;
        rig.r[Asm.ESI] = Rig.DATA;
        rig.code(octets(code().nop(), instruction));
        Outcome outcome = rig.run();
        assertEquals("#13(0)", outcome.fault());
        assertEquals(Rig.CODE + 1, outcome.eip());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0F 01 E0",
        "0F 01 05 00 00 02 00",
        "0F 01 0D 00 00 02 00",
        "0F 00 C0",
        "0F 00 C8",
        "0F 31",
        "0F A2",
        "9C"
    })
    void theseAreNotPrivileged(String instruction) {
        rig.ring(3);
        end();
        rig.code(octets(code(), instruction).interrupt(0x80));
        assertEquals("#128(0)", rig.run().fault());
    }

    @ParameterizedTest(name = "ring {0}, IOPL {1}: POPF of {2} gives {3}; CLI {4}")
    @CsvSource({
        // SDM 2, POPF, table 4-15; CLI
        "0, 0, 00247FD7, 00247FD7, #128(0)",
        "3, 0, 00243ED7, 00240CD7, #13(0)",
        "3, 3, 00240ED7, 00243ED7, #128(0)",
        "3, 3, 000000D7, 000030D7, #128(0)",
        "0, 0, 00020002, 00000002, #128(0)",
        "0, 0, 00010002, 00000002, #128(0)"
    })
    void popfChangesWhatThePrivilegeAllows(int ring, int iopl, String value, String result, String cli) {
        rig.ring(ring);
        end();
        rig.eflags = 2 | iopl << 12;
        int flags = (int) Long.parseLong(value, 16) & ~(1 << 8);
        rig.code(code().flags(flags).pushFlags().db(0x58).interrupt(0x80));
        Outcome outcome = rig.run();
        assertEquals("#128(0)", outcome.fault());
        assertEquals(
                (int) Long.parseLong(result, 16) & ~(1 << 8), outcome.state().eax());
        try (Rig second = new Rig()) {
            second.ring(ring);
            second.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
            second.eflags = 2 | iopl << 12;
            second.code(new Asm(second.eip).cli().interrupt(0x80));
            assertEquals(cli, second.run().fault());
        }
    }

    @ParameterizedTest(name = "map at {0}, TSS limit {1}, port {2}, {3} bytes: {4}")
    @CsvSource({
        // SDM 1, 19.5.2: port 0x70 to 0x73 are allowed by the map
        "68, 80, 70, 1, #128(0)",
        "68, 80, 73, 1, #128(0)",
        "68, 80, 70, 4, #128(0)",
        "68, 80, 71, 4, #13(0)",
        "68, 80, 74, 1, #13(0)",
        "68, 80, 6F, 1, #13(0)",
        "68, 77, 70, 1, #128(0)",
        "68, 76, 70, 1, #13(0)",
        "68, 67, 70, 1, #13(0)",
        "FFFF, 80, 70, 1, #13(0)"
    })
    void theIoMapDecidesBelowIopl(String map, String limit, String port, int bytes, String expected) {
        rig.ring(3);
        end();
        rig.descriptor(Rig.TASK, Rig.TSS, Integer.parseInt(limit, 16), 0x8B, 0);
        rig.memory.write16(Rig.TSS + 0x66, Integer.parseInt(map, 16));
        for (int k = 0; k < 0x20; k++) {
            rig.memory.write8(Rig.TSS + 0x68 + k, k == 0xE ? 0xF0 : 0xFF);
        }
        rig.code(code().db(bytes == 1 ? 0xE4 : 0xE5, Integer.parseInt(port, 16)).interrupt(0x80));
        assertEquals(expected, rig.run().fault());
    }

    @ParameterizedTest(name = "CR{0} = {1}: {2}")
    @CsvSource({
        // SDM 3A, 2.5; SDM 2, MOV to CR
        "0, 80000010, #13(0)",
        "0, 20000011, #13(0)",
        "0, 60000011, STOPPED",
        "0, 0005003B, STOPPED",
        "4, 00000001, #13(0)",
        "4, 00000020, #13(0)",
        "4, 000006DC, STOPPED",
        "4, 00000800, #13(0)"
    })
    void controlRegistersRefuseWhatTheyDoNotHave(int register, String value, String expected) {
        rig.code(code().mov(EAX, Integer.parseUnsignedInt(value, 16))
                .toControl(register, EAX)
                .fromControl(EBX, register)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(expected, outcome.fault());
        if (outcome.vector() < 0) {
            assertEquals(
                    Integer.parseUnsignedInt(value, 16) | (register == 0 ? 0x10 : 0),
                    outcome.state().ebx());
        }
    }

    @Test
    void lmswSetsButNeverClearsProtection() {
        // SDM 2, LMSW, SMSW
        rig.code(code().mov(EAX, 0x0E).db(0x0F, 0x01, 0xF0).db(0x0F, 0x01, 0xE3).hlt());
        assertEquals(0x1F, rig.run().state().ebx());
    }

    // ---- identification

    @Test
    void everyPromisedFeatureWorksAndNoOtherIsPromised() {
        rig.code(code().mov(EAX, 1).db(0x0F, 0xA2).hlt());
        int edx = rig.run().state().edx();
        int known = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 11 | 1 << 13 | 1 << 14 | 1 << 15
                | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;
        assertEquals(known, edx);
        List<String> works = new ArrayList<>();
        for (String instruction : List.of(
                "D9 EE",
                "0F 31",
                "0F C7 0D 00 00 02 00",
                "0F 44 C1",
                "0F AE 3D 00 00 02 00",
                "0F EF C0",
                "0F 57 C0",
                "66 0F 58 C0",
                "0F AE 05 00 00 02 00",
                "F0 0F C1 05 00 00 02 00",
                "0F C8",
                "0F A2")) {
            try (Rig each = new Rig()) {
                each.cr4 = 0x600;
                each.code(octets(new Asm(each.eip), instruction).hlt());
                works.add(each.run().fault());
            }
        }
        assertTrue(works.stream().allMatch("STOPPED"::equals), works.toString());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // SSE3, SSSE3, SSE4, POPCNT as F3 0F B8, RDTSCP, MONITOR, XGETBV, RDRAND, SYSCALL, CLAC, INVPCID, RDPMC, RSM
        "F2 0F D0 C0",
        "0F 38 00 C0",
        "66 0F 3A 0F C0 00",
        "F3 0F B8 C0",
        "0F 01 F9",
        "0F 01 C8",
        "0F 01 D0",
        "0F C7 F0",
        "0F 05",
        "0F 01 CA",
        "66 0F 38 82 05 00 00 02 00",
        "0F 33",
        "0F AA",
        "0F 07",
        "0F AE 25 00 00 02 00"
    })
    void whatIsHiddenIsUndefined(String instruction) {
        rig.cr4 = 0x600;
        rig.code(octets(code(), instruction));
        assertEquals("#6(0)", rig.run().fault());
    }

    @ParameterizedTest(name = "RDMSR {0}: {1}, WRMSR: {2}")
    @CsvSource({
        "10, STOPPED, STOPPED", "174, STOPPED, STOPPED", "175, STOPPED, STOPPED", "176, STOPPED, STOPPED",
        "179, STOPPED, #13(0)", "17A, STOPPED, STOPPED", "1B, #13(0), #13(0)", "C0000080, #13(0), #13(0)",
        "277, #13(0), #13(0)", "8B, #13(0), #13(0)", "FFFFFFFF, #13(0), #13(0)"
    })
    void unknownMsrsFault(String number, String read, String write) {
        rig.code(code().mov(ECX, Integer.parseUnsignedInt(number, 16))
                .db(0x0F, 0x32)
                .hlt());
        assertEquals(read, rig.run().fault());
        try (Rig second = new Rig()) {
            second.code(new Asm(second.eip)
                    .mov(ECX, Integer.parseUnsignedInt(number, 16))
                    .db(0x0F, 0x30)
                    .hlt());
            assertEquals(write, second.run().fault());
        }
    }

    @Test
    void theTimeStampIsTheClockAndCanBeForbidden() {
        rig.code(code().nop().db(0x0F, 0x31).hlt());
        assertEquals(20, rig.run().state().eax(), "two instructions of 10 ns");
        try (Rig second = new Rig()) {
            second.ring(3).cr4 = 4;
            second.code(new Asm(second.eip).db(0x0F, 0x31));
            assertEquals("#13(0)", second.run().fault(), "SDM 3A, 2.5: TSD");
        }
    }

    @Test
    void sysenterAndSysexit() {
        // SDM 2, SYSENTER and SYSEXIT
        Asm setup = code();
        int[][] msrs = {{0x174, Rig.CODE0}, {0x175, 0xB000}, {0x176, TARGET}};
        for (int[] msr : msrs) {
            setup.mov(ECX, msr[0]).mov(EAX, msr[1]).mov(EDX, 0).db(0x0F, 0x30);
        }
        rig.code(setup.mov(EDX, 0x32000).mov(ECX, Rig.STACK3).db(0x0F, 0x35));
        rig.put(0x32000, new Asm(0x32000).db(0x0F, 0x34));
        rig.put(TARGET, new Asm(TARGET).hlt());
        rig.eflags = 0x202;
        rig.handler(0x80, Rig.handlerCode(0x80).hlt());
        Outcome outcome = rig.run();
        assertEquals(TARGET + 1, outcome.state().eip(), outcome.fault());
        assertEquals(0xB000, outcome.esp());
        assertEquals(Rig.CODE0, outcome.cs());
        assertEquals(Rig.CODE0 + 8, outcome.ss());
        assertEquals(0, outcome.eflags() & 0x200);
        try (Rig second = new Rig()) {
            second.ring(3).code(new Asm(second.eip).db(0x0F, 0x34));
            assertEquals("#13(0)", second.run().fault(), "no code segment set");
        }
    }

    @ParameterizedTest(name = "ring {0}, {1}")
    // The last one is the doorbell, OUT to Hypercalls.DOORBELL_PORT.
    @CsvSource({"0, 0F 01 C1", "3, 0F 01 C1", "0, 0F 01 D9", "3, 0F 01 D9", "0, E6 F8"})
    void hypercallsReachTheirHandler(int ring, String opcode) {
        rig.ring(ring);
        end();
        List<Integer> seen = new ArrayList<>();
        rig.hypercalls.register(7, call -> {
            seen.addAll(List.of(call.eax(), call.ebx(), call.ecx(), call.edx(), call.esi()));
            call.result(99);
        });
        rig.code(octets(code().mov(EAX, 7).mov(EBX, 1).mov(ECX, 2).mov(EDX, 3).mov(Asm.ESI, 4), opcode)
                .interrupt(0x80));
        assertEquals(99, rig.run().state().eax());
        assertEquals(List.of(7, 1, 2, 3, 4), seen);
    }

    // ---- floating point

    @ParameterizedTest(name = "CR0 bits {0}, CR4 {1}, {2}: {3}")
    @CsvSource({
        // SDM 3A, 2.5, table 2-3; 13.1; SDM 2, FXSAVE. EM = 4, TS = 8, MP = 2
        "0, 600, D9 EE, STOPPED",
        "4, 600, D9 EE, #7(0)",
        "8, 600, D9 EE, #7(0)",
        "8, 600, 9B, STOPPED",
        "A, 600, 9B, #7(0)",
        "6, 600, 9B, STOPPED",
        "4, 600, 0F EF C0, #6(0)",
        "8, 600, 0F EF C0, #7(0)",
        "0, 0, 0F EF C0, STOPPED",
        "4, 600, 0F 57 C0, #6(0)",
        "C, 600, 0F 57 C0, #6(0)",
        "8, 600, 0F 57 C0, #7(0)",
        "0, 0, 0F 57 C0, #6(0)",
        "8, 0, 0F 57 C0, #6(0)",
        "8, 600, 0F AE 05 00 00 02 00, #7(0)",
        "4, 600, 0F AE 05 00 00 02 00, #6(0)",
        "0, 0, 0F AE 05 00 00 02 00, STOPPED",
        "0, 600, 0F AE 05 08 00 02 00, #13(0)",
        "0, 600, 0F AE 0D 08 00 02 00, #13(0)",
        "8, 0, 0F AE F8, STOPPED"
    })
    void floatingPointIsChecked(String cr0, String cr4, String instruction, String expected) {
        rig.cr0 |= Integer.parseInt(cr0, 16);
        rig.cr4 = Integer.parseInt(cr4, 16);
        rig.code(octets(code(), instruction).hlt());
        assertEquals(expected, rig.run().fault());
    }

    @ParameterizedTest(name = "behind 1/0 unmasked: {0}: {1}")
    @CsvSource({
        "9B, #16(0)",
        "D9 EE, #16(0)",
        "0F EF C0, #16(0)",
        "DB E2, STOPPED",
        "DF E0, STOPPED",
        "0F 57 C0, STOPPED"
    })
    void anX87ErrorWaitsForTheNextWaitingInstruction(String instruction, String expected) {
        // FLDCW [DATA] with ZM clear; FLD1; FLDZ; FDIVP
        rig.cr0 |= 0x20;
        rig.cr4 = 0x600;
        rig.memory.write16(Rig.DATA, 0x37B);
        Asm code = octets(code().db(0xDB, 0xE3, 0xD9, 0x2D).dd(Rig.DATA), "D9 E8 D9 EE DE F9")
                .nop();
        int at = code.here();
        rig.code(octets(code, instruction).hlt());
        Outcome outcome = rig.run();
        assertEquals(expected, outcome.fault());
        assertTrue(outcome.vector() < 0 || outcome.eip() == at);
    }

    @ParameterizedTest(name = "CR4 {0}: {1}")
    @CsvSource({"600, #19(0)", "200, #6(0)"})
    void aSimdErrorIsXmIfTheKernelKnowsIt(String cr4, String expected) {
        // LDMXCSR with ZM clear; DIVPS of 1 by 0
        rig.cr4 = Integer.parseInt(cr4, 16);
        rig.memory.write32(Rig.DATA, 0x1F80 & ~0x200);
        rig.memory.write32(Rig.DATA + 16, 0x3F800000);
        rig.code(octets(code(), "0F AE 15 00 00 02 00 F3 0F 10 05 10 00 02 00 0F 57 C9 F3 0F 5E C1"));
        assertEquals(expected, rig.run().fault());
    }

    // ---- modes

    @Test
    void realModeGoesToProtectedModeAndBackWithUnrealLimits() {
        // 16-bit code at 0:8000. LGDT, CR0.PE, DS = 10 (4 GB), back, DS = 0: the limit stays (SDM 3A, 9.9).
        rig.realMode();
        rig.memory.write16(0x7000, 0xFF);
        rig.memory.write32(0x7002, Rig.GDT);
        rig.memory.write32(0x200000, 0x12345678);
        Asm code = new Asm(0x8000)
                .db(0xFA, 0x66, 0x0F, 0x01, 0x16)
                .dw(0x7000)
                .db(0x0F, 0x20, 0xC0, 0x0C, 1, 0x0F, 0x22, 0xC0)
                .db(0xBB)
                .dw(Rig.DATA0)
                .db(0x8E, 0xDB, 0x24, 0xFE, 0x0F, 0x22, 0xC0, 0x31, 0xDB, 0x8E, 0xDB)
                .db(0x66, 0x67, 0xA1)
                .dd(0x200000)
                .hlt();
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(0x12345678, outcome.state().eax(), outcome.exit().toString());
        assertEquals(0, outcome.state().cr0() & 1);
        assertEquals(code.here(), outcome.state().eip());
    }

    @ParameterizedTest(name = "{0}: vector {1}")
    @CsvSource({
        // SDM 3A, 20.1.4 and table 20-1
        "CD 21, 33",
        "A1 FF FF, 13",
        "67 66 A1 00 00 01 00, 13",
        "0F 00 C0, 6",
        "63 C0, 6",
        "0F 02 C0, 6",
        "66 EA 00 00 01 00 00 00, 13",
        "0F 0B, 6",
        "36 A1 FF FF, 12"
    })
    void realModeDeliversThroughVectors(String instruction, int vector) {
        rig.realMode();
        for (int k = 0; k < 256; k++) {
            rig.memory.write32(4 * k, 0x0400 << 16 | 16 * k);
        }
        rig.code(octets(new Asm(0x8000).nop(), instruction));
        Outcome outcome = rig.run();
        assertEquals(16 * vector + 1, outcome.state().eip(), outcome.exit().toString());
        assertEquals(0x400, outcome.state().cs().selector());
        assertEquals(Rig.STACK0 - 6, outcome.state().esp());
        assertEquals(vector == 33 ? 0x8003 : 0x8001, rig.memory.read16(Rig.STACK0 - 6), "no error codes");
    }

    @Test
    void realModeCannotRunOverTheEndOfItsSegment() {
        rig.realMode();
        rig.memory.write32(4 * 13, 0x0400 << 16);
        rig.memory.write8(0x4000, 0xF4);
        rig.eip = 0xFFFF;
        rig.memory.write16(0xFFFF, 0x9090);
        assertEquals(1, rig.run().state().eip());
        assertEquals(0, rig.memory.read16(Rig.STACK0 - 6) & 0xFFFE, "IP 10000 is saved as 16 bits");
    }

    @Test
    void theSizeOfTheStackDecidesWhatAPushUses() {
        rig.r[ESP] = 0x12345678;
        rig.code(code().segment(Asm.SS, Rig.DATA16).push(5).hlt());
        Outcome outcome = rig.run();
        assertEquals(0x12345674, outcome.state().esp());
        assertEquals(5, rig.memory.read32(0x5674));
    }
}
