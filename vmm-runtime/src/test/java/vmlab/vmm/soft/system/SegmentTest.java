// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vmlab.vmm.soft.system.Asm.DS;
import static vmlab.vmm.soft.system.Asm.EAX;
import static vmlab.vmm.soft.system.Asm.EBX;
import static vmlab.vmm.soft.system.Asm.ECX;
import static vmlab.vmm.soft.system.Asm.ES;
import static vmlab.vmm.soft.system.Asm.SS;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Segment registers: what may be loaded, and what an access through them may reach (SDM 3A, chapter 5). */
class SegmentTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Asm code() {
        return new Asm(rig.eip);
    }

    @ParameterizedTest(name = "ring {0}: {1} with access byte {2}, selector {3}: {4}")
    @CsvSource({
        // SDM 2, MOV, operation: DS, ES, FS, GS
        "0, DS, 93, 48, STOPPED",
        "0, DS, 91, 48, STOPPED",
        "0, DS, 9B, 48, STOPPED",
        "0, DS, 99, 48, #13(48)",
        "0, DS, 13, 48, #11(48)",
        "0, DS, 82, 48, #13(48)",
        "0, DS, 89, 48, #13(48)",
        "0, DS, 93, 4B, #13(48)",
        "0, DS, F3, 4B, STOPPED",
        "3, DS, F3, 4B, STOPPED",
        "3, DS, F3, 48, STOPPED",
        "3, DS, D3, 48, #13(48)",
        "3, DS, FB, 4B, STOPPED",
        "3, DS, DB, 4B, #13(48)",
        "3, DS, 9F, 4B, STOPPED",
        "3, DS, 9D, 4B, #13(48)",
        "3, DS, 1F, 4B, #11(48)",
        "0, DS, 93, 0, STOPPED",
        "3, DS, 93, 3, STOPPED",
        "0, DS, 93, 100, #13(100)",
        "0, ES, 93, 103, #13(100)",
        "0, DS, 93, C, STOPPED",
        "0, DS, 13, C, #11(c)",
        "0, DS, 93, 44, #13(44)",
        // SDM 2, MOV, operation: SS
        "0, SS, 93, 48, STOPPED",
        "0, SS, 91, 48, #13(48)",
        "0, SS, 9B, 48, #13(48)",
        "0, SS, 13, 48, #12(48)",
        "0, SS, 11, 48, #13(48)",
        "0, SS, 93, 4B, #13(48)",
        "0, SS, F3, 48, #13(48)",
        "0, SS, F3, 4B, #13(48)",
        "3, SS, F3, 4B, STOPPED",
        "3, SS, F3, 48, #13(48)",
        "0, SS, 93, 0, #13(0)",
        "3, SS, 93, 3, #13(0)",
        "0, SS, 93, 100, #13(100)"
    })
    void loadingASegmentRegisterChecksTheDescriptor(
            int ring, String register, String access, String selector, String end) {
        int number = Integer.parseInt(selector, 16);
        rig.ring(ring);
        if (number < 0x100 && number > 3 && number != 0x44) {
            rig.descriptor(number, 0, 0xFFFFF, Integer.parseInt(access, 16), Rig.BIG_PAGES);
        }
        int segment = register.equals("SS") ? SS : register.equals("DS") ? DS : ES;
        rig.code(code().mov(EAX, number).toSegment(segment, EAX).interrupt(0x80));
        rig.gate(0x80, 0xEE, Rig.CODE0, Rig.DATA);
        rig.put(Rig.DATA, code().hlt());
        Outcome outcome = rig.run();
        assertEquals(end, outcome.fault());
        if (outcome.vector() >= 0) {
            assertEquals(Rig.CODE + 5, outcome.eip(), "a fault names the instruction");
        }
    }

    @Test
    void aLoadSetsTheAccessedBitOnce() {
        rig.descriptor(0x48, 0, 0xFFFFF, 0x92, Rig.BIG_PAGES);
        rig.descriptor(0x50, 0, 0xFFFFF, 0x12, Rig.BIG_PAGES);
        rig.code(code().segment(DS, 0x48).segment(DS, 0x50));
        assertEquals("#11(50)", rig.run().fault());
        assertEquals(0x93, rig.access(0x48), "SDM 3A, 3.4.5.1");
        assertEquals(0x12, rig.access(0x50), "a refused load writes nothing");
    }

    @ParameterizedTest(name = "access byte {0}, limit {1}, flags {2}: {3} {4} bytes at {5} -> {6}")
    @CsvSource({
        // SDM 3A, 5.3: limits; 5.5: types
        "93, 0FFF, 4, read, 4, 0FFC, STOPPED",
        "93, 0FFF, 4, read, 4, 0FFD, #13(0)",
        "93, 0FFF, 4, write, 1, 0FFF, STOPPED",
        "93, 0FFF, 4, write, 1, 1000, #13(0)",
        "93, 0FFF, 4, read, 2, FFFFFFFF, #13(0)",
        "93, 00001, 12, read, 4, 1FFC, STOPPED",
        "93, 00001, 12, read, 4, 1FFD, #13(0)",
        "91, 0FFF, 4, read, 4, 0, STOPPED",
        "91, 0FFF, 4, write, 4, 0, #13(0)",
        "9B, 0FFF, 4, read, 4, 0, STOPPED",
        "9B, 0FFF, 4, write, 4, 0, #13(0)",
        // SDM 3A, 3.4.5.1: expand-down
        "97, 0FFF, 4, read, 4, 1000, STOPPED",
        "97, 0FFF, 4, read, 4, 0FFF, #13(0)",
        "97, 0FFF, 4, read, 4, 0, #13(0)",
        "97, 0FFF, 4, write, 4, FFFFFFFC, STOPPED",
        "97, 0FFF, 4, write, 4, FFFFFFFD, #13(0)",
        "97, 0FFF, 0, read, 4, FFFC, STOPPED",
        "97, 0FFF, 0, read, 4, FFFD, #13(0)",
        "97, 0FFF, 0, read, 1, 10000, #13(0)"
    })
    void anAccessIsCheckedAgainstLimitAndType(
            String access, String limit, int flagsNibble, String kind, int bytes, String offset, String end) {
        limitCase(DS, access, limit, flagsNibble, kind, bytes, offset, end);
    }

    @ParameterizedTest
    @CsvSource({"93, 0FFF, 4, read, 4, 0FFD, #12(0)", "97, 0FFF, 4, write, 4, 0FFF, #12(0)"})
    void beyondTheStackSegmentItIsAStackFault(
            String access, String limit, int flagsNibble, String kind, int bytes, String offset, String end) {
        rig.memory.write32(Rig.TSS + 4, Rig.STACK0);
        rig.gate(12, 0x85, Rig.FREE + 0x18, 0);
        rig.descriptor(Rig.FREE + 0x18, 0x6000, 0x67, 0x89, 0);
        rig.memory.write32(0x6000 + 0x20, Rig.HANDLERS + 16 * 12);
        rig.memory.write32(0x6000 + 0x38, Rig.STACK0);
        for (int k = 0; k < 6; k++) {
            rig.memory.write32(0x6000 + 0x48 + 4 * k, k == 1 ? Rig.CODE0 : Rig.DATA0);
        }
        limitCase(SS, access, limit, flagsNibble, kind, bytes, offset, end);
    }

    private void limitCase(
            int segment,
            String access,
            String limit,
            int flagsNibble,
            String kind,
            int bytes,
            String offset,
            String end) {
        int base = limit.length() == 5 ? 0x20000 : 0x200000;
        rig.descriptor(0x48, base, Integer.parseInt(limit, 16), Integer.parseInt(access, 16), flagsNibble);
        Asm code = code().mov(EBX, Integer.parseUnsignedInt(offset, 16)).segment(segment, 0x48);
        boolean write = kind.equals("write");
        if (segment == SS) {
            code.db(0x36);
        }
        if (bytes == 1) {
            code.db(write ? 0x88 : 0x8A, 0x0B);
        } else if (bytes == 2) {
            code.db(0x66, write ? 0x89 : 0x8B, 0x0B);
        } else {
            code.db(write ? 0x89 : 0x8B, 0x0B);
        }
        rig.code(code.hlt());
        assertEquals(end, rig.run().fault());
    }

    @Test
    void throughANullSegmentNothingIsReached() {
        rig.code(code().segment(DS, 0).mov(ECX, 1).load(EBX, Rig.DATA));
        Outcome outcome = rig.run();
        assertEquals("#13(0)", outcome.fault(), "SDM 3A, 3.4.2");
        assertEquals(Rig.CODE + 12, outcome.eip());
        assertEquals(1, outcome.state().ecx());
    }

    @ParameterizedTest(name = "ring {0}, access byte {1}, selector {2}: LAR {3} LSL {4} VERR {5} VERW {6}")
    @CsvSource({
        // SDM 2, LAR table 3-50, LSL table 3-54, VERR
        "0, 93, 48, 1, 1, 1, 1",
        "0, 91, 48, 1, 1, 1, 0",
        "0, 13, 48, 1, 1, 1, 1",
        "0, 99, 48, 1, 1, 0, 0",
        "0, 9B, 48, 1, 1, 1, 0",
        "3, 93, 48, 0, 0, 0, 0",
        "3, F3, 4B, 1, 1, 1, 1",
        "0, 93, 4B, 0, 0, 0, 0",
        "3, 9F, 4B, 1, 1, 1, 0",
        "0, 93, 0, 0, 0, 0, 0",
        "0, 93, 100, 0, 0, 0, 0",
        "0, 81, 48, 1, 1, 0, 0",
        "0, 82, 48, 1, 1, 0, 0",
        "0, 83, 48, 1, 1, 0, 0",
        "0, 84, 48, 1, 0, 0, 0",
        "0, 85, 48, 1, 0, 0, 0",
        "0, 86, 48, 0, 0, 0, 0",
        "0, 87, 48, 0, 0, 0, 0",
        "0, 89, 48, 1, 1, 0, 0",
        "0, 8A, 48, 0, 0, 0, 0",
        "0, 8B, 48, 1, 1, 0, 0",
        "0, 8C, 48, 1, 0, 0, 0",
        "0, 8E, 48, 0, 0, 0, 0"
    })
    void theAskingInstructionsAnswerInZf(
            int ring, String access, String selector, int lar, int lsl, int verr, int verw) {
        int number = Integer.parseInt(selector, 16);
        rig.ring(ring);
        if (number == 0x48 || number == 0x4B) {
            rig.descriptor(number, 0x123456, 0x54321, Integer.parseInt(access, 16), Rig.BIG_PAGES);
        }
        int[][] questions = {{0x0F, 0x02, 0xD8}, {0x0F, 0x03, 0xC8}, {0x0F, 0x00, 0xE0}, {0x0F, 0x00, 0xE8}};
        int[] expected = {lar, lsl, verr, verw};
        Asm code = code().mov(EAX, number)
                .mov(EBX, 0x77)
                .mov(ECX, 0x77)
                .mov(Asm.EDX, 0)
                .mov(Asm.EDI, 0);
        for (int k = 0; k < 4; k++) {
            // SETZ DL; SHL EDI, 1; OR EDI, EDX
            code.db(questions[k]).db(0x0F, 0x94, 0xC2, 0xD1, 0xE7, 0x09, 0xD7);
        }
        rig.gate(0x80, 0xEE, Rig.CODE0, Rig.HANDLERS + 16 * 0x80);
        rig.code(code.interrupt(0x80));
        Outcome outcome = rig.run();
        assertEquals(0x80, outcome.vector(), outcome.fault());
        assertEquals(lar << 3 | lsl << 2 | verr << 1 | verw, outcome.state().edi());
        int word = Integer.parseInt(access, 16) << 8 | 0xC00000;
        assertEquals(expected[0] == 1 ? word : 0x77, outcome.state().ebx());
        assertEquals(expected[1] == 1 ? 0x54321FFF : 0x77, outcome.state().ecx());
    }

    @ParameterizedTest(name = "ARPL {0}, {1}: {2}, ZF {3}")
    @CsvSource({"48, 3, 4B, 1", "4B, 0, 4B, 0", "49, 2, 4A, 1", "4A, 2, 4A, 0"})
    void arplRaisesTheRequestedPrivilege(String to, int rpl, String result, int zero) {
        // SDM 2, ARPL: ARPL AX, CX; SETZ DL
        rig.code(code().mov(EAX, Integer.parseInt(to, 16))
                .mov(ECX, rpl)
                .mov(Asm.EDX, 0)
                .db(0x63, 0xC8, 0x0F, 0x94, 0xC2)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(Integer.parseInt(result, 16), outcome.state().eax());
        assertEquals(zero, outcome.state().edx());
    }

    @ParameterizedTest(name = "LLDT {0} with access byte {1}: {2}; LTR: {3}")
    @CsvSource({
        // SDM 2, LLDT and LTR
        "48, 82, STOPPED, #13(48)",
        "48, 02, #11(48), #13(48)",
        "48, 89, #13(48), STOPPED",
        "48, 09, #13(48), #11(48)",
        "48, 8B, #13(48), #13(48)",
        "48, 81, #13(48), STOPPED",
        "48, 93, #13(48), #13(48)",
        "0, 82, STOPPED, #13(0)",
        "C, 82, #13(c), #13(c)",
        "100, 82, #13(100), #13(100)"
    })
    void systemSegmentsAreChecked(String selector, String access, String lldt, String ltr) {
        int number = Integer.parseInt(selector, 16);
        if (number == 0x48 || number == 0xC) {
            rig.descriptor(number, 0x6000, 0x67, Integer.parseInt(access, 16), 0);
        }
        rig.code(code().mov(EAX, number).db(0x0F, 0x00, 0xD0).hlt());
        assertEquals(lldt, rig.run().fault());
        try (Rig second = new Rig()) {
            if (number == 0x48 || number == 0xC) {
                second.descriptor(number, 0x6000, 0x67, Integer.parseInt(access, 16), 0);
            }
            second.code(code().mov(EAX, number).db(0x0F, 0x00, 0xD8).hlt());
            assertEquals(ltr, second.run().fault());
            if (ltr.equals("STOPPED")) {
                assertEquals(Integer.parseInt(access, 16) | 2, second.access(0x48), "LTR marks the task busy");
            }
        }
    }

    @Test
    void tableRegistersWithA16BitOperandHave24BitsOfBase() {
        // SDM 2, LGDT; SGDT. 66 LIDT [DATA]; SIDT [DATA+8]
        rig.memory.write16(Rig.DATA, 0x7FF);
        rig.memory.write32(Rig.DATA + 2, 0xAB000000 | Rig.IDT);
        rig.code(code().db(0x66, 0x0F, 0x01, 0x1D)
                .dd(Rig.DATA)
                .db(0x0F, 0x01, 0x0D)
                .dd(Rig.DATA + 8)
                .db(0x0F, 0x01, 0x05)
                .dd(Rig.DATA + 16)
                .hlt());
        Outcome outcome = rig.run();
        assertEquals(Rig.IDT, outcome.state().idtr().base());
        assertEquals(0x7FF, rig.memory.read16(Rig.DATA + 8));
        assertEquals(Rig.IDT, rig.memory.read32(Rig.DATA + 10));
        assertEquals(0xFF, rig.memory.read16(Rig.DATA + 16));
        assertEquals(Rig.GDT, rig.memory.read32(Rig.DATA + 18));
    }
}
