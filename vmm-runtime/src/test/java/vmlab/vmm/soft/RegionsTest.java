// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import vmlab.vmm.SoftCpu;

/** What becomes of compiled code: it goes with the code it was made from, and its class with it. */
class RegionsTest {
    private static final int PROGRAMS = 600;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** MOV EAX, n; MOV ECX, 9; L: DEC ECX; JNZ L. */
    private static String program(int n) {
        return "B8%08X B909000000 49 75FD".formatted(Integer.reverseBytes(n));
    }

    @Test
    void classesOfOverwrittenCodeAreUnloaded() {
        ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
        try (CpuFixture fixture = new CpuFixture(SoftCpu.COMPILER_AT_ONCE)) {
            fixture.code(program(0)).run().again().run();
            long loadedBefore = classes.getTotalLoadedClassCount();
            int heldBefore = classes.getLoadedClassCount();
            for (int n = 1; n <= PROGRAMS; n++) {
                fixture.code(program(n)).run().again().run();
                assertEquals(n, fixture.r[Cpu.EAX]);
            }
            assertTrue(
                    classes.getTotalLoadedClassCount() - loadedBefore >= PROGRAMS,
                    "each program's loop should have been compiled");
            Instant limit = Instant.now().plus(PATIENCE);
            while (classes.getLoadedClassCount() > heldBefore + PROGRAMS / 4
                    && Instant.now().isBefore(limit)) {
                System.gc();
            }
            assertTrue(
                    classes.getLoadedClassCount() <= heldBefore + PROGRAMS / 4,
                    () -> "%d classes before, %d now".formatted(heldBefore, classes.getLoadedClassCount()));
        }
    }

    /** The second program differs in one byte of the loop's block: compiled code of the first must not be executed. */
    @Test
    void codeWrittenByAnotherIsExecutedAsItIsNow() {
        try (CpuFixture fixture = new CpuFixture(SoftCpu.COMPILER_AT_ONCE)) {
            for (int value = 0; value < 200; value++) {
                fixture.code("31C0 B905000000 83C0%02X 49 75FA".formatted(value & 0x7F));
                fixture.run().again().run().again().run();
                assertEquals(5 * (value & 0x7F), fixture.r[Cpu.EAX]);
            }
        }
    }
}
