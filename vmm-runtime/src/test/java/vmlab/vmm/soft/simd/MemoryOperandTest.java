// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Memory operands of SIMD instructions: alignment, faults, partial stores")
class MemoryOperandTest {
    private static final int END = TestCpu.BYTES;

    private final Simd simd = new Simd();
    private final TestCpu cpu = new TestCpu();

    @BeforeEach
    void fill() {
        simd.set(1, 0x1716151413121110L, 0x1F1E1D1C1B1A1918L);
        simd.set(2, 0x8000000000000080L, 0x0080000000000000L);
        cpu.mmx[1] = 0x2726252423222120L;
        cpu.mmx[2] = 0x8000000000008000L;
    }

    @ParameterizedTest(name = "{0} 0F {1}")
    @DisplayName("Intel SDM 3A, 6.15, vector 13: unaligned 128-bit operands cause #GP(0)")
    @CsvSource({"0, 28", "0, 29", "0, 2B", "66, 6F", "66, 7F", "66, E7", "66, FC", "0, 58", "66, 60", "66, D1", "66, 2D"
    })
    void unalignedOperandFaultsAndChangesNothing(String prefix, String opcode) {
        SimdState before = simd.state();
        assertFault("#GP(0)", () -> run(prefix, opcode, TestCpu.DS, 24));
        assertEquals(before, simd.state());
        assertEquals(0, cpu.tags, "x87 registers in use");
    }

    @Test
    void alignmentIsThatOfTheLinearAddress() {
        run("0", "28", TestCpu.FS, 24);
        assertFault("#GP(0)", () -> run("0", "28", TestCpu.FS, 32));
    }

    @ParameterizedTest(name = "{0} 0F {1}")
    @DisplayName("Intel SDM 1, 10.4.6, 11.4.1: MOVUPS and its like, and narrower operands, need no alignment")
    @CsvSource({"0, 10", "0, 11", "66, 10", "F3, 6F", "F3, 7F", "0, 12", "F3, 58", "F2, 58", "F3, E6", "0, 5A", "0, FC"
    })
    void otherOperandsMayBeUnaligned(String prefix, String opcode) {
        run(prefix, opcode, TestCpu.DS, 25);
    }

    @ParameterizedTest(name = "{0} 0F {1}")
    @CsvSource({"0, 10", "0, 11", "F3, 6F", "F3, 7F", "0, 12", "0, 13", "0, FC", "0, E7", "0, 2A", "F2, 10", "0, 7E"})
    void operandThatReachesBeyondMemoryChangesNothing(String prefix, String opcode) {
        SimdState before = simd.state();
        ByteBuffer memory = ByteBuffer.wrap(cpu.memory.array().clone());
        assertFault("#PF", () -> run(prefix, opcode, TestCpu.DS, END - 3));
        assertEquals(before, simd.state());
        assertEquals(0x2726252423222120L, cpu.mmx[1]);
        assertEquals(0, cpu.tags, "x87 registers in use");
        assertEquals(memory.rewind(), cpu.memory.rewind());
    }

    @Test
    void unalignedStoreWhoseSecondHalfFaultsStoresNothing() {
        assertFault("#PF", () -> run("F3", "7F", TestCpu.DS, END - 9));
        assertEquals(0, cpu.memory.getLong(END - 9));
    }

    @Test
    @DisplayName("Intel SDM 2, PUNPCKLBW: the 64-bit form reads 32 bits")
    void unpackingLowReadsFourBytes() {
        cpu.memory.putInt(END - 4, 0xD3D2D1D0);
        run("0", "60", TestCpu.DS, END - 4);
        assertEquals(0xD323D222D121D020L, cpu.mmx[1]);
    }

    @Test
    @DisplayName("Intel SDM 2, MASKMOVDQU: bytes whose mask has bit 7 set are stored")
    void maskedStoreStoresChosenBytes() {
        run("66", "F7", 0xCA, TestCpu.DS, 33);
        assertEquals(0x1700000000000010L, cpu.memory.getLong(33));
        assertEquals(0x001E000000000000L, cpu.memory.getLong(41));
    }

    @Test
    @DisplayName("Intel SDM 2, MASKMOVQ: causes the transition to MMX")
    void maskedStoreOfMmxEntersMmx() {
        run("0", "F7", 0xCA, TestCpu.DS, 33);
        assertEquals(0x2700000000002100L, cpu.memory.getLong(33));
        assertEquals(0xFF, cpu.tags);
    }

    @Test
    void maskedStoreFaultsOnlyForBytesItStores() {
        simd.set(2, 0x80, 0);
        run("66", "F7", 0xCA, TestCpu.DS, END - 1);
        assertEquals(0x10, cpu.memory.get(END - 1));
        simd.set(2, 0x8080, 0);
        cpu.memory.put(END - 1, (byte) 0);
        assertFault("#PF", () -> run("66", "F7", 0xCA, TestCpu.DS, END - 1));
        assertEquals(0, cpu.memory.get(END - 1), "nothing of a store that faults");
    }

    @Test
    @DisplayName("Intel SDM 2, MOVSS and MOVSD: loads clear the rest, moves between registers keep it")
    void scalarLoadsClearTheRest() {
        cpu.memory.putLong(0, 0x4433221155667788L);
        run("F3", "10", TestCpu.DS, 0);
        assertEquals(new SimdState.Xmm(0x55667788L, 0), simd.state().registers().get(1));
        run("F2", "10", TestCpu.DS, 0);
        assertEquals(
                new SimdState.Xmm(0x4433221155667788L, 0),
                simd.state().registers().get(1));
        run("F3", "10", 0xD1, TestCpu.DS, 0);
        assertEquals(
                new SimdState.Xmm(0x8000000055667788L, 0x0080000000000000L),
                simd.state().registers().get(2));
    }

    @Test
    @DisplayName("Intel SDM 2, CLFLUSH faults as a load; PREFETCHh never")
    void cacheInstructions() {
        assertFault("#PF", () -> run("0", "AE", 0x3F, TestCpu.DS, END));
        run("0", "18", 0x0F, TestCpu.DS, END);
    }

    private void run(String prefix, String opcode, int segment, int offset) {
        run(prefix, opcode, 0x0F, segment, offset);
    }

    private void run(String prefix, String opcode, int modrm, int segment, int offset) {
        SimdEntry entry = SimdTable.find(Integer.parseInt(prefix, 16), Integer.parseInt(opcode, 16), modrm);
        int rm = modrm >= 0xC0 ? modrm & 7 : -1;
        entry.instruction().execute(simd, cpu, modrm >> 3 & 7, rm, segment, offset, 0);
    }

    private static void assertFault(String vector, Runnable action) {
        assertEquals(vector, assertThrows(TestCpu.Fault.class, action::run).getMessage());
    }
}
