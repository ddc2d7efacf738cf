// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

/**
 * A frequency as exact conversions between a machine's nanoseconds and ticks. Nothing is accumulated, so nothing drifts.
 *
 * @param hertz ticks per second, at most 2^31
 */
public record TickRate(long hertz) {
    /** The counters' input of a PC: a third of the colour subcarrier's crystal divided by four. */
    public static final TickRate PIT = new TickRate(1_193_182);

    /** The crystal of the real-time clock. */
    public static final TickRate RTC = new TickRate(32_768);

    static final long NANOS_PER_SECOND = 1_000_000_000;

    public TickRate {
        if (hertz <= 0 || hertz > 1L << 31) {
            throw new IllegalArgumentException("no such frequency: %d Hz".formatted(hertz));
        }
    }

    /** Ticks completed at a time; split at whole seconds because the plain product overflows within hours. */
    public long ticksAt(long nanos) {
        long seconds = Math.floorDiv(nanos, NANOS_PER_SECOND);
        long rest = Math.floorMod(nanos, NANOS_PER_SECOND);
        return seconds * hertz + rest * hertz / NANOS_PER_SECOND;
    }

    /** The first nanosecond at which this many ticks are complete. */
    public long nanosAt(long ticks) {
        long seconds = Math.floorDiv(ticks, hertz);
        long rest = Math.floorMod(ticks, hertz);
        return seconds * NANOS_PER_SECOND + (rest * NANOS_PER_SECOND + hertz - 1) / hertz;
    }
}
