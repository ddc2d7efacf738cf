// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.math.BigDecimal;
import java.time.Duration;
import vmlab.dsl.model.ByteSize;

/** A Groovy extension: what makes {@code 5.seconds}, {@code 100.ms} and {@code 128.MiB} of numbers. */
public final class Units {
    private Units() {}

    private static Duration nanos(Number self, long unitNanos) {
        return Duration.ofNanos(
                decimal(self).multiply(BigDecimal.valueOf(unitNanos)).longValue());
    }

    private static BigDecimal decimal(Number self) {
        return new BigDecimal(self.toString());
    }

    public static Duration getUs(Number self) {
        return nanos(self, 1_000);
    }

    public static Duration getMs(Number self) {
        return nanos(self, 1_000_000);
    }

    public static Duration getSecond(Number self) {
        return getSeconds(self);
    }

    public static Duration getSeconds(Number self) {
        return nanos(self, 1_000_000_000);
    }

    public static Duration getMinute(Number self) {
        return getMinutes(self);
    }

    public static Duration getMinutes(Number self) {
        return nanos(self, 60_000_000_000L);
    }

    public static Duration getHours(Number self) {
        return nanos(self, 3_600_000_000_000L);
    }

    private static ByteSize bytes(Number self, int shift) {
        return new ByteSize(
                decimal(self).multiply(BigDecimal.valueOf(1L << shift)).longValueExact());
    }

    public static ByteSize getKiB(Number self) {
        return bytes(self, 10);
    }

    public static ByteSize getMiB(Number self) {
        return bytes(self, 20);
    }

    public static ByteSize getGiB(Number self) {
        return bytes(self, 30);
    }
}
