// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import vmlab.vmm.soft.system.Rig.Outcome;

/** Whatever a guest does is the guest's mistake: no program makes the CPU throw. */
class FuzzTest {
    private static final int PROGRAMS = 2000;

    /** Bytes that begin system instructions, prefixes and far transfers, so that random code reaches them. */
    private static final int[] SPICE = {
        0x0F, 0x66, 0x67, 0xF3, 0xF2, 0xF0, 0x26, 0x64, 0x8E, 0xEA, 0x9A, 0xCA, 0xCB, 0xCF, 0xCD, 0xCE, 0x17, 0x1F,
        0x0F, 0x00, 0x01, 0x22, 0x23, 0xFF, 0xA4, 0xAB, 0x6D, 0x6F, 0xC8, 0x9D, 0xFB, 0xD9, 0xDD, 0xAE, 0xC7, 0x62, 0xC4
    };

    @Test
    void randomProgramsInRandomModesNeverThrow() {
        for (long seed = 0; seed < PROGRAMS; seed++) {
            try (Rig rig = new Rig()) {
                run(rig, new Random(seed));
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void run(Rig rig, Random random) {
        switch (random.nextInt(5)) {
            case 0 -> rig.realMode();
            case 1 -> rig.ring(3);
            case 2 -> rig.paging().ring(random.nextInt(2) * 3);
            case 3 -> {
                rig.paging();
                rig.cr4 = 0x10;
                for (int k = 0; k < 64; k++) {
                    rig.memory.write32(Rig.DIRECTORY + 4 * random.nextInt(4096), random.nextInt());
                }
                rig.memory.write32(Rig.DIRECTORY, 0x87);
            }
            default -> rig.ring(0);
        }
        rig.cr4 |= 0x600;
        rig.eflags = 2 | random.nextInt() & 0x247FD5;
        for (int k = 0; k < 8; k++) {
            if (k != Asm.ESP || random.nextInt(4) == 0) {
                rig.r[k] = random.nextBoolean() ? random.nextInt() : random.nextInt(Rig.RAM + 0x1000);
            }
        }
        for (int k = 9; k < 32; k++) {
            rig.memory.write32(Rig.GDT + 8 * k, random.nextInt());
            rig.memory.write32(Rig.GDT + 8 * k + 4, random.nextInt() | 1 << 15);
        }
        for (int k = 0; k < 40; k++) {
            rig.memory.write32(Rig.IDT + 8 * random.nextInt(64) + 4 * random.nextInt(2), random.nextInt());
        }
        for (int at = 0; at < 0x1000; at++) {
            boolean spice = random.nextInt(3) == 0;
            rig.memory.write8(rig.eip + at, spice ? SPICE[random.nextInt(SPICE.length)] : random.nextInt(256));
        }
        if (random.nextInt(8) == 0) {
            rig.eip = Rig.RAM - 1 - random.nextInt(8);
            rig.memory.write8(rig.eip, SPICE[random.nextInt(SPICE.length)]);
        }
        rig.pin.vector = random.nextInt(4) == 0 ? random.nextInt(256) : -1;
        rig.clock.alarm(rig.cpu::kick).at(10L * 3000);
        Outcome outcome = rig.run();
        assertTrue(rig.events.size() < 4096, "events: " + rig.events.size());
        assertTrue(outcome.exit() != null);
    }
}
