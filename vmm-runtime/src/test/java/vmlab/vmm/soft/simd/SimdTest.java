// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The state of SSE: registers, MXCSR, FXSAVE")
class SimdTest {
    private static final long SEED = 8;

    private final Simd simd = new Simd();
    private final TestCpu cpu = new TestCpu();

    private void disturb() {
        IntStream.range(0, 8).forEach(register -> simd.set(register, 0x1111L * register + 1, -register - 1));
        simd.ldmxcsr(cpu, 0xFFBF);
    }

    @Test
    void resetEqualsNew() {
        disturb();
        simd.reset();
        assertEquals(new Simd().state(), simd.state());
    }

    @Test
    @DisplayName("Intel SDM 3A, table 10-1: MXCSR is 1F80 after RESET")
    void resetMasksAllExceptions() {
        assertEquals(0x1F80, new Simd().mxcsr());
    }

    @Test
    void restoringItsOwnStateChangesNothing() {
        disturb();
        SimdState before = simd.state();
        simd.restore(before);
        assertEquals(before, simd.state());
    }

    @Test
    void disturbedStateDiffersAndComesBack() {
        disturb();
        SimdState disturbed = simd.state();
        assertNotEquals(new Simd().state(), disturbed);
        Simd other = new Simd();
        other.restore(disturbed);
        assertEquals(disturbed, other.state());
    }

    @Test
    void stateWithReservedBitsOrMissingRegistersIsRefused() {
        List<SimdState.Xmm> registers = Collections.nCopies(8, new SimdState.Xmm(0, 0));
        assertThrows(IllegalArgumentException.class, () -> new SimdState(0x10000, registers));
        assertThrows(IllegalArgumentException.class, () -> new SimdState(0x1F80, registers.subList(0, 7)));
    }

    @Test
    @DisplayName("Intel SDM 1, table 10-2: layout of the FXSAVE area")
    void fxsaveStoresItsPartAndNothingElse() {
        disturb();
        for (int i = 0; i < TestCpu.BYTES; i++) {
            cpu.memory.put(i, (byte) 0x5A);
        }
        simd.fxsave(cpu, TestCpu.DS, 256);
        assertEquals(0xFFBF, cpu.memory.getInt(256 + 24), "MXCSR");
        assertEquals(0xFFFF, cpu.memory.getInt(256 + 28), "MXCSR_MASK");
        assertEquals(0x1111L * 7 + 1, cpu.memory.getLong(256 + 160 + 7 * 16), "low half of XMM7");
        assertEquals(-8, cpu.memory.getLong(256 + 160 + 7 * 16 + 8), "high half of XMM7");
        List<Integer> changed = new ArrayList<>();
        for (int i = 0; i < TestCpu.BYTES; i++) {
            boolean ours = i >= 256 + 24 && i < 256 + 32 || i >= 256 + 160 && i < 256 + 288;
            if (!ours && cpu.memory.get(i) != 0x5A) {
                changed.add(i);
            }
        }
        assertEquals(List.of(), changed);
    }

    @Test
    void fxrstorBringsBackWhatFxsaveStored() {
        disturb();
        SimdState saved = simd.state();
        simd.fxsave(cpu, TestCpu.DS, 0);
        simd.reset();
        simd.fxrstor(cpu, TestCpu.DS, 0);
        assertEquals(saved, simd.state());
    }

    @Test
    @DisplayName("Intel SDM 2, FXRSTOR and LDMXCSR: reserved bits of MXCSR cause #GP(0)")
    void reservedBitsOfMxcsrFaultAndChangeNothing() {
        disturb();
        SimdState before = simd.state();
        simd.fxsave(cpu, TestCpu.DS, 0);
        cpu.memory.putInt(24, 0x1_0000);
        cpu.memory.putLong(160, 99);
        assertFault("#GP(0)", () -> simd.fxrstor(cpu, TestCpu.DS, 0));
        assertFault("#GP(0)", () -> cpu.run(simd, 0, 0xAE, 0x17, 24, 0));
        assertEquals(before, simd.state());
    }

    @Test
    void fxrstorThatMeetsAPageFaultChangesNothing() {
        disturb();
        SimdState before = simd.state();
        assertFault("#PF", () -> simd.fxrstor(cpu, TestCpu.DS, TestCpu.BYTES - 256));
        assertEquals(before, simd.state());
    }

    @Test
    void randomTrafficThrowsNothingButFaults() {
        SplittableRandom random = new SplittableRandom(SEED);
        int[] prefixes = {0, 0x66, 0xF3, 0xF2};
        int executed = 0;
        for (int i = 0; i < 200_000; i++) {
            int prefix = prefixes[random.nextInt(4)];
            int opcode = random.nextInt(256);
            int modrm = random.nextInt(256);
            if (SimdTable.find(prefix, opcode, modrm) == null) {
                continue;
            }
            try {
                cpu.run(simd, prefix, opcode, modrm, random.nextInt(-64, TestCpu.BYTES + 64), random.nextInt(256));
                executed++;
            } catch (TestCpu.Fault e) {
                assertEquals(true, List.of("#GP(0)", "#PF", "#XM").contains(e.getMessage()), e.getMessage());
            }
            simd.set(random.nextInt(8), random.nextLong(), random.nextLong());
        }
        assertNotEquals(0, executed, "seed " + SEED);
        SimdState state = simd.state();
        simd.restore(state);
        assertEquals(state, simd.state());
    }

    private static void assertFault(String vector, Runnable action) {
        assertEquals(vector, assertThrows(TestCpu.Fault.class, action::run).getMessage());
    }
}
