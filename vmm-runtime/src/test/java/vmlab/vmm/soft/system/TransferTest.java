// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static vmlab.vmm.soft.system.Asm.DS;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.ES;
import static vmlab.vmm.soft.system.Asm.FS;
import static vmlab.vmm.soft.system.Asm.GS;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Far jumps, calls and returns, and call gates (SDM 2, JMP, CALL, RET, IRET; SDM 3A, 5.8). */
class TransferTest {
    private static final int GATE = 0x50;
    private static final int TARGET = 0x30000;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    /** INT 0x80 there may be executed at any privilege and ends the program. */
    private void endAt(int address) {
        rig.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
        rig.put(address, new Asm(address).interrupt(0x80));
    }

    @ParameterizedTest(name = "ring {0}, access byte {1}, selector {2}: {3}, CS {4}")
    @CsvSource({
        "0, 9B, 48, #128(0), 48",
        "0, 99, 4B, #13(48), 0",
        "0, 1B, 48, #11(48), 0",
        "0, 93, 48, #13(48), 0",
        "0, FB, 48, #13(48), 0",
        "0, FB, 4B, #13(48), 0",
        "0, 9F, 4B, #128(0), 48",
        "0, FF, 48, #13(48), 0",
        "3, FB, 4B, #128(0), 4B",
        "3, FB, 48, #128(0), 4B",
        "3, 9B, 4B, #13(48), 0",
        "3, 9F, 48, #128(0), 4B",
        "3, DF, 4B, #128(0), 4B",
        "0, 9B, 0, #13(0), 0",
        "3, 9B, 3, #13(0), 0",
        "0, 9B, 100, #13(100), 0",
        "0, 82, 48, #13(48), 0",
        "0, 8E, 48, #13(48), 0"
    })
    void jumpAndCallCheckTheCodeSegment(int ring, String access, String selector, String end, String cs) {
        int number = Integer.parseInt(selector, 16);
        for (boolean call : new boolean[] {false, true}) {
            try (Rig each = new Rig()) {
                each.ring(ring);
                each.descriptor(0x48, 0, 0xFFFFF, Integer.parseInt(access, 16), Rig.BIG_PAGES);
                each.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
                each.put(TARGET, new Asm(TARGET).interrupt(0x80));
                Asm code = new Asm(each.eip);
                each.code(call ? code.callFar(number, TARGET) : code.jumpFar(number, TARGET));
                Outcome outcome = each.run();
                assertEquals(end, outcome.fault());
                if (outcome.vector() == 0x80) {
                    assertEquals(Integer.parseInt(cs, 16), outcome.cs());
                } else {
                    assertEquals(Rig.CODE, outcome.eip());
                }
            }
        }
    }

    @Test
    void aTargetBeyondTheLimitFaultsAtTheJump() {
        rig.descriptor(0x48, 0, 0x2FFFF, 0x9B, Rig.BIG_BYTES);
        rig.code(code().jumpFar(0x48, TARGET));
        Outcome outcome = rig.run();
        assertEquals("#13(0)", outcome.fault());
        assertEquals(Rig.CODE0, outcome.cs());
    }

    @Test
    void executionStopsAtTheLimit() {
        // The MOV that begins inside the segment ends outside (SDM 3A, 5.3).
        rig.descriptor(0x48, 0, TARGET + 3, 0x9B, Rig.BIG_BYTES);
        rig.put(TARGET, new Asm(TARGET).increment(EAX).nop().mov(Asm.EBX, 5));
        rig.code(code().mov(EAX, 0).jumpFar(0x48, TARGET));
        Outcome outcome = rig.run();
        assertEquals("#13(0)", outcome.fault());
        assertEquals(TARGET + 2, outcome.eip());
        assertEquals(1, outcome.state().eax());
        assertEquals(0x48, outcome.cs());
    }

