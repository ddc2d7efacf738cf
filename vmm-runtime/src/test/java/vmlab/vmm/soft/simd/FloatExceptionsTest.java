// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Floating point under MXCSR: NaNs, rounding, exceptions")
class FloatExceptionsTest {
    /** All exceptions masked. */
    private static final int MASKED = 0x1F80;

    private static final int IE = 1;
    private static final int DE = 2;
    private static final int ZE = 4;
    private static final int OE = 8;
    private static final int UE = 16;
    private static final int PE = 32;

    private final Simd simd = new Simd();
    private final TestCpu cpu = new TestCpu();

    private void mxcsr(int value) {
        simd.ldmxcsr(cpu, value);
    }

    private int flags() {
        return simd.mxcsr() & 0x3F;
    }

    @ParameterizedTest(name = "{0}: 0F {1} ({2}, {3}) = {4}, flags {5}")
    @CsvSource({
        // Intel SDM 1, table 4-7: the first NaN, quieted; SNaNs are invalid
        "SNaN + QNaN,    58, FF800001, 7FC00002, FFC00001, 01",
        "QNaN + SNaN,    58, 7FC00002, FF800001, 7FC00002, 01",
        "1 + SNaN,       58, 3F800000, 7F800001, 7FC00001, 01",
        "QNaN + QNaN,    58, 7FC00003, 7FC00002, 7FC00003, 00",
        "1 - QNaN,       5C, 3F800000, 7FC00002, 7FC00002, 00",
        // Intel SDM 1, 4.8.3.7 and 11.5.2.1: QNaN floating-point indefinite
        "inf - inf,      5C, 7F800000, 7F800000, FFC00000, 01",
        "0 * inf,        59, 00000000, 7F800000, FFC00000, 01",
        "0 / 0,          5E, 80000000, 00000000, FFC00000, 01",
        "sqrt(-1),       51, 00000000, BF800000, FFC00000, 01",
        "sqrt(-0),       51, 00000000, 80000000, 80000000, 00",
        // Intel SDM 1, 11.5.2.2 and 11.5.2.3; 4.9.2: a division by zero comes before a denormal operand
        "1 / -0,         5E, 3F800000, 80000000, FF800000, 04",
        "denormal / 0,   5E, 00000001, 00000000, 7F800000, 04",
        "1 + denormal,   58, 3F800000, 00000001, 3F800000, 22",
        // Intel SDM 1, 11.5.2.4, 11.5.2.5: masked overflow and underflow
        "max + max,      58, 7F7FFFFF, 7F7FFFFF, 7F800000, 28",
        "min * 1.5 / 2,  59, 00C00000, 3F000000, 00600000, 00",
        "min * min,      59, 00800000, 00800000, 00000000, 30",
        // a result that rounding makes normal isn't tiny
        "to min normal,  59, 00FFFFFF, 3F000000, 00800000, 30",
        // Intel SDM 2, MINSS, MAXSS: the second operand for NaNs and zeros, unchanged
        "min of SNaN 1,   5D, 7F800001, 3F800000, 3F800000, 01",
        "min of 1 SNaN,   5D, 3F800000, 7F800001, 7F800001, 01",
        "max of +0 -0,  5F, 00000000, 80000000, 80000000, 00",
    })
    void singleScalar(String operation, String opcode, String a, String b, String result, String flags) {
        mxcsr(MASKED);
        simd.set(1, 0xAAAAAAAA00000000L | Long.parseLong(a, 16), 0xBBBB);
        simd.set(2, 0xCCCCCCCC00000000L | Long.parseLong(b, 16), 0xDDDD);
        cpu.run(simd, 0xF3, Integer.parseInt(opcode, 16), 0);
        assertEquals("AAAAAAAA" + result, "%016X".formatted(simd.low(1)));
        assertEquals(0xBBBB, simd.high(1));
        assertEquals(Integer.parseInt(flags, 16), flags());
    }

    @ParameterizedTest(name = "rounding {0}: 1 + 2^-24 = {1}, -1 - 2^-24 = {2}, max + max = {3}")
    @DisplayName("Intel SDM 1, table 4-8 and 4-10: rounding modes")
    @CsvSource({
        "0, 3F800000, BF800000, 7F800000",
        "1, 3F800000, BF800001, 7F7FFFFF",
        "2, 3F800001, BF800000, 7F800000",
        "3, 3F800000, BF800000, 7F7FFFFF"
    })
    void roundingModes(int mode, String above, String below, String huge) {
        mxcsr(MASKED | mode << 13);
        simd.set(1, 0xBF8000003F800000L, 0x7F7FFFFF);
        simd.set(2, 0xB380000033800000L, 0x7F7FFFFF);
        cpu.run(simd, 0, 0x58, 0);
        assertEquals(below + above, "%016X".formatted(simd.low(1)));
        assertEquals(huge, "%08X".formatted(simd.high(1)));
        assertEquals(OE | PE, flags());
    }

