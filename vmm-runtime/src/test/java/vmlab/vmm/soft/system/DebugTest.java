// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.EDI;
import static vmlab.vmm.soft.system.Asm.SS;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Single steps and breakpoints (SDM 3B, 17.2 and 17.3). */
class DebugTest {
    private static final int TF = 1 << 8;
    private static final int BS = 1 << 14;
    private static final int RF = 1 << 16;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    /** A handler of #DB that records DR6 and where it came from, and goes on; with RF set if asked to. */
    private void recordTraps(boolean resume) {
        Asm handler = new Asm(0x34000).db(0x50).fromDebug(EAX, 6).out32(Rig.PORT);
        handler.mov(EAX, 0).toDebug(6, EAX).db(0x8B, 0x44, 0x24, 4).out32(Rig.PORT);
        if (resume) {
            handler.db(0x81, 0x4C, 0x24, 12).dd(RF);
        }
        rig.put(0x34000, handler.db(0x58).iret());
        rig.gate(1, 0x8E, Rig.CODE0, 0x34000);
    }

    /** Cause and address of each recorded trap, relative to an origin. */
    private List<String> traps(int origin) {
        StringBuilder all = new StringBuilder();
        for (int k = 0; k < rig.written.size(); k += 2) {
            all.append("%x@%x ".formatted(rig.written.get(k) & 0xE00F, rig.written.get(k + 1) - origin));
        }
        return all.isEmpty() ? List.of() : List.of(all.toString().trim().split(" "));
    }

    @Test
    void everyInstructionBehindTheOneThatSetTfTraps() {
        recordTraps(false);
        Asm code = code().flags(TF | 2)
                .nop()
                .increment(EAX)
                .jump(Rig.CODE + 14)
                .nop()
                .db(0x74, 0)
                .flags(2)
                .nop()
                .hlt();
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(
                List.of("4000@7", "4000@8", "4000@e", "4000@10", "4000@15", "4000@16"),
                traps(Rig.CODE),
                outcome.fault() + " the POPF that clears TF still traps");
    }

    @Test
    void repeatedStringsTrapAfterEachIteration() {
        recordTraps(false);
        rig.code(code().mov(ECX, 3)
                .mov(EDI, Rig.DATA)
                .flags(TF | 2)
                .db(0xF3, 0xAA)
                .flags(2)
                .hlt());
        rig.run();
        assertEquals(
                List.of("4000@10", "4000@10", "4000@12", "4000@17", "4000@18"),
                traps(Rig.CODE),
                "SDM 3B, 17.3.1.4: at the instruction while iterations are left");
    }

