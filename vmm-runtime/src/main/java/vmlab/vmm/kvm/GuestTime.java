// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.CpuState;
import vmlab.vmm.VmClock;

/**
 * Time of a guest that runs at the host's speed: {@link VmClock} moves by the host's monotonic clock while the guest is
 * being run, and by idle time; the guest's time stamp counters follow.
 *
 * <p>The counters are the host's and go on while the guest is held or idle. Before the guest runs again their offset is set so
 * that they have moved by as much as the clock: a hold leaves no gap, and idle time that was skipped has passed for the
 * counters, too. Otherwise Linux, which reads time from them, would wait for the rest of every timer that came early. All CPUs
 * have the same offset to the tick, the boot CPU's, as a guest may not see time go back from one CPU to the other.
 *
 * <p>Not modelled: the Java CPU's rate of 1 GHz; the counters have the host's. Where KVM can't set the offset (before Linux
 * 5.16) the counters are left alone. Threads: a vCPU's that has the turn. Units: nanoseconds.
 */
final class GuestTime {
    private static final long NANOS_PER_MILLISECOND = 1_000_000;

    private final VmClock clock;

    private TimeStampCounter boot;
    private long ticksPerMillisecond;
    private long offset;
    private boolean inside;
    private long enteredAt;
    private long worked;

    /** When the counters and the clock were last brought together: the clock's time, and the host's. */
    private long togetherAt;

    private long togetherAtHost;

    GuestTime(VmClock clock) {
        this.clock = clock;
        clock.useSource(this::nanosWorked, () -> {});
        togetherNow();
    }

    /** Takes in a CPU's counter; the first is the boot CPU's. */
    void add(TimeStampCounter counter) {
        if (boot == null) {
            boot = counter;
            ticksPerMillisecond = counter.kilohertz();
            offset = counter.offset();
        }
    }

    private long nanosWorked() {
        return inside ? worked + System.nanoTime() - enteredAt : worked;
    }

    /** The guest is going to be run by this CPU, and may be already by another. */
    void enter(TimeStampCounter counter) {
        if (!inside) {
            enteredAt = System.nanoTime();
            inside = true;
            bringTogether();
        }
        apply(counter);
    }

    /** The guest isn't run any more. */
    void leave() {
        worked = nanosWorked();
        inside = false;
    }

    /** The counter as the guest would read it now. */
    CpuState.TimeStamp state(TimeStampCounter counter) {
        bringTogether();
        apply(counter);
        return new CpuState.TimeStamp(counter.ticks(), counter.kilohertz());
    }

    /**
     * Has the counters go on from the boot CPU's; at the rate it had if the host's CPU can scale.
     *
     * @return whether it has that rate
     */
    boolean restore(TimeStampCounter counter, CpuState.TimeStamp state) {
        counter.kilohertz(state.kilohertz());
        apply(counter);
        if (!counter.isMovable()) {
            counter.ticks(state.ticks());
        }
        if (counter == boot) {
            ticksPerMillisecond = boot.kilohertz();
            offset += state.ticks() - counter.ticks();
            apply(counter);
            togetherNow();
        }
        return state.kilohertz() == 0 || state.kilohertz() == counter.kilohertz();
    }

    private void apply(TimeStampCounter counter) {
        if (counter.isMovable()) {
            counter.offset(offset);
        }
    }

    private void bringTogether() {
        long before = togetherAt;
        long beforeAtHost = togetherAtHost;
        togetherNow();
        offset += ticks(togetherAt - before - (togetherAtHost - beforeAtHost));
    }

    private void togetherNow() {
        togetherAt = clock.nanos();
        togetherAtHost = System.nanoTime();
    }

    /** In two steps: days of skipped time times a rate in kHz don't fit into a long. */
    private long ticks(long nanos) {
        long milliseconds = Math.floorDiv(nanos, NANOS_PER_MILLISECOND);
        long rest = Math.floorMod(nanos, NANOS_PER_MILLISECOND);
        return milliseconds * ticksPerMillisecond + rest * ticksPerMillisecond / NANOS_PER_MILLISECOND;
    }
}
