// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.ESI;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.soft.system.Rig.Outcome;

/** A loop in one page that calls a function in another, which becomes another page or another code while both are hot. */
class RegionAcrossPagesTest {
    private static final int FUNCTION = 0x31000;
    private static final int OTHER = 0x41000;
    private static final int INC_EBX = 0x43;
    private static final int INC_EDX = 0x42;
    private static final int ROUNDS = 8;
    private static final int ACCESSED = 1 << 5;

    /** Calls the function so often, twice; between the two something is done. */
    private static Asm program(Asm between) {
        Asm code = new Asm(Rig.CODE).mov(ECX, 2);
        int outer = code.here();
        code.mov(ESI, ROUNDS);
        int inner = code.here();
        code.call(FUNCTION).db(0x4E);
        code.db(0x75, inner - code.here() - 2);
        code.db(0x49, 0x74, between.bytes().length + 5);
        for (byte octet : between.bytes()) {
            code.db(octet);
        }
        return code.jump(outer).hlt();
    }

    private static Outcome run(Rig rig, Asm between) {
        rig.put(FUNCTION, new Asm(0).db(INC_EBX).ret());
        rig.put(OTHER, new Asm(0).db(INC_EDX).ret());
        rig.r[3] = 0;
        rig.r[2] = 0;
        return rig.code(program(between)).run();
    }

    @ParameterizedTest
    @EnumSource(SoftCpu.class)
    void theOtherPageIsMappedElsewhere(SoftCpu kind) {
        try (Rig rig = new Rig(kind)) {
            rig.paging();
            Outcome outcome = run(
                    rig, new Asm(0).storeImmediate(Rig.pte(FUNCTION), OTHER | 7).invalidate(FUNCTION));
            assertEquals(ROUNDS, outcome.state().ebx(), outcome.fault());
            assertEquals(ROUNDS, outcome.state().edx());
            assertEquals(
                    OTHER | 7 | ACCESSED,
                    rig.memory.read32(Rig.pte(FUNCTION)),
                    "the page is walked to again, which sets its accessed bit");
        }
    }

    /** Without an INVLPG the translation that was used may be used on (SDM 3A, 4.10.2.3), as the interpreter does. */
    @ParameterizedTest
    @EnumSource(SoftCpu.class)
    void theOtherPagesEntryChangesAndNobodyIsTold(SoftCpu kind) {
        try (Rig rig = new Rig(kind)) {
            rig.paging();
            Outcome outcome = run(rig, new Asm(0).storeImmediate(Rig.pte(FUNCTION), OTHER | 7));
            assertEquals(2 * ROUNDS, outcome.state().ebx(), outcome.fault());
            assertEquals(0, outcome.state().edx());
        }
    }

    @ParameterizedTest
    @EnumSource(SoftCpu.class)
    void theOtherPagesCodeIsWritten(SoftCpu kind) {
        try (Rig rig = new Rig(kind)) {
            Outcome outcome = run(rig, new Asm(0).storeByte(FUNCTION, INC_EDX));
            assertEquals(ROUNDS, outcome.state().ebx(), outcome.fault());
            assertEquals(ROUNDS, outcome.state().edx());
        }
    }

    @ParameterizedTest
    @EnumSource(SoftCpu.class)
    void theOtherPageGoesAway(SoftCpu kind) {
        try (Rig rig = new Rig(kind)) {
            rig.paging();
            Outcome outcome =
                    run(rig, new Asm(0).storeImmediate(Rig.pte(FUNCTION), 0).invalidate(FUNCTION));
            assertEquals(14, outcome.vector());
            assertEquals(ROUNDS, outcome.state().ebx());
            assertEquals(ROUNDS, outcome.state().esi());
            assertEquals(FUNCTION, outcome.state().cr2());
        }
    }

    /** The region's own page is dropped while it is executed: it goes on in it, and is entered again. */
    @ParameterizedTest
    @EnumSource(SoftCpu.class)
    void itsOwnPageIsDropped(SoftCpu kind) {
        try (Rig rig = new Rig(kind)) {
            rig.paging();
            Outcome outcome = run(rig, new Asm(0).invalidate(Rig.CODE));
            assertEquals(2 * ROUNDS, outcome.state().ebx(), outcome.fault());
        }
    }
}
