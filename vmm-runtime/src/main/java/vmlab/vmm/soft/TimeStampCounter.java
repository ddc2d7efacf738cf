// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.Objects;
import vmlab.vmm.CpuState.TimeStamp;
import vmlab.vmm.VmClock;

/**
 * The time stamp counter, which counts the machine's time: at 1 GHz, or at the rate that a guest which began elsewhere has
 * measured there.
 */
final class TimeStampCounter {
    private static final long OWN_KILOHERTZ = 1_000_000;
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final VmClock clock;
    private long kilohertz = OWN_KILOHERTZ;
    private long setTo;
    private long setAtNanos;

    TimeStampCounter(VmClock clock) {
        this.clock = Objects.requireNonNull(clock);
    }

    long kilohertz() {
        return kilohertz;
    }

    long ticks() {
        long nanos = clock.nanos() - setAtNanos;
        if (kilohertz == OWN_KILOHERTZ) {
            return setTo + nanos;
        }
        // In two steps: days times a rate in kHz don't fit into a long.
        return setTo
                + nanos / NANOS_PER_MILLISECOND * kilohertz
                + nanos % NANOS_PER_MILLISECOND * kilohertz / NANOS_PER_MILLISECOND;
    }

    void set(long ticks) {
        setTo = ticks;
        setAtNanos = clock.nanos();
    }

    void restore(TimeStamp state) {
        kilohertz = state.kilohertz() == 0 ? OWN_KILOHERTZ : state.kilohertz();
        set(state.ticks());
    }
}
