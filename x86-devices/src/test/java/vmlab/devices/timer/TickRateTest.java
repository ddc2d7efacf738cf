// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TickRateTest {
    private static final BigInteger NANOS = BigInteger.valueOf(TickRate.NANOS_PER_SECOND);

    @Test
    void ticksAreExactForCenturies() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            long nanos = random.nextLong() >>> 1;
            BigInteger exact = BigInteger.valueOf(nanos)
                    .multiply(BigInteger.valueOf(TickRate.PIT.hertz()))
                    .divide(NANOS);
            assertEquals(exact.longValueExact(), TickRate.PIT.ticksAt(nanos));
        }
    }

    @Test
    void nanosAtIsTheFirstNanosecondOfATick() {
        for (long tick = -5; tick < 100_000; tick++) {
            long nanos = TickRate.PIT.nanosAt(tick);
            assertTrue(TickRate.PIT.ticksAt(nanos) == tick && TickRate.PIT.ticksAt(nanos - 1) == tick - 1);
        }
    }

    @Test
    void aFrequencyIsPositive() {
        assertThrows(IllegalArgumentException.class, () -> new TickRate(0));
    }
}
