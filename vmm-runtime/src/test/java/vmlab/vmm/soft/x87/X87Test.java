// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("SDM 1, chapter 8: stack, conditions, exceptions")
class X87Test {
    private static final int DS = 3;
    private static final long ONE = 0x8000_0000_0000_0000L;

    private final X87 x87 = new X87();
    private final FlatContext cpu = new FlatContext();

    /** A register form, its first byte D8 to DF. */
    private void execute(int opcode, int modrm) {
        assertTrue(x87.executeRegister(opcode & 7, modrm, cpu), "defined");
    }

    /** A memory form with the operand at 0. */
    private void memory(int opcode, int operation) {
        assertTrue(x87.executeMemory(opcode & 7, operation << 3, DS, 0, false, cpu), "defined");
    }

    private void load(int signExponent, long significand) {
        cpu.memory.putLong(0, significand).putShort(8, (short) signExponent);
        memory(0xDB, 5);
    }

    private void control(int word) {
        cpu.memory.putShort(0, (short) word);
        memory(0xD9, 5);
    }

    private int status() {
        memory(0xDD, 7);
        return cpu.memory.getShort(0) & 0xFFFF;
    }

    private int top() {
        return status() >> 11 & 7;
    }

    private String st(int index) {
        X87State state = x87.state();
        int register = (state.status() >> 11) + index & 7;
        boolean empty = (state.abridgedTags() >> register & 1) == 0;
        return empty
                ? "empty"
                : String.format("%04X %016X", state.signExponents()[register], state.significands()[register]);
    }

    private static String number(int signExponent, long significand) {
        return String.format("%04X %016X", signExponent, significand);
    }

    private static final String INDEFINITE = "FFFF C000000000000000";

    @Test
    @DisplayName("SDM 1, section 8.1.4 and table 10-1: after FINIT control 37F, status 0, tags FFFF")
    void initializationEmptiesTheStack() {
        execute(0xD9, 0xE8);
        control(0x0);
        execute(0xDB, 0xE3);
        assertEquals(0x37F, x87.state().control());
        assertEquals(0, status());
        assertEquals(0, x87.state().abridgedTags());
    }

