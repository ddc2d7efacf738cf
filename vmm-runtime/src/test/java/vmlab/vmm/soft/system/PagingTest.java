// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Page tables, their faults and the TLB (SDM 3A, chapter 4). */
class PagingTest {
    private static final int PAGE = 0x50000;
    private static final int A = 1 << 5;
    private static final int D = 1 << 6;
    private static final int LARGE = 1 << 7;
    private static final int G = 1 << 8;
    private static final int PSE = 1 << 4;
    private static final int PGE = 1 << 7;

    private final Rig rig = new Rig();

    @BeforeEach
    void paging() {
        rig.paging();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    private int entry(int linear) {
        return rig.memory.read32(Rig.pte(linear));
    }

    private int directory(int linear) {
        return rig.memory.read32(Rig.DIRECTORY + (linear >>> 22 << 2));
    }

    /** The access rights of all combinations of ring, access, WP and the bits of both levels (SDM 3A, 4.6.1). */
    @ParameterizedTest(name = "ring {0}, WP {1}, {2}")
    @CsvSource({"0, 0, read", "0, 0, write", "0, 1, read", "0, 1, write", "3, 1, read", "3, 1, write", "3, 0, write"})
    void bothLevelsDecide(int ring, int wp, String kind) {
        boolean write = kind.equals("write");
        int far = 0x800000;
        for (int bits = 0; bits < 64; bits++) {
            int pde = bits & 7;
            int pte = bits >>> 3;
            try (Rig each = new Rig()) {
                each.paging().ring(ring);
                each.cr0 = each.cr0 & ~Rig.WP | (wp == 1 ? Rig.WP : 0);
                each.memory.write32(Rig.DIRECTORY + 8, Rig.DIRECTORY + 0x3000 | pde);
                each.map(far, far, pte);
                each.memory.write32(far, 7);
                each.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
                Asm code = new Asm(each.eip);
                each.code((write ? code.store(far, EAX) : code.load(EAX, far)).interrupt(0x80));
                int both = pde & pte;
                boolean present = (both & 1) != 0;
                boolean user = ring == 3;
                boolean refused = user && (both & 4) == 0 || write && (both & 2) == 0 && (user || wp == 1);
                int code3 = (present ? 1 : 0) | (write ? 2 : 0) | (user ? 4 : 0);
                String end = present && !refused ? "#128(0)" : "#14(%x)".formatted(code3);
                Outcome outcome = each.run();
                String which = "directory %x, table %x".formatted(pde, pte);
                assertEquals(end, outcome.fault(), which);
                int after = each.memory.read32(Rig.pte(far));
                if (outcome.vector() == 14) {
                    assertEquals(far, outcome.state().cr2(), which);
                    assertEquals(Rig.CODE, outcome.eip(), which);
                    assertEquals(far | pte, after, "a fault sets neither A nor D: " + which);
                } else {
                    assertEquals(far | pte | A | (write ? D : 0), after, which);
                }
            }
        }
    }

    @Test
    void aReadThenAWriteSetsDirtyAtTheWrite() {
        rig.code(code().load(EAX, PAGE)
                .load(EBX, Rig.pte(PAGE))
                .store(PAGE, EAX)
                .load(ECX, Rig.pte(PAGE))
                .load(Asm.EDX, Rig.DIRECTORY)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(A, outcome.state().ebx() & (A | D));
        assertEquals(A | D, outcome.state().ecx() & (A | D));
        assertEquals(A, outcome.state().edx() & (A | D), "SDM 3A, 4.8: no D in an entry that refers to a table");
    }

    @Test
    void anEntryFilledByAReadStillRefusesTheWrite() {
        rig.map(PAGE, PAGE, 5);
        rig.code(code().load(EAX, PAGE).store(PAGE, EAX));
        assertEquals("#14(3)", rig.run().fault());
    }

    @Test
    void whatTheSupervisorCachedIsNotTheUsers() {
        rig.map(PAGE, PAGE, 3);
        rig.put(0x30000, new Asm(0x30000).load(EAX, PAGE));
        rig.code(code().load(EAX, PAGE)
                .store(PAGE, EAX)
                .segment(Asm.DS, Rig.DATA3)
                .push(Rig.DATA3)
                .push(Rig.STACK3)
                .push(2)
                .push(Rig.CODE3)
                .push(0x30000)
                .iret());
        assertEquals("#14(5)", rig.run().fault());
    }

    @ParameterizedTest(name = "{0} {1} bytes at page end - {2}, missing page {3}")
    @CsvSource({
        "read, 4, 1, 1", "read, 4, 2, 1", "read, 4, 3, 1", "read, 2, 1, 1", "write, 4, 1, 1", "write, 4, 3, 1",
        "write, 2, 1, 1", "read, 4, 2, 0", "write, 4, 2, 0", "modify, 4, 2, 1", "modify, 4, 2, 0", "push, 4, 2, 1"
    })
    void anAccessAcrossPagesIsAllOrNothing(String kind, int bytes, int before, int missing) {
        // SDM 3A, 6.15, #PF: CR2 is the first byte that can't be reached.
        int at = PAGE + 0x1000 - before;
        rig.map(PAGE + 0x1000 * missing, 0, 0);
        rig.r[EAX] = -1;
        Asm code = code();
        if (bytes == 2) {
            code.db(0x66);
        }
        boolean push = kind.equals("push");
        switch (kind) {
            case "read" -> code.load(ECX, at);
            case "write" -> code.store(at, EAX);
            case "modify" -> code.db(0x01, 5).dd(at);
            default -> {
                rig.r[Asm.ESP] = at + 4;
                code.push(-1);
            }
        }
        if (push) {
            // Only the upper page's neighbour below holds the stack of the handler: a task gate brings its own.
            rig.gate(14, 0x85, 0x98, 0);
            new TaskState(rig, 0x98, 0x6000).code(Rig.HANDLERS + 16 * 14).stack(Rig.STACK0);
        }
        rig.code(code);
        Outcome outcome = rig.run();
        assertEquals(14, outcome.vector(), outcome.fault());
        assertEquals(missing == 1 ? PAGE + 0x1000 : at, outcome.state().cr2());
        int error = push ? rig.memory.read32(Rig.STACK0 - 4) : outcome.error();
        assertEquals(kind.equals("read") ? 0 : 2, error);
        assertEquals(0, rig.memory.read16(PAGE + 0xFFE), "nothing was written");
        assertEquals(0, rig.memory.read16(PAGE + 0x1000));
        if (push) {
            assertEquals(at + 4, rig.memory.read32(Rig.TSS + TaskState.ESP));
        }
    }

    @Test
    void largePagesTranslateAndAreMarked() {
        rig.cr4 = PSE;
        rig.memory.write32(Rig.DIRECTORY + 4 * 0x200, 0x400000 | LARGE | 7);
        rig.memory.write32(0x456788, 0x1234);
        rig.code(code().load(EAX, 0x80056788)
                .load(EBX, Rig.DIRECTORY + 0x800)
                .store(0x80056788, ECX)
                .load(Asm.EDX, Rig.DIRECTORY + 0x800)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(0x1234, outcome.state().eax(), outcome.fault());
        assertEquals(A, outcome.state().ebx() & (A | D));
        assertEquals(A | D, outcome.state().edx() & (A | D));
    }

    @Test
    void withoutPseTheBitMeansNothing() {
        rig.memory.write32(Rig.DIRECTORY + 4, directory(0x400000) | LARGE);
        rig.memory.write32(0x400000, 5);
        rig.code(code().load(EAX, 0x400000).hlt());
        assertEquals(5, rig.run().state().eax());
    }

    @Test
    void aReservedBitOfALargePageFaults() {
        rig.cr4 = PSE;
        rig.memory.write32(Rig.DIRECTORY + 4, 0x400000 | 1 << 13 | LARGE | 7);
        rig.code(code().load(EAX, 0x400000));
        assertEquals("#14(9)", rig.run().fault(), "SDM 3A, 4.7: P and RSVD");
    }

    @Test
    void invlpgDropsTheWholeLargePage() {
        // Two fragments are cached, the entry changes, one address is named: both go (SDM 3A, 4.10.4.1).
        rig.cr4 = PSE;
        rig.memory.write32(Rig.DIRECTORY + 8, 0x400000 | LARGE | 7);
        rig.memory.write32(0x400000, 1);
        rig.memory.write32(0x412000, 2);
        rig.memory.write32(0xC00000, 11);
        rig.memory.write32(0xC12000, 12);
        rig.code(code().load(EAX, 0x800000)
                .load(EAX, 0x812000)
                .storeImmediate(Rig.DIRECTORY + 8, 0xC00000 | LARGE | 7)
                .invalidate(0x800000)
                .load(EBX, 0x800000)
                .load(ECX, 0x812000)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(2, outcome.state().eax(), outcome.fault());
        assertEquals(11, outcome.state().ebx());
        assertEquals(12, outcome.state().ecx());
    }

    @ParameterizedTest(name = "global {0}, PGE {1}: {2}")
    @CsvSource({
        // SDM 3A, 4.10.2.4 and 4.10.4.1
        "0, 1, CR3, new",
        "1, 1, CR3, old",
        "1, 0, CR3, new",
        "1, 1, INVLPG, new",
        "0, 1, INVLPG, new",
        "1, 1, PGE, new",
        "1, 1, PG, new",
        "0, 0, PSE, new"
    })
    void invalidationReachesWhatItShould(int global, int pge, String how, String seen) {
        rig.cr4 = pge == 1 ? PGE : 0;
        rig.map(PAGE, 0x60000, 7 | (global == 1 ? G : 0));
        rig.memory.write32(0x60000, 1);
        rig.memory.write32(0x61000, 2);
        Asm code = code().load(EBX, PAGE).storeImmediate(Rig.pte(PAGE), 0x61007 | (global == 1 ? G : 0));
        switch (how) {
            case "CR3" -> code.fromControl(EAX, 3).toControl(3, EAX);
            case "INVLPG" -> code.invalidate(PAGE + 0x123);
            case "PGE" -> code.mov(EAX, 0).toControl(4, EAX).mov(EAX, PGE).toControl(4, EAX);
            case "PSE" -> code.mov(EAX, PSE).toControl(4, EAX);
            default ->
                code.fromControl(EAX, 0).mov(ECX, Rig.PE).toControl(0, ECX).toControl(0, EAX);
        }
        rig.code(code.load(ECX, PAGE).hlt());
        Outcome outcome = rig.run();
        assertEquals(1, outcome.state().ebx(), outcome.fault());
        assertEquals(seen.equals("new") ? 2 : 1, outcome.state().ecx());
    }

    @Test
    void wpTakesEffectAtOnce() {
        rig.map(PAGE, PAGE, 5);
        rig.cr0 &= ~Rig.WP;
        rig.code(code().store(PAGE, EAX)
                .fromControl(EAX, 0)
                .mov(ECX, Rig.WP)
                .db(0x09, 0xC8)
                .toControl(0, EAX)
                .store(PAGE + 4, EAX));
        Outcome outcome = rig.run();
        assertEquals("#14(3)", outcome.fault());
        assertEquals(PAGE + 4, outcome.state().cr2());
    }

    @Test
    void anInstructionThatRunsIntoAMissingPageFaultsThere() {
        // MOV EBX, imm32 with its last two bytes on the missing page.
        int at = PAGE + 0x1000 - 4;
        rig.put(at, new Asm(at).increment(EAX).mov(EBX, 0x55555555).hlt());
        rig.map(PAGE + 0x1000, 0, 0);
        rig.code(code().mov(EAX, 0).jump(at));
        Outcome outcome = rig.run();
        assertEquals("#14(0)", outcome.fault());
        assertEquals(PAGE + 0x1000, outcome.state().cr2());
        assertEquals(at + 1, outcome.eip());
        assertEquals(1, outcome.state().eax());
        assertEquals(0, outcome.state().ebx());
    }

    @Test
    void usersCannotFetchFromSupervisorPages() {
        rig.ring(3);
        rig.map(PAGE, PAGE, 3);
        rig.put(PAGE, new Asm(PAGE).nop());
        rig.code(code().jump(PAGE));
        Outcome outcome = rig.run();
        assertEquals("#14(5)", outcome.fault());
        assertEquals(PAGE, outcome.eip());
    }

    @Test
    void oneCodePageMappedTwiceGoesOnWhereItIs() {
        // A jump out of a page leads to what lies behind each of its mappings, not behind the one met first.
        int first = 0x400000;
        int second = 0x500000;
        rig.map(second, first, 7);
        rig.put(first, new Asm(first).jump(first + 0x1000));
        rig.put(first + 0x1000, new Asm(0).mov(EAX, 1).ret());
        rig.put(second + 0x1000, new Asm(0).mov(EAX, 2).ret());
        Asm code = code();
        for (int k = 0; k < 3; k++) {
            code.call(first).db(0x01, 0xC3);
        }
        for (int k = 0; k < 3; k++) {
            code.call(second).db(0x01, 0xC1);
        }
        rig.code(code.hlt());
        Outcome outcome = rig.run();
        assertEquals(3, outcome.state().ebx(), outcome.fault());
        assertEquals(6, outcome.state().ecx());
    }

    @Test
    void theCpusOwnAccessesAreTheSupervisors() {
        // A user's fault is delivered although tables and stack are supervisor pages (SDM 3A, 4.6).
        rig.ring(3);
        for (int page = 0; page < 0x9000; page += 0x1000) {
            rig.map(page, page, 3);
        }
        rig.code(code().load(EAX, Rig.GDT));
        Outcome outcome = rig.run();
        assertEquals("#14(5)", outcome.fault());
        assertEquals(Rig.CODE3, outcome.cs());
    }
}
