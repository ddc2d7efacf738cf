// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.EDI;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Access;
import vmlab.vmm.DebugPoints.Hit;
import vmlab.vmm.DebugPoints.Watch;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.VcpuExit.Kind;
import vmlab.vmm.soft.system.Rig.Outcome;

/** A debugger outside of the guest: where it stops, and that the guest doesn't notice. */
class BreakpointTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    private void breakAt(long... addresses) {
        Set<Long> code = new java.util.HashSet<>();
        for (long address : addresses) {
            code.add(address);
        }
        rig.cpu.debug(new DebugPoints(code, List.of(), false));
    }

    private Watch watch(long address, long bytes, Access access) {
        Watch watch = new Watch(address, bytes, access);
        rig.cpu.debug(new DebugPoints(Set.of(), List.of(watch), false));
        return watch;
    }

    private Hit hit() {
        VcpuExit exit = rig.run().exit();
        assertEquals(Kind.BREAKPOINT, exit.kind(), exit::detail);
        return exit.hit().orElseThrow();
    }

    private Outcome end() {
        Outcome outcome = rig.run();
        assertEquals(Kind.STOPPED, outcome.exit().kind(), () -> outcome.exit().detail());
        return outcome;
    }

    /** Ten times EBX, one instruction a line, ends with EBX = 10. */
    private int loop() {
        Asm code = code().mov(ECX, 10).mov(EBX, 0);
        int top = code.here();
        // inc ebx; dec ecx; jnz top
        rig.code(code.increment(EBX).db(0x49, 0x75, 0xFC).hlt());
        return top;
    }

    @Test
    void stopsBeforeTheInstructionEachTimeAndGoesOn() {
        int top = loop();
        breakAt(top);
        for (int n = 0; n < 10; n++) {
            assertEquals(top, hit().address());
            assertEquals(top, rig.cpu.state().eip());
            assertEquals(n, rig.cpu.state().ebx());
        }
        assertEquals(10, end().state().ebx());
    }

    @ParameterizedTest(name = "{0} bytes behind the top")
    @ValueSource(ints = {1, 2})
    void stopsInTheMiddleOfABlockThatWasRunBeforeAndWithinAFusedPair(int inside) {
        int top = loop();
        breakAt(top);
        assertEquals(top, hit().address());
        breakAt();
        assertEquals(10, end().state().ebx());

        rig.cpu.restore(rig.start());
        breakAt(top + inside);
        assertEquals(top + inside, hit().address());
        assertEquals(1, rig.cpu.state().ebx());
        breakAt();
        assertEquals(10, end().state().ebx());
    }

    @Test
    void timeAndResultAreThoseOfARunWithoutBreakpoints() {
        int top = loop();
        end();
        long undisturbed = rig.count();

        rig.cpu.restore(rig.start());
        breakAt(top + 1);
        for (int n = 0; n < 10; n++) {
            hit();
        }
        assertEquals(10, end().state().ebx());
        assertEquals(2 * undisturbed, rig.count());
    }

    @Test
    void anAddressAtTheSameOffsetOfAnotherPageDoesNotStop() {
        int top = loop();
        breakAt(top + 0x1000);
        assertEquals(10, end().state().ebx());
    }

    @Test
    void anotherMappingOfThePageDoesNotStop() {
        rig.paging();
        int alias = 0x400000;
        rig.put(0x30000, new Asm(0x30000).increment(EBX).db(0xC3));
        rig.map(alias, 0x30000, 7);
        rig.code(code().call(0x30000).call(alias).call(0x30000).hlt());
        breakAt(alias);
        assertEquals(alias, hit().address());
        assertEquals(1, rig.cpu.state().ebx());
        assertEquals(3, end().state().ebx());
    }

    @Test
    void linearAddressesIncludeTheSegmentsBase() {
        rig.descriptor(Rig.FREE, Rig.DATA, 0xFFFF, 0x9B, Rig.BIG_BYTES);
        rig.put(Rig.DATA + 0x10, new Asm(0x10).increment(EBX).hlt());
        rig.code(code().db(0xEA).dd(0x10).dw(Rig.FREE));
        breakAt(Rig.DATA + 0x10);
        assertEquals(Rig.DATA + 0x10, hit().address());
        assertEquals(0x10, rig.cpu.state().eip());
        assertEquals(1, end().state().ebx());
    }

    @Test
    void anInstructionOverThePagesEndIsStoppedAt() {
        int split = Rig.CODE + 0x1000 - 2;
        rig.code(code().jump(split));
        rig.put(split, new Asm(split).mov(EBX, 7).hlt());
        breakAt(split);
        assertEquals(split, hit().address());
        assertEquals(7, end().state().ebx());
    }

    @Test
    void codeThatIsWrittenAtABreakpointIsExecutedAsWritten() {
        int victim = Rig.CODE + 0x100;
        // The loop's second round executes what the first has written over the breakpoint.
        rig.put(victim, new Asm(victim).increment(EBX).db(0xC3));
        rig.code(code().call(victim).storeByte(victim, 0x41).call(victim).hlt());
        breakAt(victim);
        assertEquals(victim, hit().address());
        assertEquals(victim, hit().address());
        assertEquals(0x41, rig.memory.read8(victim), "the guest's memory holds no breakpoint");
        Outcome outcome = end();
        assertEquals(1, outcome.state().ebx());
        assertEquals(1, outcome.state().ecx());
    }

    @Test
    void aRepeatedStringInstructionIsStoppedAtOnce() {
        Asm code = code().mov(EDI, Rig.DATA).mov(ECX, 0x3000).mov(EAX, 0);
        int stores = code.here();
        rig.code(code.db(0xF3, 0xAA).hlt());
        breakAt(stores);
        assertEquals(stores, hit().address());
        assertEquals(0, end().state().ecx());
    }

    @Test
    void noInterruptComesBetweenTheStopAndItsInstruction() {
        rig.handler(0x30, Rig.handlerCode(0x30).increment(EAX).iret());
        Asm code = code().sti().nop();
        int at = code.here();
        rig.code(code.increment(EBX).cli().hlt());
        breakAt(at);
        assertEquals(at, hit().address());
        rig.pin.vector = 0x30;
        Outcome outcome = end();
        assertEquals(1, outcome.state().eax());
        assertEquals(1, outcome.state().ebx());
    }

    @Test
    void interruptsThatAreHeldComeLater() {
        rig.handler(0x30, Rig.handlerCode(0x30).increment(EAX).iret());
        Asm code = code().sti().nop().nop();
        int at = code.here();
        rig.code(code.nop().nop().cli().hlt());
        rig.pin.vector = 0x30;
        rig.cpu.debug(new DebugPoints(Set.of((long) at), List.of(), true));
        assertEquals(at, hit().address());
        assertEquals(0, rig.cpu.state().eax());
        rig.cpu.debug(DebugPoints.NONE);
        assertEquals(1, end().state().eax());
    }

    @Test
    void theGuestsOwnBreakpointsWorkBeside() {
        int at = Rig.CODE + 0x40;
        rig.code(code().debug(0, at).debug(7, 1).jump(at));
        rig.put(at, new Asm(at).increment(EBX).hlt());
        breakAt(at);
        assertEquals(at, hit().address());
        Outcome outcome = rig.run();
        assertEquals("#1(0)", outcome.fault());
        assertEquals(at, outcome.eip());
    }

    // ---- data

    @ParameterizedTest(name = "store of 4 bytes at {0}, {1} bytes watched at {2}")
    @CsvSource({"0, 4, 0", "0, 1, 3", "4093, 4, 4096", "4093, 4, 4092", "4094, 1, 4097", "16, 4096, 0"})
    void stopsBehindAWrite(int store, int bytes, int watched) {
        Asm code = code().mov(EAX, 0x12345678).store(Rig.DATA + store, EAX);
        int next = code.here();
        rig.code(code.increment(EBX).hlt());
        Watch watch = watch(Rig.DATA + watched, bytes, Access.WRITE);
        Hit hit = hit();
        assertEquals(watch, hit.watch().orElseThrow());
        assertEquals(Rig.DATA + Math.max(store, watched), hit.address());
        assertEquals(next, rig.cpu.state().eip());
        assertEquals(0x12345678, rig.memory.read32(Rig.DATA + store));
        assertEquals(1, end().state().ebx());
    }

    @ParameterizedTest(name = "store of 4 bytes at {0}, {1} bytes watched at {2}")
    @CsvSource({"0, 4, 4", "4, 4, 0", "4092, 4, 4096", "4093, 3, 4090"})
    void goesOnBesideWhatIsWatched(int store, int bytes, int watched) {
        rig.code(code().store(Rig.DATA + store, EAX).hlt());
        watch(Rig.DATA + watched, bytes, Access.READ_OR_WRITE);
        end();
    }

    @Test
    void aReadStopsOnlyWhereReadsAreWatched() {
        Asm code = code().load(EAX, Rig.DATA).load(EBX, Rig.DATA);
        int next = code.here();
        rig.code(code.hlt());
        watch(Rig.DATA, 4, Access.WRITE);
        end();

        rig.cpu.restore(rig.start());
        watch(Rig.DATA, 4, Access.READ_OR_WRITE);
        assertNotEquals(next, (long) rig.cpu.state().eip());
        hit();
        hit();
        assertEquals(next, rig.cpu.state().eip());
        end();
    }

    @Test
    void aRepeatedStringInstructionStopsBehindTheElement() {
        rig.code(code().mov(EDI, Rig.DATA)
                .mov(ECX, 0x1000)
                .mov(EAX, -1)
                .db(0xF3, 0xAB)
                .hlt());
        watch(Rig.DATA + 0x1802, 1, Access.WRITE);
        assertEquals(Rig.DATA + 0x1802, hit().address());
        assertEquals(Rig.DATA + 0x1804, rig.cpu.state().edi());
        assertEquals(0x1000 - 0x601, rig.cpu.state().ecx());
        assertEquals(0, rig.memory.read8(Rig.DATA + 0x1804));
        assertEquals(0, end().state().ecx());
        assertEquals(-1, rig.memory.read32(Rig.DATA + 0x3FFC));
    }

    @Test
    void aPageThatWasWrittenBeforeIsWatchedFromNowOn() {
        Asm code = code().store(Rig.DATA, EAX).nop();
        int middle = code.here();
        rig.code(code.store(Rig.DATA, EAX).hlt());
        breakAt(middle);
        hit();
        watch(Rig.DATA, 4, Access.WRITE);
        hit();
        end();
    }

    @Test
    void anInterruptsStackFrameIsWatched() {
        rig.handler(0x30, Rig.handlerCode(0x30).increment(EAX).iret());
        rig.code(code().sti().nop().nop().cli().hlt());
        rig.pin.vector = 0x30;
        watch(Rig.STACK0 - 12, 4, Access.WRITE);
        hit();
        assertEquals(Rig.HANDLERS + 16 * 0x30, rig.cpu.state().eip());
        assertEquals(1, end().state().eax());
    }

    @Test
    void anExceptionsStackFrameIsWatched() {
        rig.code(code().increment(EBX).db(0x0F, 0x0B));
        watch(Rig.STACK0 - 12, 4, Access.WRITE);
        hit();
        assertEquals(Rig.HANDLERS + 16 * 6, rig.cpu.state().eip());
        assertEquals("#6(0)", rig.run().fault());
    }
}