    @Test
    void reservedBitsOfTheControlWordStayAsTheyAre() {
        control(0);
        memory(0xD9, 7);
        assertEquals(0x40, cpu.memory.getShort(0));
        control(0xFFFF);
        memory(0xD9, 7);
        assertEquals(0x1F7F, cpu.memory.getShort(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.5.1.1: overflow of the stack sets IE, SF and C1, and pushes the indefinite")
    void aNinthPushOverflows() {
        for (int i = 0; i < 8; i++) {
            execute(0xD9, 0xE8);
        }
        assertEquals(0, status());
        execute(0xD9, 0xEE);
        assertEquals(StatusWord.IE | StatusWord.SF | StatusWord.C1 | 7 << 11, status());
        assertEquals(INDEFINITE, st(0));
    }

    @Test
    void anUnmaskedOverflowOfTheStackPushesNothing() {
        for (int i = 0; i < 8; i++) {
            execute(0xD9, 0xE8);
        }
        control(0x37E);
        execute(0xD9, 0xEE);
        assertEquals(0x80C1 | StatusWord.C1, status());
        assertTrue(x87.exceptionPending());
        assertEquals(number(0x3FFF, ONE), st(0));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "D8, C1", "D8, C9", "D8, E1", "D8, E9", "D8, F1", "D8, F9", "D9, E0", "D9, E1", "D9, F0", "D9, F5", "D9, F8",
        "D9, FA", "D9, FC", "D9, FD", "D9, FE", "D9, FF", "D9, C9", "DA, C1", "DB, D9", "DD, D0"
    })
    @DisplayName("SDM 1, section 8.5.1.1: an empty register gives the indefinite, IE, SF and C1 = 0")
    void emptyRegistersAreInvalid(String opcode, String modrm) {
        execute(Integer.parseInt(opcode, 16), Integer.parseInt(modrm, 16));
        assertEquals(StatusWord.IE | StatusWord.SF, status());
        assertEquals(INDEFINITE, st(0));
    }

    @Test
    void anUnmaskedEmptyRegisterChangesNothingElse() {
        control(0x37E);
        execute(0xD9, 0xFA);
        assertEquals(0x80C1, status());
        assertEquals("empty", st(0));
    }

    @ParameterizedTest(name = "{0}: {1} {2} gives {3}")
    @CsvSource({
        "unsupported,     3FFF, 0000000000000001, 0000",
        "NaN,             7FFF, C000000000000000, 0100",
        "negative NaN,    FFFF, 8000000000000001, 0300",
        "normal,          3FFF, 8000000000000000, 0400",
        "infinity,        7FFF, 8000000000000000, 0500",
        "minus infinity,  FFFF, 8000000000000000, 0700",
        "zero,            0000, 0000000000000000, 4000",
        "minus zero,      8000, 0000000000000000, 4200",
        "denormal,        0000, 0000000000000001, 4400",
        "pseudo-denormal, 8000, 8000000000000000, 4600",
    })
    @DisplayName("SDM 1, table 8-2 and SDM 2A, FXAM")
    void examineClassifies(String what, String se, String sig, String conditions) {
        load(Integer.parseInt(se, 16), Long.parseUnsignedLong(sig, 16));
        execute(0xD9, 0xE5);
        assertEquals(Integer.parseInt(conditions, 16), status() & 0x4700, what);
    }

    @Test
    void examineKnowsAnEmptyRegister() {
        execute(0xD9, 0xE5);
        assertEquals(0x4100, status() & 0x4700);
    }

    @ParameterizedTest(name = "{0} compared with 1.0: conditions {2}, ZF PF CF {3}")
    @CsvSource({
        "greater,   4000, 0000, 000",
        "less,      3FFE, 0100, 001",
        "equal,     3FFF, 4000, 100",
        "unordered, 7FFF, 4500, 111",
    })
    @DisplayName("SDM 1, table 8-6; SDM 2A, FCOM, FUCOMI")
    void comparisonsSetConditionsOrFlags(String what, String se, String conditions, String flags) {
        execute(0xD9, 0xE8);
        load(Integer.parseInt(se, 16), what.equals("unordered") ? 0xC000_0000_0000_0000L : ONE);
        execute(0xDD, 0xE1);
        assertEquals(Integer.parseInt(conditions, 16), status() & 0x4700, what);
        assertEquals(0, status() & StatusWord.IE, "a quiet NaN is no invalid operand of FUCOM");
        cpu.flags = FlatContext.ARITHMETIC;
        execute(0xDB, 0xE9);
        int expected = (flags.charAt(0) == '1' ? FlatContext.ZERO : 0)
                | (flags.charAt(1) == '1' ? FlatContext.PARITY : 0)
                | (flags.charAt(2) == '1' ? FlatContext.CARRY : 0);
        assertEquals(expected, cpu.flags, "OF, SF and AF are cleared");
        execute(0xD8, 0xD1);
        assertEquals(what.equals("unordered") ? StatusWord.IE : 0, status() & StatusWord.IE, "FCOM");
    }

    @Test
    @DisplayName("SDM 2A, FCOM: conditions are not set by an unmasked invalid comparison")
    void anUnmaskedInvalidComparisonPopsNothing() {
        execute(0xD9, 0xE8);
        load(0x7FFF, 0xC000_0000_0000_0000L);
        control(0x37E);
        execute(0xDE, 0xD9);
        assertEquals(0x8081 | 6 << 11, status());
    }

    @Test
    @DisplayName("SDM 1, sections 8.5.3 and 8.7: an unmasked division by zero leaves the operands")
    void anUnmaskedZeroDivideLeavesTheOperands() {
        execute(0xD9, 0xEE);
        execute(0xD9, 0xE8);
        control(0x37B);
        execute(0xDE, 0xF1);
        assertEquals(0x8084 | 6 << 11, status());
        assertEquals(number(0x3FFF, ONE), st(0));
        assertEquals(number(0, 0), st(1));
    }

    @Test
    void aMaskedZeroDivideGivesInfinity() {
        execute(0xD9, 0xEE);
        execute(0xD9, 0xE8);
        execute(0xD9, 0xE0);
        execute(0xDE, 0xF1);
        assertEquals(StatusWord.ZE | 7 << 11, status());
        assertEquals(number(0xFFFF, ONE), st(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.5.2: an unmasked denormal operand leaves TOP and operands")
    void anUnmaskedDenormalIsNotLoaded() {
        control(0x37D);
        cpu.memory.putInt(0, 1);
        memory(0xD9, 0);
        assertEquals(0x8082, status());
        assertEquals("empty", st(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.5.4: an unmasked overflow divides a register's result by 2^24576")
    void anUnmaskedOverflowAdjustsTheExponent() {
        load(0x7FFE, ONE);
        control(0x377);
        execute(0xDC, 0xC8);
        assertEquals(0x8088 | 7 << 11, status());
        assertEquals(number(0x7FFE + 0x3FFF - 24576, ONE), st(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.5.5: an unmasked underflow multiplies a register's result by 2^24576")
    void anUnmaskedUnderflowAdjustsTheExponent() {
        load(1, ONE);
        control(0x36F);
        execute(0xDC, 0xC8);
        assertEquals(0x8090 | 7 << 11, status());
        assertEquals(number(2 - 0x3FFF + 24576, ONE), st(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.5.4: an unmasked overflow of a store stores and pops nothing")
    void anUnmaskedOverflowOfAStoreStoresNothing() {
        load(0x7FFE, ONE);
        control(0x377);
        cpu.memory.putInt(0, 0x12345678);
        memory(0xD9, 3);
        assertEquals(0x12345678, cpu.memory.getInt(0));
        assertEquals(0x8088 | 7 << 11, status());
    }

    @Test
    @DisplayName("SDM 1, section 8.1.5.2: precision control rounds results, not loads")
    void precisionControlRoundsSums() {
        load(0x3FFF, 0x8000_0100_0000_0001L);
        control(0x07F);
        execute(0xD9, 0xEE);
        execute(0xDE, 0xC1);
        assertEquals(number(0x3FFF, 0x8000_0100_0000_0000L), st(0));
        assertEquals(StatusWord.PE | 7 << 11, status());
    }

    @Test
    @DisplayName("the quotient by which kernels look for the division bug of 1994")
    void divisionHasNoBug() {
        cpu.memory.putDouble(0, 4195835.0);
        memory(0xDD, 0);
        cpu.memory.putDouble(0, 3145727.0);
        memory(0xDC, 6);
        memory(0xDC, 1);
        cpu.memory.putDouble(0, 4195835.0);
        memory(0xDC, 5);
        cpu.memory.putInt(0, -1);
        memory(0xDB, 3);
        assertEquals(0, cpu.memory.getInt(0));
    }

    @ParameterizedTest(name = "D9 {0}, RC {1}")
    @CsvSource({
        "E9, 0, 4000, D49A784BCD1B8AFE",
        "E9, 2, 4000, D49A784BCD1B8AFF",
        "EA, 0, 3FFF, B8AA3B295C17F0BC",
        "EA, 3, 3FFF, B8AA3B295C17F0BB",
        "EB, 0, 4000, C90FDAA22168C235",
        "EB, 1, 4000, C90FDAA22168C234",
        "EC, 0, 3FFD, 9A209A84FBCFF799",
        "EC, 3, 3FFD, 9A209A84FBCFF798",
        "ED, 2, 3FFE, B17217F7D1CF79AC",
        "ED, 1, 3FFE, B17217F7D1CF79AB",
        "E8, 2, 3FFF, 8000000000000000",
        "EE, 1, 0000, 0000000000000000",
    })
    @DisplayName("SDM 1, section 8.3.8: constants are rounded as RC says")
    void constantsAreRounded(String modrm, int rounding, String se, String sig) {
        control(0x37F | rounding << 10);
        execute(0xD9, Integer.parseInt(modrm, 16));
        assertEquals(se + " " + sig, st(0));
        assertEquals(7 << 11, status());
    }

    @ParameterizedTest(name = "{0} {1} as {2} {3}")
    @CsvSource({
        "DC, D1, D8, D1",
        "DC, D9, D8, D9",
        "DE, D1, D8, D9",
        "DD, C9, D9, C9",
        "DF, C9, D9, C9",
        "DF, D1, DD, D9",
        "DF, D9, DD, D9",
        "D9, D9, DD, D9"
    })
    @DisplayName("encodings that no manual lists and every processor executes")
    void aliasesDoTheSame(String alias, String aliasModrm, String opcode, String modrm) {
        X87 other = new X87();
        other.executeRegister(1, 0xEB, cpu);
        other.executeRegister(1, 0xE8, cpu);
        other.executeRegister(Integer.parseInt(opcode, 16) & 7, Integer.parseInt(modrm, 16), cpu);
        execute(0xD9, 0xEB);
        execute(0xD9, 0xE8);
        execute(Integer.parseInt(alias, 16), Integer.parseInt(aliasModrm, 16));
        X87State expected = other.state();
        X87State found = x87.state();
        assertEquals(expected.status(), found.status());
        assertEquals(expected.abridgedTags(), found.abridgedTags());
        assertEquals(expected.significands()[7], found.significands()[7]);
    }

    @Test
    void ffreepFreesAndPops() {
        execute(0xD9, 0xE8);
        execute(0xD9, 0xEB);
        execute(0xDF, 0xC1);
        assertEquals(7, top());
        assertEquals(0, x87.state().abridgedTags());
    }

    @ParameterizedTest(name = "{0} /{1}")
    @CsvSource({"DB, 1", "DD, 1", "DF, 1", "DD, 5", "DB, 4", "DB, 6", "D9, 1"})
    @DisplayName("FISTTP is SSE3's; the others were never defined")
    void undefinedMemoryFormsChangeNothing(String opcode, int operation) {
        execute(0xD9, 0xE8);
        X87State before = x87.state();
        assertFalse(x87.executeMemory(Integer.parseInt(opcode, 16) & 7, operation << 3, DS, 0, false, cpu));
        assertEquals(before, x87.state());
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "D9, D1", "D9, E2", "D9, E6", "D9, EF", "DA, E8", "DA, F0", "DB, E5", "DB, F8", "DD, F0", "DE, D8", "DF, E1",
        "DF, FF"
    })
    void undefinedRegisterFormsChangeNothing(String opcode, String modrm) {
        execute(0xD9, 0xE8);
        X87State before = x87.state();
        assertFalse(x87.executeRegister(Integer.parseInt(opcode, 16) & 7, Integer.parseInt(modrm, 16), cpu));
        assertEquals(before, x87.state());
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({
        "DB, E0, false",
        "DB, E1, false",
        "DB, E2, false",
        "DB, E3, false",
        "DB, E4, false",
        "DF, E0, false",
        "D9, 36, false",
        "D9, 3E, false",
        "DD, 36, false",
        "DD, 3E, false",
        "D9, D0, true",
        "D9, 2E, true",
        "D9, 26, true",
        "DD, 26, true",
        "D9, F7, true",
        "D8, C1, true",
        "DF, 3E, true"
    })
    @DisplayName("SDM 1, section 8.3.12: only control instructions with N do not wait")
    void nonWaitingInstructions(String opcode, String modrm, boolean waits) {
        assertEquals(waits, X87.isWaiting(Integer.parseInt(opcode, 16) & 7, Integer.parseInt(modrm, 16)));
    }

    @Test
    void statusGoesToAx() {
        execute(0xD9, 0xE8);
        execute(0xD9, 0xE4);
        execute(0xDF, 0xE0);
        assertEquals(7 << 11, cpu.ax);
    }

    @ParameterizedTest(name = "flags {0}: {1} {2} moves {3}")
    @CsvSource({
        "01, DA, C1, true", "00, DA, C1, false", "40, DA, C9, true", "01, DA, C9, false", "40, DA, D1, true",
        "01, DA, D1, true", "04, DA, D1, false", "04, DA, D9, true", "01, DB, C1, false", "00, DB, C1, true",
        "40, DB, C9, false", "00, DB, D1, true", "41, DB, D1, false", "04, DB, D9, false", "00, DB, D9, true"
    })
    @DisplayName("SDM 1, table 8-5: FCMOVcc")
    void conditionalMoves(String flags, String opcode, String modrm, boolean moves) {
        execute(0xD9, 0xE8);
        execute(0xD9, 0xEE);
        cpu.flags = Integer.parseInt(flags, 16);
        execute(Integer.parseInt(opcode, 16), Integer.parseInt(modrm, 16));
        assertEquals(moves ? number(0x3FFF, ONE) : number(0, 0), st(0));
    }

    @Test
    @DisplayName("SDM 2A, FXTRACT: the exponent is under the significand; of zero it is -infinity, with ZE")
    void extractSplitsANumber() {
        load(0xC004, 0xA000_0000_0000_0000L);
        execute(0xD9, 0xF4);
        assertEquals(number(0xBFFF, 0xA000_0000_0000_0000L), st(0));
        assertEquals(number(0x4001, 0xA000_0000_0000_0000L), st(1));
        load(0x8000, 0);
        execute(0xD9, 0xF4);
        assertEquals(number(0x8000, 0), st(0));
        assertEquals(number(0xFFFF, ONE), st(1));
        assertEquals(StatusWord.ZE, status() & 0x7F);
    }

    @Test
    @DisplayName("SDM 2A, FSIN: C2 says that 2^63 is out of range")
    void greatAnglesAreReportedInC2() {
        load(0x403E, ONE);
        for (int modrm : new int[] {0xFE, 0xFF, 0xFB, 0xF2}) {
            execute(0xD9, modrm);
            assertEquals(StatusWord.C2 | 7 << 11, status());
            assertEquals(number(0x403E, ONE), st(0));
        }
    }

    @Test
    @DisplayName("SDM 2A, FPREM: C2 until the exponents are near; then the quotient's bits in C0, C3, C1")
    void partialRemainderComesInSteps() {
        load(0x4000, 0xC000_0000_0000_0000L);
        load(0x3FFF + 200, ONE);
        execute(0xD9, 0xF8);
        assertEquals(StatusWord.C2, status() & 0x4700);
        load(0x4003, 0x9800_0000_0000_0000L);
        execute(0xD9, 0xC9);
        execute(0xDD, 0xD8);
        execute(0xD9, 0xF8);
        assertEquals(number(0x3FFF, ONE), st(0), "19 - 6 * 3");
        assertEquals(StatusWord.C0 | StatusWord.C3, status() & 0x4700, "6 = 110");
    }

    @ParameterizedTest
    @ValueSource(ints = {0xD9, 0xDB, 0xDD, 0xDF})
    @DisplayName("a store that faults changes nothing of the FPU")
    void faultingStoresPopNothing(int opcode) {
        execute(0xD9, 0xEB);
        X87State before = x87.state();
        cpu.limit = 1;
        for (int operation : new int[] {3, 7, 6}) {
            boolean stores = operation == 3 || opcode == 0xDB && operation == 7 || opcode == 0xDF;
            if (stores) {
                assertThrows(
                        FlatContext.Fault.class,
                        () -> x87.executeMemory(opcode & 7, operation << 3, DS, 0, false, cpu));
                assertEquals(before, x87.state());
            }
        }
    }

    @Test
    void extendedStoreThatFaultsInItsLastBytesStoresNothing() {
        execute(0xD9, 0xEB);
        cpu.limit = 9;
        cpu.memory.putLong(0, 0);
        assertThrows(FlatContext.Fault.class, () -> memory(0xDB, 7));
        assertEquals(0, cpu.memory.getLong(0));
    }

    @Test
    @DisplayName("SDM 1, section 8.1.8: control instructions leave the last-instruction pointers")
    void pointersAreThoseOfTheLastNonControlInstruction() {
        cpu.instructionOffset = 0x12345;
        cpu.codeSelector = 0x60;
        cpu.dataSelector = 0x7B;
        x87.executeMemory(0, 6, DS, 0x40, false, cpu);
        cpu.instructionOffset = 0x777;
        control(0x37F);
        status();
        X87State state = x87.state();
        assertEquals(0x12345, state.instructionOffset());
        assertEquals(0x60, state.instructionSelector());
        assertEquals(0x40, state.dataOffset());
        assertEquals(0x7B, state.dataSelector());
        assertEquals(0x006, state.opcode());
        execute(0xDE, 0xC1);
        assertEquals(0x777, x87.state().instructionOffset());
        assertEquals(0x6C1, x87.state().opcode());
        assertEquals(0x40, x87.state().dataOffset());
    }

    @Test
    @DisplayName("SDM 3A, section 12.2: MMX registers are significands, their exponents all ones")
    void mmxAliasesTheRegisters() {
        execute(0xD9, 0xE8);
        x87.enterMmx();
        x87.mmx(3, 0x0123_4567_89AB_CDEFL);
        assertEquals(0xFF, x87.state().abridgedTags());
        assertEquals(0, top());
        assertEquals(number(0xFFFF, 0x0123_4567_89AB_CDEFL), st(3));
        assertEquals(ONE, x87.mmx(7));
        x87.emms();
        assertEquals(0, x87.state().abridgedTags());
    }
}
