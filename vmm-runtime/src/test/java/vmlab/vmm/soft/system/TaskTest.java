// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.ECX;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Hardware task switches (SDM 3A, chapter 7). */
class TaskTest {
    private static final int OTHER = 0x98;
    private static final int TARGET = 0x30000;
    private static final int NT = 1 << 14;
    private static final int TS = 1 << 3;

    private final Rig rig = new Rig();
    private final TaskState other =
            new TaskState(rig, OTHER, 0x6000).code(TARGET).stack(0xB000);
    private final TaskState own = new TaskStateOfRig(rig).state;

    /** The running task's state, with its descriptor put back to busy. */
    private static final class TaskStateOfRig {
        final TaskState state;

        TaskStateOfRig(Rig rig) {
            state = new TaskState(rig, Rig.TASK, Rig.TSS);
            rig.descriptor(Rig.TASK, Rig.TSS, 0x67, 0x8B, 0);
        }
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    @ParameterizedTest(name = "by {0}: NT {1}, old busy {2}, back link {3}")
    @CsvSource({"jump, 0, 0, 0", "call, 1, 1, 28", "gate, 1, 1, 28", "interrupt, 1, 1, 28"})
    void aSwitchSavesLoadsAndMarks(String how, int nested, int busy, String link) {
        // SDM 3A, tables 7-1 and 7-2.
        rig.callGate(0x50, 0x85, OTHER, 0, 0);
        rig.gate(0x81, 0x85, OTHER, 0);
        other.set(TaskState.EAX, 0x1234).set(TaskState.LDT, Rig.LOCAL);
        rig.put(TARGET, new Asm(TARGET).fromControl(ECX, 0).hlt());
        rig.r[EAX] = 0x7777;
        Asm code = code();
        switch (how) {
            case "jump" -> code.jumpFar(OTHER, 5);
            case "call" -> code.callFar(OTHER, 5);
            case "gate" -> code.callFar(0x50, 5);
            default -> code.interrupt(0x81);
        }
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(TARGET + 4, outcome.state().eip(), outcome.fault());
        assertEquals(0x1234, outcome.state().eax());
        assertEquals(0xB000, outcome.state().esp());
        assertEquals(Rig.LOCAL, outcome.state().ldtr().selector());
        assertEquals(TS, outcome.state().ecx() & TS);
        assertEquals(nested == 1 ? NT : 0, outcome.eflags() & NT);
        assertEquals(code.here(), own.get(TaskState.EIP), "behind the instruction");
        assertEquals(0x7777, own.get(TaskState.EAX));
        assertEquals(busy == 1 ? 0x8B : 0x89, rig.access(Rig.TASK));
        assertEquals(0x8B, rig.access(OTHER));
        assertEquals(Integer.parseInt(link, 16), other.get(0) & 0xFFFF);
        assertEquals(OTHER, outcome.state().tr().selector());
    }

    @Test
    void interruptReturnGoesBackToTheNestedTask() {
        rig.put(TARGET, new Asm(TARGET).increment(EAX).iret());
        rig.r[EAX] = 5;
        rig.code(code().callFar(OTHER, 0).hlt());
        Outcome outcome = rig.run();
        assertEquals(Rig.CODE + 8, outcome.state().eip(), outcome.fault());
        assertEquals(5, outcome.state().eax());
        assertEquals(0x89, rig.access(OTHER));
        assertEquals(0x8B, rig.access(Rig.TASK));
        assertEquals(0, other.get(TaskState.EFLAGS) & NT, "NT is cleared in the state of the task that ends");
        assertEquals(1, other.get(TaskState.EAX));
        assertEquals(TARGET + 2, other.get(TaskState.EIP));
    }

    @ParameterizedTest(name = "descriptor {0} with limit {1} by {2}: {3}")
    @CsvSource({
        // SDM 2, JMP, CALL, INT n: before the switch the fault is the old task's
        "8B, 67, jump, #13(98)",
        "09, 67, jump, #11(98)",
        "89, 66, jump, #10(98)",
        "8B, 67, call, #13(98)",
        "8B, 67, interrupt, #13(98)",
        "09, 67, interrupt, #11(98)",
        "93, 67, interrupt, #13(98)"
    })
    void aRefusedSwitchLeavesTheOldTask(String access, String limit, String how, String end) {
        rig.descriptor(OTHER, 0x6000, Integer.parseInt(limit, 16), Integer.parseInt(access, 16), 0);
        rig.gate(0x81, 0x85, OTHER, 0);
        Asm code = code().nop().nop();
        int at = code.here();
        switch (how) {
            case "jump" -> code.jumpFar(OTHER, 5);
            case "call" -> code.callFar(OTHER, 5);
            default -> code.interrupt(0x81);
        }
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(end, outcome.fault());
        assertEquals(at, outcome.eip());
        assertEquals(Rig.TASK, outcome.state().tr().selector());
    }

    @Test
    void aLinkToATaskThatIsNotBusyIsAnInvalidTask() {
        rig.memory.write16(Rig.TSS, OTHER);
        Asm code = code().flags(NT | 2);
        int at = code.here();
        rig.code(code.iret());
        Outcome outcome = rig.run();
        assertEquals("#10(98)", outcome.fault(), "SDM 2, IRET");
        assertEquals(at, outcome.eip());
    }

