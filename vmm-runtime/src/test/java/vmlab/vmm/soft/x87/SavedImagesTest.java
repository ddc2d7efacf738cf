// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("SDM 1, section 8.1.10 and table 10-2: saved states")
class SavedImagesTest {
    private static final int DS = 3;

    private final X87 x87 = new X87();
    private final FlatContext cpu = new FlatContext();

    @BeforeEach
    void fill() {
        x87.restore(new X87State(
                0x27F,
                0x2D41,
                0xE0,
                new long[] {1, 2, 3, 4, 5, 0x8000_0000_0000_0000L, 0, 0xC000_0000_0000_0000L},
                new int[] {1, 2, 3, 4, 5, 0x3FFF, 0x8000, 0x7FFF},
                0x0012_3456,
                0x0060,
                0x0065_4321,
                0x007B,
                0x5D5));
    }

    private void memory(int opcode, int operation, boolean operand16) {
        x87.executeMemory(opcode & 7, operation << 3, DS, 0, operand16, cpu);
    }

    private int[] words(int count) {
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = cpu.memory.getInt(4 * i);
        }
        return words;
    }

    private int[] halves(int count) {
        int[] words = new int[count];
        for (int i = 0; i < count; i++) {
            words[i] = cpu.memory.getShort(2 * i) & 0xFFFF;
        }
        return words;
    }

    @Test
    @DisplayName("figure 8-9: 32 bits, protected mode")
    void environmentOf32BitsInProtectedMode() {
        memory(0xD9, 6, false);
        assertArrayEquals(
                new int[] {0xFFFF027F, 0xFFFF2D41, 0xFFFF93FF, 0x00123456, 0x05D50060, 0x00654321, 0xFFFF007B},
                words(7));
        assertEquals(0x27F, x87.state().control());
    }

    @Test
    @DisplayName("figure 8-10: 32 bits, real mode")
    void environmentOf32BitsInRealMode() {
        cpu.protectedMode = false;
        memory(0xD9, 6, false);
        assertArrayEquals(
                new int[] {0xFFFF027F, 0xFFFF2D41, 0xFFFF93FF, 0xFFFF3A56, 0x000125D5, 0xFFFF4AD1, 0x00065000},
                words(7));
    }

    @Test
    @DisplayName("figure 8-11: 16 bits, protected mode")
    void environmentOf16BitsInProtectedMode() {
        memory(0xD9, 6, true);
        assertArrayEquals(new int[] {0x27F, 0x2D41, 0x93FF, 0x3456, 0x60, 0x4321, 0x7B}, halves(7));
        assertEquals(0, cpu.memory.getShort(14));
    }

    @Test
    @DisplayName("figure 8-12: 16 bits, real mode")
    void environmentOf16BitsInRealMode() {
        cpu.protectedMode = false;
        memory(0xD9, 6, true);
        assertArrayEquals(new int[] {0x27F, 0x2D41, 0x93FF, 0x3A56, 0x25D5, 0x4AD1, 0x5000}, halves(7));
    }

    @Test
    @DisplayName("SDM 2A, FSTENV: all exceptions are masked afterwards")
    void storingTheEnvironmentMasksExceptions() {
        cpu.memory.putShort(0, (short) 0);
        memory(0xD9, 5, false);
        memory(0xD9, 6, false);
        assertEquals(0x7F, x87.state().control());
        assertEquals(0xFFFF0040, cpu.memory.getInt(0));
        assertEquals(0xFFFFADC1, cpu.memory.getInt(4), "ES and B with an unmasked exception");
    }

    @ParameterizedTest(name = "16 bits {0}, protected {1}")
    @CsvSource({"false, true", "true, true", "false, false", "true, false"})
    void savedStatesComeBack(boolean operand16, boolean protectedMode) {
        cpu.protectedMode = protectedMode;
        X87State before = x87.state();
        memory(0xDD, 6, operand16);
        assertEquals(0x37F, x87.state().control(), "FSAVE initializes");
        assertEquals(0, x87.state().abridgedTags());
        memory(0xDD, 4, operand16);
        X87State after = x87.state();
        assertEquals(before.control(), after.control());
        assertEquals(before.status(), after.status());
        assertEquals(before.abridgedTags(), after.abridgedTags());
        assertArrayEquals(before.significands(), after.significands());
        assertArrayEquals(before.signExponents(), after.signExponents());
        if (!operand16) {
            assertEquals(before.opcode(), after.opcode());
            int linear = 0x0012_3456 + (protectedMode ? 0 : 0x600);
            assertEquals(linear, after.instructionOffset());
        }
    }

    @Test
    void aSaveThatFaultsChangesNothing() {
        X87State before = x87.state();
        cpu.limit = 107;
        assertThrows(FlatContext.Fault.class, () -> memory(0xDD, 6, false));
        assertThrows(FlatContext.Fault.class, () -> memory(0xDD, 4, false));
        cpu.limit = 27;
        assertThrows(FlatContext.Fault.class, () -> memory(0xD9, 4, false));
        cpu.limit = 150;
        assertThrows(FlatContext.Fault.class, () -> x87.fxsave(DS, 0, cpu));
        assertThrows(FlatContext.Fault.class, () -> x87.fxrstor(DS, 0, cpu));
        assertEquals(before, x87.state());
    }

    @Test
    @DisplayName("table 10-2: FXSAVE's abridged tags, ST(0) at 32, nothing of SSE touched")
    void fxsaveLaysOutItsImage() {
        cpu.memory.putLong(24, -1).putLong(160, -1);
        X87State before = x87.state();
        x87.fxsave(DS, 0, cpu);
        assertEquals(before, x87.state(), "FXSAVE does not initialize");
        assertArrayEquals(
                new int[] {0x27F, 0x2D41, 0xE0, 0x5D5, 0x3456, 0x12, 0x60, 0, 0x4321, 0x65, 0x7B, 0}, halves(12));
        assertEquals(-1, cpu.memory.getLong(24));
        assertEquals(-1, cpu.memory.getLong(160));
        assertEquals(0x8000_0000_0000_0000L, cpu.memory.getLong(32));
        assertEquals(0x3FFF, cpu.memory.getLong(40));
        x87.reset();
        x87.fxrstor(DS, 0, cpu);
        assertEquals(before, x87.state());
    }

    @Test
    @DisplayName("contract of Stateful: reset is as new, restoring its own state changes nothing")
    void statesAreWhole() {
        X87State disturbed = x87.state();
        x87.reset();
        assertEquals(new X87().state(), x87.state());
        assertNotEquals(disturbed, x87.state());
        x87.restore(disturbed);
        assertEquals(disturbed, x87.state());
        assertEquals(disturbed.hashCode(), x87.state().hashCode());
    }

    @ParameterizedTest
    @CsvSource({"0x3F, 0, 0", "0x8037F, 0, 0", "0x37F, 0x80, 0", "0x37F, 0, 0x100"})
    void statesThatCannotBeAreRefused(String control, String status, String tags) {
        assertThrows(
                IllegalArgumentException.class,
                () -> new X87State(
                        Integer.decode(control),
                        Integer.decode(status),
                        Integer.decode(tags),
                        new long[8],
                        new int[8],
                        0,
                        0,
                        0,
                        0,
                        0));
    }

    @Test
    @DisplayName("random traffic never throws and leaves a state that can be saved")
    void randomTraffic() {
        long seed = 0x387;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100_000; i++) {
            cpu.memory.putLong(8 * random.nextInt(32), random.nextLong());
            int escape = random.nextInt(8);
            if (random.nextBoolean()) {
                x87.executeRegister(escape, 0xC0 | random.nextInt(64), cpu);
            } else {
                x87.executeMemory(escape, random.nextInt(8) << 3, DS, random.nextInt(128), random.nextBoolean(), cpu);
            }
            X87State state = x87.state();
            x87.restore(state);
            assertEquals(state, x87.state(), "seed " + seed);
        }
    }
}