    @Test
    void intAndFaultsDoNotTrapInTheirHandlers() {
        // SDM 3B, 17.3.1.4: the delivery clears TF. The trap comes after the instruction behind IRET.
        recordTraps(false);
        rig.put(0x35000, new Asm(0x35000).increment(EBX).nop().iret());
        rig.gate(0x80, 0x8E, Rig.CODE0, 0x35000);
        rig.put(0x36000, new Asm(0x36000).db(0x83, 0x04, 0x24, 2).iret());
        rig.gate(6, 0x8E, Rig.CODE0, 0x36000);
        rig.code(code().flags(TF | 2)
                .interrupt(0x80)
                .nop()
                .db(0x0F, 0x0B)
                .nop()
                .flags(2)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(List.of("4000@9", "4000@c", "4000@11", "4000@12"), traps(Rig.CODE), outcome.fault());
        assertEquals(1, outcome.state().ebx());
    }

    @Test
    void movSsPutsItsTrapOff() {
        recordTraps(false);
        rig.r[EBX] = Rig.DATA0;
        rig.code(code().flags(TF | 2)
                .nop()
                .toSegment(SS, EBX)
                .nop()
                .nop()
                .flags(2)
                .hlt());
        rig.run();
        assertEquals(List.of("4000@7", "4000@a", "4000@b", "4000@10", "4000@11"), traps(Rig.CODE), "SDM 3A, 6.8.3");
    }

    @Test
    void iretIntoATracedProgram() {
        recordTraps(false);
        int target = 0x35000;
        rig.put(target, new Asm(target).nop().flags(2).hlt());
        rig.code(code().push(TF | 2).push(Rig.CODE0).push(target).iret());
        rig.run();
        assertEquals(List.of("4000@1", "4000@6", "4000@7"), traps(target), "not behind IRET itself");
    }

    @ParameterizedTest(name = "kind {0}, length {1} at +{2}: {3} {4} bytes at +{5} -> {6}")
    @CsvSource({
        // SDM 3B, 17.2.5: kind 1 writes, 3 reads and writes; lengths 0 = 1, 1 = 2, 3 = 4 bytes
        "1, 0, 0, write, 4, 0, 1",
        "1, 0, 0, write, 4, -3, 1",
        "1, 0, 0, write, 4, -4, 0",
        "1, 0, 0, write, 1, 1, 0",
        "1, 0, 0, read, 4, 0, 0",
        "3, 0, 0, read, 4, 0, 1",
        "3, 0, 0, write, 1, 0, 1",
        "3, 1, 2, read, 1, 3, 1",
        "3, 1, 2, read, 1, 4, 0",
        "3, 3, 4, read, 1, 7, 1",
        "3, 3, 4, read, 1, 8, 0",
        "3, 3, 4, read, 4, 1, 1",
        "3, 3, 4, read, 4, 0, 0",
        "1, 1, 3, write, 1, 2, 1",
        "1, 3, 0, write, 4, -2147483648, 0"
    })
    void dataBreakpointsTrapBehindTheAccess(
            int kind, int length, int at, String access, int bytes, int offset, int hit) {
        recordTraps(false);
        int base = 0x50000;
        boolean write = access.equals("write");
        Asm code = code().debug(1, base + at)
                .debug(7, 0x0C | kind << 20 | length << 22)
                .mov(EBX, offset < -100 ? 0xF0000 : base + offset)
                .nop();
        int behind = code.here() + 2 - Rig.CODE;
        code.db((write ? 0x88 : 0x8A) + (bytes == 4 ? 1 : 0), 0x0B)
                .nop()
                .debug(7, 0)
                .hlt();
        rig.code(code);
        rig.run();
        assertEquals(hit == 1 ? List.of("2@%x".formatted(behind)) : List.of(), traps(Rig.CODE));
    }

    @Test
    void anExecutionBreakpointStopsBeforeAndRfSteppsOverIt() {
        recordTraps(true);
        Asm code = code().debug(2, Rig.CODE + 17).debug(7, 0x20).nop();
        assertEquals(Rig.CODE + 17, code.here());
        rig.code(code.increment(EBX)
                .increment(ECX)
                .db(0x83, 0xFB, 2, 0x75, 0x100 - 7)
                .debug(7, 0)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(List.of("4@11", "4@11"), traps(Rig.CODE), outcome.fault());
        assertEquals(2, outcome.state().ebx());
        assertEquals(2, outcome.state().ecx());
    }

    @Test
    void aFaultOnAnInstructionWithABreakpointDoesNotHitItTwice() {
        // SDM 3B, 17.3.1.1: faults push RF = 1, the breakpoint's own #DB pushes RF as it was.
        recordTraps(true);
        rig.paging();
        rig.map(0x50000, 0, 0);
        rig.put(
                0x36000,
                new Asm(0x36000)
                        .db(0x83, 0xC4, 4, 0x8B, 0x44, 0x24, 8)
                        .out32(Rig.PORT)
                        .out32(Rig.PORT)
                        .storeImmediate(Rig.pte(0x50000), 0x50007)
                        .iret());
        rig.gate(14, 0x8E, Rig.CODE0, 0x36000);
        Asm code = code().debug(0, Rig.CODE + 16).debug(7, 2);
        rig.code(code.load(ECX, 0x50000).debug(7, 0).hlt());
        rig.run();
        assertEquals(4, rig.written.size());
        assertEquals("1@10", traps(Rig.CODE).get(0));
        assertEquals(RF, rig.written.get(2) & RF, "the page fault's image");
    }

    @Test
    void theResumeFlagIsInAFaultsImageAndEndsBehindTheNextInstruction() {
        // SDM 3B, 17.3.1.1: whether there are breakpoints doesn't matter.
        rig.put(
                0x36000,
                new Asm(0x36000)
                        .db(0x83, 0x04, 0x24, 2, 0x8B, 0x44, 0x24, 8)
                        .out32(Rig.PORT)
                        .iret());
        rig.gate(6, 0x8E, Rig.CODE0, 0x36000);
        rig.put(
                0x35000,
                new Asm(0x35000).db(0x8B, 0x44, 0x24, 8).out32(Rig.PORT).iret());
        rig.gate(0x30, 0x8E, Rig.CODE0, 0x35000);
        rig.code(code().db(0x0F, 0x0B).nop().interrupt(0x30).hlt());
        rig.run();
        assertEquals(
                List.of(RF, 0), rig.written.stream().map(image -> image & RF).toList());
    }

    @Test
    void anInterruptBeforeABreakpointDoesNotLoseIt() {
        recordTraps(true);
        rig.put(0x35000, new Asm(0x35000).iret());
        rig.gate(0x30, 0x8E, Rig.CODE0, 0x35000);
        rig.eflags = 0x202;
        rig.code(code().debug(0, Rig.CODE + 18)
                .debug(7, 2)
                .nop()
                .nop()
                .increment(EBX)
                .debug(7, 0)
                .cli()
                .hlt());
        rig.clock.alarm(() -> rig.pin.vector = 0x30).at(60);
        rig.run();
        assertEquals(1, rig.pin.acknowledged);
        assertEquals(List.of("1@12"), traps(Rig.CODE));
    }

    @Test
    void generalDetectGuardsTheRegistersAndClearsItself() {
        rig.handler(1, Rig.handlerCode(1).fromDebug(EAX, 6).fromDebug(EBX, 7).hlt());
        rig.code(code().debug(7, 0x2000).fromDebug(ECX, 0));
        Outcome outcome = rig.run();
        assertEquals(1 << 13, outcome.state().eax() & 0xE00F, "SDM 3B, 17.2.3");
        assertEquals(0x400, outcome.state().ebx());
        assertEquals(Rig.CODE + 8, rig.memory.read32(outcome.state().esp()), "a fault: at the MOV");
    }

    @Test
    void portBreakpointsNeedDe() {
        recordTraps(false);
        rig.cr4 = 8;
        rig.code(code().debug(3, 0x70)
                .debug(7, 0x80 | 2 << 28)
                .in32(0x70)
                .nop()
                .debug(7, 0)
                .hlt());
        rig.run();
        assertEquals(List.of("8@12"), traps(Rig.CODE), "SDM 3B, 17.2.4");
    }

    @Test
    void dr4AndDr5AreDr6AndDr7UntilDeIsSet() {
        rig.code(code().fromDebug(EAX, 4)
                .fromDebug(EBX, 5)
                .mov(ECX, 8)
                .toControl(4, ECX)
                .fromDebug(EAX, 4));
        Outcome outcome = rig.run();
        assertEquals("#6(0)", outcome.fault());
        assertEquals(0xFFFF0FF0, outcome.state().eax());
        assertEquals(0x400, outcome.state().ebx());
    }

    @Test
    void aBreakpointOnARepeatedStringHitsOnce() {
        recordTraps(true);
        Asm code = code().debug(0, Rig.CODE + 26).debug(7, 2).mov(ECX, 5).mov(EDI, Rig.DATA);
        rig.code(code.db(0xF3, 0xAA).debug(7, 0).hlt());
        assertEquals(Rig.DATA + 5, rig.run().state().edi());
        assertEquals(List.of("1@1a"), traps(Rig.CODE));
    }

    @Test
    void aRepeatedStringTrapsAtTheElementThatHits() {
        recordTraps(false);
        Asm code =
                code().debug(0, Rig.DATA + 2).debug(7, 2 | 1 << 16).mov(ECX, 5).mov(EDI, Rig.DATA);
        rig.code(code.db(0xF3, 0xAA).debug(7, 0).hlt());
        assertEquals(Rig.DATA + 5, rig.run().state().edi());
        assertEquals(List.of("1@1a"), traps(Rig.CODE), "SDM 3B, 17.2.5: behind that iteration");
    }
}