    @ParameterizedTest(name = "segment {0} = {1}: {2}")
    @CsvSource({
        // SDM 3A, 6.15, #TS: after the switch the fault is the new task's
        "1, 0, #10(0)",
        "1, 10, #10(10)",
        "1, 70, #11(70)",
        "2, 0, #10(0)",
        "2, 13, #10(10)",
        "2, 68, #12(68)",
        "3, 08, STOPPED",
        "3, 100, #10(100)",
        "3, 68, #11(68)",
        "6, 28, #10(28)",
        "6, 38, #10(38)"
    })
    void aBadStateFaultsInTheNewTask(int register, String selector, String end) {
        rig.descriptor(0x68, 0, 0xFFFFF, 0x13, Rig.BIG_PAGES);
        rig.descriptor(0x70, 0, 0xFFFFF, 0x1B, Rig.BIG_PAGES);
        other.set(register == 6 ? TaskState.LDT : TaskState.SEGMENTS + 4 * register, Integer.parseInt(selector, 16));
        // Task gates: the broken task has no stack to rely on.
        TaskState rescue = new TaskState(rig, 0xA0, 0x7000).stack(0xC000);
        rescue.code(0x32000);
        rig.put(0x32000, new Asm(0x32000).hlt());
        rig.put(TARGET, new Asm(TARGET).hlt());
        for (int vector : new int[] {10, 11, 12, 13}) {
            rig.gate(vector, 0x85, 0xA0, 0);
        }
        rig.code(code().nop().jumpFar(OTHER, 0));
        Outcome outcome = rig.run();
        assertEquals(VcpuExit.Kind.STOPPED, outcome.exit().kind());
        if (end.equals("STOPPED")) {
            assertEquals(TARGET + 1, outcome.state().eip());
        } else {
            assertEquals(0x32001, outcome.state().eip());
            String error = "(%x)".formatted(rig.memory.read32(0xC000 - 4));
            assertEquals(end.substring(end.indexOf('(')), error);
            assertEquals(TARGET, other.get(TaskState.EIP), "saved: the new task's first instruction");
        }
    }

    @Test
    void theTrapBitInterruptsBeforeTheFirstInstruction() {
        // SDM 3A, 7.2.1 and 17.3.1.5; DR6.BT
        other.set(TaskState.TRAP, 1);
        rig.put(TARGET, new Asm(TARGET).increment(EAX).hlt());
        rig.handler(1, Rig.handlerCode(1).fromDebug(ECX, 6).hlt());
        rig.code(code().nop().jumpFar(OTHER, 0));
        Outcome outcome = rig.run();
        assertEquals(0, outcome.state().eax());
        assertEquals(1 << 15, outcome.state().ecx() & 0xE00F);
        assertEquals(TARGET, rig.memory.read32(outcome.state().esp()));
    }

    @Test
    void aSwitchClearsTheLocalBreakpoints() {
        rig.put(TARGET, new Asm(TARGET).fromDebug(ECX, 7).hlt());
        rig.code(code().debug(0, 0x50000).debug(7, 0x303).jumpFar(OTHER, 0));
        assertEquals(0x602, rig.run().state().ecx(), "SDM 3B, 17.2.4");
    }

    @Test
    void aSwitchLoadsThePageTables() {
        rig.paging();
        int directory = 0x200000;
        rig.memory.write(directory, rig.memory.read(Rig.DIRECTORY, 4096));
        rig.memory.write32(directory, 0x201007);
        rig.memory.write(0x201000, rig.memory.read(Rig.DIRECTORY + 0x1000, 4096));
        rig.memory.write32(0x201000 + (Rig.DATA >>> 10), 0x40007);
        rig.memory.write32(Rig.DATA, 1);
        rig.memory.write32(0x40000, 2);
        other.set(TaskState.CR3, directory);
        rig.put(TARGET, new Asm(TARGET).load(EAX, Rig.DATA).hlt());
        rig.code(code().load(EAX, Rig.DATA).jumpFar(OTHER, 0));
        Outcome outcome = rig.run();
        assertEquals(2, outcome.state().eax(), outcome.fault());
        assertEquals(directory, outcome.state().cr3());
    }

    @Test
    void aDoubleFaultThroughATaskGateSurvivesALostStack() {
        // How a kernel reports its stack overflow: no page under the stack, so the #PF can't be delivered.
        rig.paging();
        rig.gate(8, 0x85, OTHER, 0);
        rig.put(TARGET, new Asm(TARGET).hlt());
        rig.map(0x50000, 0, 0);
        rig.r[Asm.ESP] = 0x50800;
        rig.code(code().nop().push(1));
        Outcome outcome = rig.run();
        assertEquals(TARGET + 1, outcome.state().eip(), outcome.fault());
        assertEquals(0xB000 - 4, outcome.state().esp(), "the error code");
        assertEquals(0, rig.memory.read32(0xB000 - 4));
        assertEquals(Rig.CODE + 1, own.get(TaskState.EIP));
        assertEquals(0x50800, own.get(TaskState.ESP));
    }
}
