// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.SS;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Delivery of interrupts and exceptions (SDM 3A, chapter 6). */
class InterruptTest {
    private static final int IF = 1 << 9;
    private static final int TF = 1 << 8;
    private static final int TARGET = 0x30000;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    @ParameterizedTest(name = "INT 0x80 from ring {0} through {1}: {2}, IF {3}")
    @CsvSource({
        // SDM 2, INT n; SDM 3A, 6.12
        "0, 8E, #128(0), 0",
        "0, 8F, #128(0), 1",
        "3, EE, #128(0), 0",
        "3, EF, #128(0), 1",
        "3, 8E, #13(402), 1",
        "0, 0E, #11(402), 1",
        "0, 8C, #13(402), 1",
        "3, 6E, #11(402), 1"
    })
    void softwareInterruptsCheckTheGate(int ring, String access, String end, int enabled) {
        rig.ring(ring);
        rig.eflags = 0x202;
        rig.gate(0x80, Integer.parseInt(access, 16), Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
        rig.gate(0x0D, 0x8F, Rig.CODE0, Rig.HANDLERS + 16 * 0x0D);
        rig.gate(0x0B, 0x8F, Rig.CODE0, Rig.HANDLERS + 16 * 0x0B);
        rig.handler(0x80, Rig.handlerCode(0x80).pushFlags().db(0x58).cli().hlt());
        for (int vector : new int[] {0x0B, 0x0D}) {
            rig.handler(
                    vector, Rig.handlerCode(vector).pushFlags().db(0x58).cli().hlt());
        }
        rig.code(code().nop().interrupt(0x80));
        Outcome outcome = rig.run();
        int vector = (outcome.state().eip() - Rig.HANDLERS) >>> 4;
        int error = vector == 0x80 ? 0 : rig.memory.read32(outcome.state().esp());
        assertEquals(end, "#%d(%x)".formatted(vector, error));
        assertEquals(enabled == 1 ? IF : 0, outcome.state().eax() & IF);
        int saved = rig.memory.read32(outcome.state().esp() + (vector == 0x80 ? 0 : 4));
        assertEquals(vector == 0x80 ? Rig.CODE + 3 : Rig.CODE + 1, saved);
    }

    @Test
    void aVectorBehindTheTableNamesItself() {
        rig.memory.write16(Rig.DATA, 0x3F7);
        rig.memory.write32(Rig.DATA + 2, Rig.IDT);
        rig.code(code().db(0x0F, 0x01, 0x1D).dd(Rig.DATA).interrupt(0x7F));
        assertEquals("#13(3fa)", rig.run().fault());
    }

    @ParameterizedTest(name = "gate to selector {0}: {1}")
    @CsvSource({"0, #13(0)", "10, #13(10)", "100, #13(100)", "70, #11(70)", "1B, #13(18)"})
    void theGatesCodeSegmentIsChecked(String selector, String end) {
        rig.descriptor(0x70, 0, 0xFFFFF, 0x1B, Rig.BIG_PAGES);
        rig.gate(0x80, 0x8E, Integer.parseInt(selector, 16), TARGET);
        rig.code(code().interrupt(0x80));
        assertEquals(end, rig.run().fault());
        // An external interrupt that can't be delivered says so in bit 0 (SDM 3A, 6.13).
        try (Rig external = new Rig()) {
            external.descriptor(0x70, 0, 0xFFFFF, 0x1B, Rig.BIG_PAGES);
            external.gate(0x80, 0x8E, Integer.parseInt(selector, 16), TARGET);
            external.eflags = 0x202;
            external.pin.vector = 0x80;
            external.code(new Asm(external.eip).nop().hlt());
            String code = end.substring(end.indexOf('(') + 1, end.length() - 1);
            assertEquals(
                    end.substring(0, end.indexOf('(')) + "(%x)".formatted(Integer.parseInt(code, 16) | 1),
                    external.run().fault());
        }
    }

    @Test
    void aGateOf16BitsPushesWords() {
        rig.gate(0x80, 0x86, Rig.CODE0, 0x8000);
        rig.put(0x8000, new Asm(0x8000).hlt());
        rig.eip = 0x7000;
        rig.r[Asm.ESP] = 0x9000;
        rig.code(code().interrupt(0x80));
        Outcome outcome = rig.run();
        assertEquals(0x9000 - 6, outcome.state().esp());
        assertEquals(0x7002, rig.memory.read16(0x9000 - 6));
        assertEquals(Rig.CODE0, rig.memory.read16(0x9000 - 4));
    }

    @Test
    void enteringClearsWhatItMust() {
        // SDM 3A, 6.12.1.3: TF, NT, RF are clear in the handler and in the image as they were.
        rig.eflags = 0x4202 | 1 << 18;
        rig.handler(0x80, Rig.handlerCode(0x80).pushFlags().db(0x58).cli().hlt());
        rig.gate(0x80, 0x8F, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
        rig.code(code().interrupt(0x80));
        Outcome outcome = rig.run();
        assertEquals(0x202 | 1 << 18, outcome.state().eax());
        assertEquals(0x4202 | 1 << 18, rig.memory.read32(outcome.state().esp() + 8));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "CC, 3, 1",
        "F1, 1, 1",
        "0F 0B, 6, 0",
        "F7 F0, 0, 0",
        "C4 C0, 6, 0",
        "F0 90, 6, 0",
        "0F FF C0, 6, 0",
        "8E C8, 6, 0",
        "0F 20 C8, 6, 0",
        "62 05 00 00 02 00, 5, 0"
    })
    void exceptionsPointAtOrBehindTheInstruction(String code, int vector, int behind) {
        String[] octets = code.split(" ");
        Asm asm = code().mov(EAX, 0).mov(Asm.EDX, 0).nop();
        int at = asm.here();
        for (String octet : octets) {
            asm.db(Integer.parseInt(octet, 16));
        }
        rig.memory.write32(Rig.DATA, 1);
        rig.memory.write32(Rig.DATA + 4, 2);
        rig.code(asm);
        Outcome outcome = rig.run();
        assertEquals(vector, outcome.vector());
        assertEquals(at + behind * octets.length, outcome.eip());
    }

    @Test
    void int1IsKeptOutByNoGateButInt01Is() {
        rig.ring(3);
        rig.code(code().db(0xF1));
        assertEquals("#1(0)", rig.run().fault());
        try (Rig second = new Rig()) {
            second.ring(3).code(new Asm(second.eip).interrupt(1));
            assertEquals("#13(a)", second.run().fault(), "SDM 2, INT n: IDT flag and vector 1");
        }
    }

    @ParameterizedTest(name = "first {0}, then {1}: {2}")
    @CsvSource({
        // SDM 3A, table 6-5. First: what the program does; then: what is wrong with the first's gate.
        "divide, absent gate, #8(0)",
        "divide, bad type, #8(0)",
        "general, absent gate, #8(0)",
        "page, absent gate, #8(0)",
        "undefined, absent gate, #11(33)",
        "breakpoint, absent gate, #11(1a)"
    })
    void secondFaultsAreSortedByClass(String first, String then, String end) {
        rig.paging();
        rig.map(0x50000, 0, 0);
        Asm code = code().mov(EBX, 0);
        int vector;
        switch (first) {
            case "divide" -> {
                code.db(0xF7, 0xF3);
                vector = 0;
            }
            case "general" -> {
                code.mov(EAX, 0x100).toSegment(Asm.DS, EAX);
                vector = 13;
            }
            case "page" -> {
                code.load(EAX, 0x50000);
                vector = 14;
            }
            case "undefined" -> {
                code.db(0x0F, 0x0B);
                vector = 6;
            }
            default -> {
                code.db(0xCC);
                vector = 3;
            }
        }
        rig.gate(vector, then.equals("absent gate") ? 0x0E : 0x8C, Rig.CODE0, TARGET);
        rig.code(code);
        assertEquals(end, rig.run().fault());
    }

    @Test
    void aContributoryFaultThenAPageFaultIsServedInTurn() {
        // Table 6-5: contributory, then page fault: the page fault is handled. Its gate's stack is the same, so the
        // page fault comes from the IDT's page, which holds only vectors below 0x80 here.
        rig.paging();
        rig.memory.write(0x60000, rig.memory.read(Rig.IDT, 0x800));
        rig.memory.write16(Rig.DATA, 0x7FF);
        rig.memory.write32(Rig.DATA + 2, 0x60F98);
        rig.memory.write(0x60F98 + 8, rig.memory.read(Rig.IDT + 8, 0x60));
        rig.map(0x61000, 0x61000, 7);
        rig.memory.write(0x61000, rig.memory.read(Rig.IDT + 0x68, 0x700));
        rig.code(code().db(0x0F, 0x01, 0x1D).dd(Rig.DATA).mov(EBX, 0).db(0xF7, 0xF3));
        rig.map(0x60000, 0x60000, 0);
        Outcome outcome = rig.run();
        assertEquals("#14(0)", outcome.fault());
        assertEquals(0x60F98, outcome.state().cr2());
        assertEquals(Rig.CODE + 12, outcome.eip());
    }

    @Test
    void withoutTablesTheCpuShutsDown() {
        rig.memory.write16(Rig.DATA, 0);
        rig.memory.write32(Rig.DATA + 2, 0);
        rig.code(code().db(0x0F, 0x01, 0x1D).dd(Rig.DATA).db(0x0F, 0x0B));
        assertEquals(VcpuExit.Kind.SHUTDOWN, rig.run().exit().kind());
    }

    // ---- when interrupts are taken

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 50, 101, 1000, 200_000, 200_001})
    void anAlarmInterruptsAtItsExactCount(int instructions) {
        // INC EAX; INC EAX; INC EAX; JMP: the alarm's time is that many instructions of 10 ns.
        rig.eflags = 0x202;
        Asm code = code().increment(EAX).increment(EAX).increment(EAX);
        rig.code(code.jump(Rig.CODE));
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(10L * instructions);
        Outcome outcome = rig.run();
        assertEquals(0x30, outcome.vector(), outcome.fault());
        assertEquals(instructions - instructions / 4, outcome.state().eax());
        assertEquals(Rig.CODE + instructions % 4, outcome.eip());
        assertEquals(instructions + 1, rig.count(), "and the handler's HLT");
    }

    @Test
    void theInstructionBehindStiRunsFirst() {
        rig.pin.vector = 0x30;
        rig.code(code().sti().increment(EAX).increment(EAX).hlt());
        Outcome outcome = rig.run();
        assertEquals(1, outcome.state().eax());
        assertEquals(Rig.CODE + 2, outcome.eip());
    }

    @Test
    void stiHltWakesUp() {
        rig.pin.vector = 0x30;
        rig.code(code().sti().hlt());
        Outcome outcome = rig.run();
        assertEquals(0x30, outcome.vector(), outcome.fault());
        assertEquals(Rig.CODE + 2, outcome.eip(), "HLT was executed, then left");
    }

    @Test
    void anAlarmBetweenStiAndHltDoesNotGetInBetween() {
        // NOP, NOP, STI take the time up to the alarm.
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(30);
        rig.code(code().nop().nop().sti().hlt());
        Outcome outcome = rig.run();
        assertEquals(0x30, outcome.vector(), outcome.fault());
        assertEquals(Rig.CODE + 4, outcome.eip());
    }

    @Test
    void stiWithInterruptsEnabledShadowsNothing() {
        rig.eflags = 0x202;
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(20);
        rig.code(code().nop().sti().increment(EAX).hlt());
        assertEquals(Rig.CODE + 2, rig.run().eip());
    }

    @Test
    void movToSsHoldsInterruptsOffForOneInstruction() {
        rig.eflags = 0x202;
        rig.r[EBX] = Rig.DATA0;
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(20);
        rig.code(code().nop()
                .toSegment(SS, EBX)
                .mov(Asm.ESP, Rig.STACK0 - 64)
                .increment(EAX)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(Rig.CODE + 8, outcome.eip(), "SDM 3A, 6.8.3");
        assertEquals(0, outcome.state().eax());
    }

    @Test
    void aFaultEndsTheShadowOfMovSs() {
        rig.eflags = 0x202;
        rig.r[EBX] = Rig.DATA0;
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(20);
        rig.handler(6, Rig.handlerCode(6).nop().hlt());
        rig.gate(6, 0x8F, Rig.CODE0, Rig.HANDLERS + 16 * 6);
        rig.code(code().nop().toSegment(SS, EBX).db(0x0F, 0x0B));
        Outcome outcome = rig.run();
        assertEquals(0x30, outcome.vector(), outcome.fault());
        assertEquals(Rig.HANDLERS + 16 * 6, outcome.eip(), "at the fault's handler");
    }

    @Test
    void popfAndIretLetAPendingInterruptIn() {
        rig.pin.vector = 0x30;
        rig.code(code().flags(0x202).increment(EAX).hlt());
        assertEquals(Rig.CODE + 6, rig.run().eip());
        try (Rig second = new Rig()) {
            second.pin.vector = 0x30;
            second.put(TARGET, new Asm(TARGET).increment(EAX).hlt());
            second.code(
                    new Asm(second.eip).push(0x202).push(Rig.CODE0).push(TARGET).iret());
            assertEquals(TARGET, second.run().eip());
        }
    }

    @Test
    void haltWithAndWithoutInterrupts() {
        rig.code(code().sti().hlt().hlt());
        assertEquals(VcpuExit.Kind.HALTED, rig.run().exit().kind());
        assertEquals(VcpuExit.Kind.HALTED, rig.run().exit().kind(), "it stays halted");
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(rig.clock.nanos() + 5000);
        rig.clock.skipTo(rig.clock.nextDeadline());
        Outcome outcome = rig.run();
        assertEquals(0x30, outcome.vector(), outcome.fault());
        assertEquals(Rig.CODE + 2, outcome.eip());
        assertTrue(rig.pin.acknowledged == 1);
    }

    @Test
    void aTrapOnHltLeavesTheHalt() {
        rig.code(code().flags(TF | 2).hlt().hlt());
        Outcome outcome = rig.run();
        assertEquals(1, outcome.vector(), outcome.fault());
    }
}