    @Test
    void returningOutwardTakesTheStackAndForgetsSegments() {
        // RETF 8 to ring 3 (SDM 2, RET): parameters are released from both stacks.
        endAt(TARGET);
        rig.code(code().segment(DS, Rig.DATA3)
                .segment(FS, Rig.DATA0)
                .segment(GS, 0x58)
                .push(Rig.DATA3)
                .push(Rig.STACK3)
                .push(0)
                .push(0)
                .push(Rig.CODE3)
                .push(TARGET)
                .db(0xCA, 8, 0));
        rig.descriptor(0x58, 0, 0xFFFFF, 0x9F, Rig.BIG_PAGES);
        Outcome outcome = rig.run();
        assertEquals(0x80, outcome.vector(), outcome.fault());
        assertEquals(Rig.CODE3, outcome.cs());
        assertEquals(Rig.DATA3, outcome.ss());
        assertEquals(Rig.STACK3 + 8, outcome.esp());
        assertEquals(Rig.DATA3, outcome.state().ds().selector());
        assertEquals(0, outcome.state().fs().selector(), "ring 0 data is forgotten");
        assertEquals(0, outcome.state().es().selector());
        assertEquals(0x58, outcome.state().gs().selector(), "conforming code stays");
    }

    @ParameterizedTest(name = "RETF to CS {0}, SS {1}: {2}")
    @CsvSource({
        "1B, 23, #128(0)",
        "1B, 10, #13(10)",
        "1B, 20, #13(20)",
        "1B, 0, #13(0)",
        "1B, 1B, #13(18)",
        "1B, 6B, #12(68)",
        "18, 23, #13(18)",
        "0B, 23, #13(8)",
        "0, 23, #13(0)",
        "103, 23, #13(100)",
        "13, 23, #13(10)",
        "73, 23, #11(70)"
    })
    void aFarReturnChecksBothSegments(String cs, String ss, String end) {
        endAt(TARGET);
        rig.descriptor(0x68, 0, 0xFFFFF, 0x73, Rig.BIG_PAGES);
        rig.descriptor(0x70, 0, 0xFFFFF, 0x7B, Rig.BIG_PAGES);
        for (boolean iret : new boolean[] {false, true}) {
            try (Rig each = new Rig()) {
                each.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
                each.put(TARGET, new Asm(TARGET).interrupt(0x80));
                each.descriptor(0x68, 0, 0xFFFFF, 0x73, Rig.BIG_PAGES);
                each.descriptor(0x70, 0, 0xFFFFF, 0x7B, Rig.BIG_PAGES);
                Asm code = new Asm(each.eip).push(Integer.parseInt(ss, 16)).push(Rig.STACK3);
                if (iret) {
                    code.push(2);
                }
                code.push(Integer.parseInt(cs, 16)).push(TARGET);
                int at = code.here();
                each.code(iret ? code.iret() : code.retFar());
                Outcome outcome = each.run();
                assertEquals(end, outcome.fault());
                if (outcome.vector() != 0x80) {
                    assertEquals(at, outcome.eip());
                    assertEquals(Rig.STACK0 - (iret ? 20 : 16), outcome.esp() + (outcome.vector() >= 10 ? 16 : 12));
                }
            }
        }
    }

    @Test
    void innerReturnsAreRefused() {
        rig.ring(3);
        rig.code(code().push(Rig.CODE0).push(TARGET).retFar());
        assertEquals("#13(8)", rig.run().fault());
    }

    @ParameterizedTest(name = "gate {0} to access byte {1} from ring {2} with RPL {3}: {4}")
    @CsvSource({
        "EC, 9B, 3, 3, #128(0)",
        "8C, 9B, 3, 3, #13(50)",
        "8C, 9B, 0, 0, #128(0)",
        "8C, 9B, 0, 3, #13(50)",
        "6C, 9B, 3, 3, #11(50)",
        "EC, 1B, 3, 3, #11(48)",
        "EC, 93, 3, 3, #13(48)",
        "EC, FB, 0, 0, #13(48)",
        "EC, 9F, 3, 3, #128(0)",
        "E4, 9B, 3, 3, #128(0)"
    })
    void callGatesCheckThemselvesAndTheirTarget(String gate, String access, int ring, int rpl, String end) {
        rig.ring(ring);
        endAt(TARGET);
        rig.descriptor(0x48, 0, 0xFFFFF, Integer.parseInt(access, 16), Rig.BIG_PAGES);
        boolean wide = gate.endsWith("C");
        int offset = wide ? TARGET : 0x8000;
        endAt(offset);
        rig.callGate(GATE, Integer.parseInt(gate, 16), 0x48, offset, 0);
        rig.code(code().callFar(GATE | rpl, 0x12345678));
        assertEquals(end, rig.run().fault());
    }