    @Test
    @DisplayName("Intel SDM 1, 4.8.3.1: x - x is -0 only when rounding down")
    void exactZeroDifference() {
        simd.set(1, 0x3F800000, 0);
        simd.set(2, 0x3F800000, 0);
        mxcsr(MASKED | 1 << 13);
        cpu.run(simd, 0xF3, 0x5C, 0);
        assertEquals(0x80000000L, simd.low(1));
        assertEquals(0, flags());
    }

    @Test
    @DisplayName("Intel SDM 1, 10.2.3.4: denormals-are-zeros keeps the sign and raises no DE")
    void denormalsAreZeros() {
        mxcsr(MASKED | 0x40);
        simd.set(1, 0x80000000_00000001L, 0);
        simd.set(2, 0x80000001_80000001L, 0);
        cpu.run(simd, 0, 0x58, 0);
        assertEquals(0x80000000_00000000L, simd.low(1));
        assertEquals(0, flags());
    }

    @Test
    @DisplayName("Intel SDM 1, 10.2.3.3: flush-to-zero sets UE and PE, and is ignored while underflow is unmasked")
    void flushToZero() {
        mxcsr(MASKED | 0x8000);
        simd.set(1, 0x80800000L, 0);
        simd.set(2, 0x3F000000L, 0);
        cpu.run(simd, 0xF3, 0x59, 0);
        assertEquals(0x80000000L, simd.low(1));
        assertEquals(UE | PE, flags());
        mxcsr(MASKED & ~(UE << 7) | 0x8000);
        simd.set(1, 0x80800000L, 0);
        assertXm(() -> cpu.run(simd, 0xF3, 0x59, 0));
        assertEquals(UE, flags());
    }

    @Test
    @DisplayName(
            "Intel SDM 1, 11.5.4: an unmasked exception leaves the destination, and sets the flags of masked ones too")
    void unmaskedExceptionKeepsTheDestination() {
        mxcsr(MASKED & ~(ZE << 7));
        simd.set(1, 0x3F80000000000000L, 0x000000013F800000L);
        simd.set(2, 0x0000000000000000L, 0x3F80000040400000L);
        SimdState before = simd.state();
        assertXm(() -> cpu.run(simd, 0, 0x5E, 0));
        assertEquals(before.registers(), simd.state().registers());
        assertEquals(IE | ZE | DE, flags(), "no flags of results, as none was computed");
    }

    @Test
    void unmaskedExceptionOfAComparisonKeepsTheFlags() {
        mxcsr(MASKED & ~(IE << 7));
        simd.set(1, 0x7FC00000, 0);
        assertXm(() -> cpu.run(simd, 0, 0x2F, 0));
        assertEquals(0x8D5, cpu.flags);
    }

    @Test
    void flagsAreSticky() {
        mxcsr(MASKED | IE | OE);
        cpu.run(simd, 0, 0x58, 0);
        assertEquals(IE | OE, flags());
    }

    @ParameterizedTest(name = "{0} with {1}: UCOMISS {3}, COMISS {4}")
    @DisplayName("Intel SDM 2, COMISS, UCOMISS: ZF PF CF, and which NaNs are invalid")
    @CsvSource({
        "40000000, 3F800000, 00, 00, 00",
        "3F800000, 40000000, 01, 00, 00",
        "00000000, 80000000, 40, 00, 00",
        "7FC00000, 3F800000, 45, 00, 01",
        "3F800000, 7F800001, 45, 01, 01",
        "00000001, 3F800000, 01, 02, 02",
    })
    void orderedComparison(String a, String b, String eflags, String quietFlags, String signallingFlags) {
        simd.set(1, Long.parseLong(a, 16), 0);
        simd.set(2, Long.parseLong(b, 16), 0);
        mxcsr(MASKED);
        cpu.run(simd, 0, 0x2E, 0);
        assertEquals(Integer.parseInt(eflags, 16), cpu.flags);
        assertEquals(Integer.parseInt(quietFlags, 16), flags());
        mxcsr(MASKED);
        cpu.run(simd, 0, 0x2F, 0);
        assertEquals(Integer.parseInt(eflags, 16), cpu.flags);
        assertEquals(Integer.parseInt(signallingFlags, 16), flags());
    }

