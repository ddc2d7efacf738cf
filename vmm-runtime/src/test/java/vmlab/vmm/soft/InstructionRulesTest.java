// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.soft.CpuFixture.Mode;

/** Rules of single instructions that results alone don't show, each with its place in the manual (SDM 2 if not said). */
class InstructionRulesTest {
    private static final int STACK = CpuFixture.DATA + 0x800;
    private static final int PAGE = CpuFixture.DATA + 0x1000;
    private static final int MARK = 0x11223344;

    private final CpuFixture cpu = new CpuFixture().set(Cpu.ESP, STACK);

    @AfterEach
    void close() {
        cpu.close();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void incAndDecKeepCarry(Mode mode) {
        // INC: "The CF flag is not affected." STC; INC EAX; SETC BL; CLC; DEC EAX; SETC BH
        cpu.in(mode)
                .set(Cpu.EAX, -1)
                .set(Cpu.EBX, 0)
                .code("F9 40 0F92C3 F8 48 0F92C7")
                .run();
        assertEquals(1, cpu.r[Cpu.EBX]);
    }

    @ParameterizedTest
    @CsvSource({"C1E000", "C1E020", "C1E800", "C1F820", "C0C000", "C1D040", "0FA4D000", "0FACD020"})
    void aShiftByZeroChangesNoFlag(String code) {
        cpu.set(Cpu.EAX, 0x80000001).flags(CpuFixture.FLAGS).code(code).run();
        assertEquals(0x80000001, cpu.r[Cpu.EAX]);
        assertEquals(CpuFixture.FLAGS, cpu.eflags & CpuFixture.FLAGS);
    }

    @ParameterizedTest
    @CsvSource({"0FBCC1", "0FBDC1", "F30FBCC1", "F30FBDC1"})
    void scanningZeroLeavesTheDestinationAndSetsZero(String code) {
        // F3 0F BC is TZCNT only where CPUID says so; here it is BSF.
        cpu.set(Cpu.EAX, MARK).set(Cpu.ECX, 0).code(code).run();
        assertEquals(MARK, cpu.r[Cpu.EAX]);
        assertEquals(Eflags.ZF, cpu.eflags & Eflags.ZF);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void pushEspStoresTheOldValueAndPopEspTakesTheNew(Mode mode) {
        // PUSH ESP; POP EAX; PUSH 0x11223344; POP ESP
        cpu.in(mode).code("54 58 6844332211 5C").run();
        assertEquals(STACK, cpu.r[Cpu.EAX]);
        assertEquals(MARK, cpu.r[Cpu.ESP]);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void popToMemoryByEspAddressesWithTheIncrementedPointer(Mode mode) {
        // POP: "computes the effective address of the operand after it increments the ESP register". POP DWORD [ESP+8]
        cpu.memory.write32(STACK, MARK);
        cpu.in(mode).code("8F442408").run();
        assertEquals(MARK, cpu.memory.read32(STACK + 12));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void pushMemoryByEspAddressesWithTheOldPointer(Mode mode) {
        cpu.memory.write32(STACK + 4, MARK);
        cpu.in(mode).code("FF742404").run();
        assertEquals(MARK, cpu.memory.read32(STACK - 4));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void exchangeAddOfARegisterWithItselfDoublesIt(Mode mode) {
        cpu.in(mode).set(Cpu.EAX, 21).code("0FC1C0").run();
        assertEquals(42, cpu.r[Cpu.EAX]);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void exchangeAddThroughItsOwnRegisterStoresWhereItRead(Mode mode) {
        cpu.memory.write32(PAGE, 5);
        cpu.in(mode).set(Cpu.EAX, PAGE).code("0FC100").run();
        assertEquals(PAGE + 5, cpu.memory.read32(PAGE));
        assertEquals(5, cpu.r[Cpu.EAX]);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aFailedCompareExchangeLoadsTheAccumulator(Mode mode) {
        cpu.memory.write32(PAGE, MARK);
        cpu.in(mode)
                .set(Cpu.EAX, 1)
                .set(Cpu.EBX, PAGE)
                .set(Cpu.ECX, 2)
                .code("0FB10B")
                .run();
        assertEquals(MARK, cpu.r[Cpu.EAX]);
        assertEquals(MARK, cpu.memory.read32(PAGE));
        assertEquals(0, cpu.eflags & Eflags.ZF);
    }

    @ParameterizedTest
    @CsvSource({"0FB10B", "F00FB10B", "0FC70B", "F00FC70B"})
    void aFailedCompareExchangeStillNeedsAWritablePage(String code) {
        // CMPXCHG: "the destination operand receives a write cycle without regard to the result of the comparison".
        cpu.memory.write32(PAGE, MARK);
        cpu.readOnly(PAGE).set(Cpu.EBX, PAGE).code(code).run();
        assertEquals(CpuFault.PF, cpu.vector);
        assertEquals(3, cpu.errorCode, "present, write");
    }

    @ParameterizedTest
    @CsvSource({"-1, -4, 31", "-32, -4, 0", "-33, -8, 31", "32, 4, 0", "1000, 124, 8"})
    void bitNumbersInRegistersReachBeyondTheOperand(int number, int away, int bit) {
        // Table 3-1, "Range of Bit Positions Specified by Bit Offset Operands". BTS [EBX], ECX
        cpu.set(Cpu.EBX, PAGE).set(Cpu.ECX, number).code("0FAB0B").run();
        assertEquals(1 << bit, cpu.memory.read32(PAGE + away));
        assertEquals(0, cpu.eflags & Eflags.CF);
    }

    @ParameterizedTest
    @CsvSource({"F3A4", "F3AA", "F2AE", "F3A6", "F3AC"})
    void repetitionOfZeroDoesNothing(String code) {
        cpu.set(Cpu.ECX, 0).set(Cpu.ESI, -1).set(Cpu.EDI, -1).flags(CpuFixture.FLAGS & ~Eflags.DF);
        cpu.code(code).run();
        assertEquals(-1, cpu.vector);
        assertEquals(-1, cpu.r[Cpu.ESI]);
        assertEquals(CpuFixture.FLAGS & ~Eflags.DF, cpu.eflags & CpuFixture.FLAGS);
    }

    @Test
    void scanStopsBehindTheMatchWithItsFlags() {
        cpu.memory.write8(PAGE + 2, 0x7F);
        cpu.set(Cpu.EAX, 0x7F).set(Cpu.EDI, PAGE).set(Cpu.ECX, 9).code("F2AE").run();
        assertEquals(PAGE + 3, cpu.r[Cpu.EDI]);
        assertEquals(6, cpu.r[Cpu.ECX]);
        assertEquals(Eflags.ZF | Eflags.PF, cpu.eflags & CpuFixture.FLAGS);
    }

    @Test
    void repetitionKeepsWhatWasDoneBeforeAFault() {
        // REP: "the ECX register and the string operation ... registers ... indicate the next iteration".
        cpu.absent(PAGE)
                .set(Cpu.EAX, 0x55)
                .set(Cpu.EDI, PAGE - 3)
                .set(Cpu.ECX, 10)
                .code("F3AA")
                .run();
        assertEquals(CpuFault.PF, cpu.vector);
        assertEquals(CpuFixture.CODE, cpu.eip);
        assertEquals(7, cpu.r[Cpu.ECX]);
        assertEquals(PAGE, cpu.r[Cpu.EDI]);
        assertEquals(0x55, cpu.memory.read8(PAGE - 1));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void enterCopiesTheFramePointersOfItsLevels(Mode mode) {
        int frame = STACK + 0x40;
        cpu.memory.write32(frame - 4, 0xAAA1);
        cpu.memory.write32(frame - 8, 0xAAA2);
        cpu.in(mode).set(Cpu.EBP, frame).code("C8200003").run();
        assertEquals(frame, cpu.memory.read32(STACK - 4));
        assertEquals(0xAAA1, cpu.memory.read32(STACK - 8));
        assertEquals(0xAAA2, cpu.memory.read32(STACK - 12));
        assertEquals(STACK - 4, cpu.memory.read32(STACK - 16));
        assertEquals(STACK - 4, cpu.r[Cpu.EBP]);
        assertEquals(STACK - 16 - 0x20, cpu.r[Cpu.ESP]);
    }

    @Test
    void enterFaultsIfTheNewStackTopIsNotWritable() {
        // ENTER: #PF also if a write at the final stack pointer would fault. The handler's frame is in the page above.
        cpu.absent(CpuFixture.DATA - 0x1000).set(Cpu.EBP, MARK).set(Cpu.ESP, CpuFixture.DATA + 0x400);
        cpu.code("C8000800").run();
        assertEquals(CpuFault.PF, cpu.vector);
        assertEquals(MARK, cpu.r[Cpu.EBP]);
        assertEquals(CpuFixture.DATA + 0x400, cpu.r[Cpu.ESP]);
    }

    @ParameterizedTest
    @CsvSource({"6669C00200, 7FFF, true", "6669C00200, 3FFF, false", "6BC0FF, 80000000, true", "6BC0FF, 1, false"})
    void truncatedProductsSetCarryAndOverflow(String code, String operand, boolean set) {
        cpu.set(Cpu.EAX, Integer.parseUnsignedInt(operand, 16)).code(code).run();
        assertEquals(set ? Eflags.CF | Eflags.OF : 0, cpu.eflags & (Eflags.CF | Eflags.OF));
    }

    @ParameterizedTest
    @CsvSource({
        "F7F1, 0, 1, 0",
        "F7F1, 1, 0, 1",
        "F7F9, 80000000, FFFFFFFF, FFFFFFFF",
        "F6F1, 0, FFFF, 1",
        "D400, 0, 0, 0"
    })
    void divideErrorsAreFaultsThatChangeNothing(String code, String edx, String eax, String ecx) {
        int high = Integer.parseUnsignedInt(edx, 16);
        int low = Integer.parseUnsignedInt(eax, 16);
        cpu.set(Cpu.EDX, high).set(Cpu.EAX, low).set(Cpu.ECX, Integer.parseUnsignedInt(ecx, 16));
        cpu.code(code).run();
        assertEquals(CpuFault.DE, cpu.vector);
        assertEquals(CpuFixture.CODE, cpu.eip);
        assertEquals(low, cpu.r[Cpu.EAX]);
        assertEquals(high, cpu.r[Cpu.EDX]);
    }

    /** SDM 3A, 6.5: a fault leaves the machine as it was before the instruction. EBX is a read-only page, EBP it too. */
    @ParameterizedTest
    @CsvSource({
        "0103",
        "1103",
        "0003",
        "660103",
        "8303FF",
        "FE03",
        "FF03",
        "FF0B",
        "F713",
        "F71B",
        "D123",
        "D32B",
        "C10303",
        "8703",
        "8603",
        "0FC103",
        "0FC003",
        "0FB10B",
        "0FC70B",
        "0FAB0B",
        "0FB30B",
        "0FBB0B",
        "0FBA2B05",
        "0FA40B05",
        "0FAD0B",
        "0F9403",
        "8903",
        "8803",
        "668903",
        "C70344332211",
        "8F03",
        "668F03",
        "A4",
        "AB",
        "F3A5",
        "F3AA",
        "895B02",
        "895BFE",
        "015BFE",
        "115BFE",
        "0FC15BFE"
    })
    void aFaultingStoreChangesNothing(String code) {
        for (Mode mode : Mode.values()) {
            cpu.memory.write32(PAGE - 4, MARK);
            cpu.memory.write64(PAGE, 0x0102030405060708L);
            cpu.readOnly(PAGE).in(mode).flags(CpuFixture.FLAGS & ~Eflags.DF | Eflags.RESERVED_ONE);
            int[] before = {0x05060708, 5, 0x01020304, PAGE, STACK, PAGE, CpuFixture.DATA, PAGE};
            System.arraycopy(before, 0, cpu.r, 0, 8);
            cpu.code(code).run();
            assertEquals(CpuFault.PF, cpu.vector, code);
            assertEquals(3, cpu.errorCode, code + ": present, write");
            assertEquals(CpuFixture.CODE, cpu.eip, code);
            assertArrayEquals(before, cpu.r, code);
            assertEquals(CpuFixture.FLAGS & ~Eflags.DF, cpu.eflags & CpuFixture.FLAGS, code);
            assertEquals(0x0102030405060708L, cpu.memory.read64(PAGE), code);
            assertEquals(MARK, cpu.memory.read32(PAGE - 4), code + " writes nothing to the first page");
        }
    }

    @Test
    void faultsThroughALimitedSegmentChangeNothing() {
        // ADD ES:[EBX], EAX beyond a limit of FFF
        cpu.extraSegment(new Segment(CpuFixture.DATA_SELECTOR, 0, 0xFFF, 0x409300));
        cpu.set(Cpu.EBX, 0xFFD).set(Cpu.EAX, 1).flags(Eflags.CF).code("260103").run();
        assertEquals(CpuFault.GP, cpu.vector);
        assertEquals(Eflags.CF, cpu.eflags & CpuFixture.FLAGS);
        assertEquals(1, cpu.r[Cpu.EAX]);
    }

    @ParameterizedTest
    @CsvSource({"660F850000", "667500", "66E300", "66E200"})
    void aJumpThatIsNotTakenKeepsEip(String code) {
        // ZF is set, ECX is 1; the code is above 64 KB.
        cpu.set(Cpu.ECX, 1).flags(Eflags.ZF).code(code).run();
        assertEquals(-1, cpu.vector);
        assertEquals(CpuFixture.CODE + code.length() / 2, cpu.eip);
    }

    @ParameterizedTest
    @CsvSource({"0FB7C1, 0000F234", "0FBFC1, FFFFF234", "0FB6C1, 00000034", "0FBEC5, FFFFFFF2", "660FBEC5, 5555FFF2"})
    void extensions(String code, String expected) {
        cpu.set(Cpu.EAX, 0x55555555).set(Cpu.ECX, 0x9999F234).code(code).run();
        assertEquals(Integer.parseUnsignedInt(expected, 16), cpu.r[Cpu.EAX]);
    }

    @Test
    void movingASegmentRegisterToARegisterExtendsItWithZeros() {
        // MOV EAX, DS; MOV CX, DS
        cpu.set(Cpu.EAX, -1).set(Cpu.ECX, -1).code("8CD8 668CD9").run();
        assertEquals(CpuFixture.DATA_SELECTOR, cpu.r[Cpu.EAX]);
        assertEquals(0xFFFF0000 | CpuFixture.DATA_SELECTOR, cpu.r[Cpu.ECX]);
    }
}