    @ParameterizedTest(name = "{0} bytes a parameter")
    @CsvSource({"4", "2"})
    void anInnerCallCopiesParameters(int bytes) {
        // SDM 3A, 5.8.5; the callee returns with RETF n: the parameters go from both stacks.
        int callee = 0x8000;
        rig.ring(3);
        rig.callGate(GATE, bytes == 4 ? 0xEC : 0xE4, Rig.CODE0, callee, 2);
        Asm back = new Asm(callee);
        if (bytes == 4) {
            back.db(0x8B, 0x44, 0x24, 8, 0x8B, 0x5C, 0x24, 12).db(0xCA, 8, 0);
        } else {
            back.db(0x8B, 0x44, 0x24, 4, 0x66, 0x8C, 0xD3).db(0x66, 0xCA, 4, 0);
        }
        rig.put(callee, back);
        rig.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
        rig.eip = 0x7000;
        rig.code(code().push(0x22223333).push(0x44445555).callFar(GATE | 3, 0).interrupt(0x80));
        Outcome outcome = rig.run();
        assertEquals(0x80, outcome.vector(), outcome.fault());
        assertEquals(0x44445555, outcome.state().eax(), bytes == 4 ? "first parameter" : "two words");
        assertEquals(bytes == 4 ? 0x22223333 : Rig.DATA0, outcome.state().ebx());
        assertEquals(bytes == 4 ? Rig.STACK3 : Rig.STACK3 - 4, outcome.esp());
        assertEquals(Rig.DATA3, outcome.ss());
        assertEquals(Rig.CODE3, outcome.cs());
    }

    @ParameterizedTest(name = "SS0 {0}, ESP0 {1}, TSS limit {2}: {3}")
    @CsvSource({
        // SDM 3A, 6.15, #TS and #SS: what a call finds wrong with the inner stack
        "0, 9000, 67, #10(0)",
        "13, 9000, 67, #10(10)",
        "23, 9000, 67, #10(20)",
        "08, 9000, 67, #10(8)",
        "100, 9000, 67, #10(100)",
        "58, 9000, 67, #12(58)",
        "60, 9000, 67, #12(60)",
        "60, 000F, 67, #12(60)",
        "10, 9000, 8, #10(28)"
    })
    void theInnerStackIsChecked(String ss0, String esp0, String limit, String end) {
        rig.ring(3);
        rig.descriptor(0x58, 0, 0xFFFFF, 0x13, Rig.BIG_PAGES);
        rig.descriptor(0x60, 0, 0xFFF, 0x93, Rig.BIG_BYTES);
        rig.callGate(GATE, 0xEC, Rig.CODE0, TARGET, 0);
        rig.memory.write32(Rig.TSS + 4, Integer.parseInt(esp0, 16));
        rig.memory.write32(Rig.TSS + 8, Integer.parseInt(ss0, 16));
        rig.descriptor(Rig.TASK, Rig.TSS, Integer.parseInt(limit, 16), 0x8B, 0);
        // The faults go to conforming code: a delivery at ring 3 needs no inner stack.
        rig.descriptor(0x68, 0, 0xFFFFF, 0x9F, Rig.BIG_PAGES);
        for (int vector : new int[] {10, 12}) {
            rig.gate(vector, 0x8E, 0x68, TARGET + 16 * vector);
            rig.put(TARGET + 16 * vector, new Asm(0).mov(EAX, vector).db(0xEB, 0xFE));
        }
        rig.code(code().callFar(GATE | 3, 0));
        rig.clock.alarm(rig.cpu::kick).at(1000);
        Outcome outcome = rig.run();
        assertEquals(VcpuExit.Kind.KICKED, outcome.exit().kind());
        int error = rig.memory.read32(outcome.state().esp());
        assertEquals(end, "#%d(%x)".formatted(outcome.state().eax(), error));
        assertEquals(Rig.CODE, rig.memory.read32(outcome.state().esp() + 4));
    }