    @ParameterizedTest(name = "predicate {0}: less {1}, equal {2}, greater {3}, unordered {4}, flags {5}")
    @DisplayName("Intel SDM 2, CMPPS: predicates, and which of them a QNaN makes invalid")
    @CsvSource({
        "0, 0, 1, 0, 0, 0", "1, 1, 0, 0, 0, 1", "2, 1, 1, 0, 0, 1", "3, 0, 0, 0, 1, 0",
        "4, 1, 0, 1, 1, 0", "5, 0, 1, 1, 1, 1", "6, 0, 0, 1, 1, 1", "7, 1, 1, 1, 0, 0",
    })
    void predicates(int predicate, int less, int equal, int greater, int unordered, int flags) {
        mxcsr(MASKED);
        simd.set(1, 0x3F8000003F800000L, 0x7FC000003F800000L);
        simd.set(2, 0x3F80000040000000L, 0x3F80000000000000L);
        cpu.run(simd, 0, 0xC2, predicate);
        assertEquals(-less & 0xFFFFFFFFL | (long) -equal << 32, simd.low(1));
        assertEquals(-greater & 0xFFFFFFFFL | (long) -unordered << 32, simd.high(1));
        assertEquals(flags, flags());
    }

    @ParameterizedTest(name = "{0}: rounded {1}, truncated {2}, flags {3}")
    @DisplayName("Intel SDM 2, CVTSD2SI, CVTTSD2SI; 1, 11.5.2.1: what doesn't fit is the integer indefinite, invalid")
    @CsvSource({
        "2.5,          2,           2,           20",
        "3.5,          4,           3,           20",
        "-0.75,        -1,          0,           20",
        "7,            7,           7,           00",
        "2147483647,   2147483647,  2147483647,  00",
        "2147483647.5, -2147483648, 2147483647,  21",
        "-2147483648.5,-2147483648, -2147483648, 20",
        "-2147483649,  -2147483648, -2147483648, 01",
        "NaN,          -2147483648, -2147483648, 01",
        "4.9E-324,     0,           0,           20",
    })
    void toInteger(double value, int rounded, int truncated, String flags) {
        mxcsr(MASKED);
        simd.set(2, Double.doubleToLongBits(value), 0);
        cpu.run(simd, 0xF2, 0x2D, 0);
        assertEquals(rounded, cpu.gpr[1]);
        cpu.run(simd, 0xF2, 0x2C, 0);
        assertEquals(truncated, cpu.gpr[1]);
        assertEquals(Integer.parseInt(flags, 16), flags());
    }

    @ParameterizedTest(name = "{0} is {1}, flags {2}")
    @DisplayName("Intel SDM 2, CVTSD2SS: rounding, overflow, underflow, payloads")
    @CsvSource({
        "3FF0000010000000, 3F800000, 20",
        "3FF0000030000000, 3F800002, 20",
        "47EFFFFFF0000000, 7F800000, 28",
        "47EFFFFFEFFFFFFF, 7F7FFFFF, 20",
        "36A0000000000000, 00000001, 00",
        "3690000000000000, 00000000, 30",
        "3690000000000001, 00000001, 30",
        "0000000000000001, 00000000, 32",
        "FFF0000020000001, FFC00001, 01",
        "7FF8000000000001, 7FC00000, 00",
    })
    void doubleToSingle(String value, String result, String flags) {
        mxcsr(MASKED);
        simd.set(1, 0, 0);
        simd.set(2, Long.parseUnsignedLong(value, 16), 0);
        cpu.run(simd, 0xF2, 0x5A, 0);
        assertEquals(result, "%08X".formatted(simd.low(1)));
        assertEquals(Integer.parseInt(flags, 16), flags());
    }

    @ParameterizedTest(name = "1 / {0} = {1}, 1 / sqrt = {2}")
    @DisplayName("Intel SDM 2, RCPSS, RSQRTSS: special operands, no exceptions")
    @CsvSource({
        "80000000, FF800000, FF800000",
        "80000001, FF800000, FF800000",
        "7F800000, 00000000, 00000000",
        "FF800000, 80000000, FFC00000",
        "BF800000, BF800000, FFC00000",
        "FF800001, FFC00001, FFC00001",
        "FF000000, 80000000, FFC00000",
    })
    void approximations(String value, String reciprocal, String root) {
        mxcsr(0);
        simd.set(1, 0, 0);
        simd.set(2, Long.parseLong(value, 16), 0);
        cpu.run(simd, 0xF3, 0x53, 0);
        assertEquals(reciprocal, "%08X".formatted(simd.low(1)));
        cpu.run(simd, 0xF3, 0x52, 0);
        assertEquals(root, "%08X".formatted(simd.low(1)));
        assertEquals(0, flags());
    }

    private static void assertXm(Runnable action) {
        assertEquals("#XM", assertThrows(TestCpu.Fault.class, action::run).getMessage());
    }
}