    @Test
    void aJumpThroughAGateStaysAtItsLevel() {
        rig.callGate(GATE, 0x8C, Rig.CODE0, TARGET, 0);
        endAt(TARGET);
        rig.code(code().jumpFar(GATE, 0));
        assertEquals("#128(0)", rig.run().fault());
        try (Rig outer = new Rig()) {
            outer.ring(3).callGate(GATE, 0xEC, Rig.CODE0, TARGET, 0);
            outer.code(new Asm(outer.eip).jumpFar(GATE | 3, 0));
            assertEquals("#13(8)", outer.run().fault(), "a jump can't go inward");
        }
    }

    @Test
    void sixteenBitCodeWrapsItsStackPointer() {
        // In CODE16 with a 16-bit stack: PUSH AX with SP = 0 writes at FFFE; the upper half of ESP stays.
        rig.r[Asm.ESP] = Rig.STACK0;
        rig.put(
                0x6000,
                new Asm(0x6000)
                        .db(0xB8)
                        .dw(Rig.DATA16)
                        .db(0x8E, 0xD0)
                        .db(0x66, 0xBC)
                        .dd(0x00550000)
                        .db(0x50)
                        .db(0x66, 0xEA)
                        .dd(TARGET)
                        .dw(Rig.CODE0));
        rig.put(TARGET, new Asm(TARGET).hlt());
        rig.code(code().jumpFar(Rig.CODE16, 0x6000));
        Outcome outcome = rig.run();
        assertEquals(0x0055FFFE, outcome.state().esp());
        assertEquals(Rig.DATA16, rig.memory.read16(0xFFFE));
    }

    @Test
    void interruptReturnKeepsWhatItMustNotChange() {
        // SDM 2, IRET: at CPL 3 with IOPL 0 neither IF nor IOPL changes; AC, ID and NT do, but NT only from the image.
        endAt(TARGET);
        rig.ring(3);
        rig.code(code().push(0x00243002 | 0x200).push(Rig.CODE3).push(TARGET).iret());
        Outcome outcome = rig.run();
        assertEquals(0x80, outcome.vector(), outcome.fault());
        assertEquals(0x00240002, outcome.eflags());
        assertEquals(Rig.STACK3, outcome.esp());
    }

    @Test
    void anInterruptReturnOutwardUsesThePrivilegeItHad() {
        endAt(TARGET);
        rig.code(code().segment(ES, Rig.DATA0)
                .push(Rig.DATA3)
                .push(Rig.STACK3)
                .push(0x3202)
                .push(Rig.CODE3)
                .push(TARGET)
                .iret());
        Outcome outcome = rig.run();
        assertEquals(0x3202, outcome.eflags(), "IOPL and IF come from the image at CPL 0");
        assertEquals(0, outcome.state().es().selector());
        assertNotEquals(0, outcome.cs() & 3);
    }

    @Test
    void aFarCallThatCannotPushChangesNothing() {
        rig.paging();
        rig.map(Rig.STACK0 - 0x1000, 0, 0);
        rig.descriptor(0x48, 0, 0xFFFFF, 0x9A, Rig.BIG_PAGES);
        rig.gate(14, 0x85, 0x98, 0);
        new TaskState(rig, 0x98, 0x6000).code(Rig.HANDLERS + 16 * 14).stack(Rig.STACK3);
        rig.r[Asm.ESP] = Rig.STACK0 - 0x1000 + 4;
        rig.code(code().callFar(0x48, TARGET));
        Outcome outcome = rig.run();
        assertEquals(14, outcome.vector(), outcome.fault());
        assertEquals(Rig.CODE, rig.memory.read32(Rig.TSS + TaskState.EIP));
        assertEquals(Rig.STACK0 - 0x1000 + 4, rig.memory.read32(Rig.TSS + TaskState.ESP));
    }
}
