// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Instant;
import java.util.Objects;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.SoftCpu;

/**
 * What a lab is told once.
 *
 * @param pace of machines that are started from now on; {@link Lab#pace(Pace)} changes it
 * @param guestTime what the guests' clocks show at power-on
 * @param boots guests that have booted before
 * @param softCpu how the CPU in Java executes, where it is the back end
 */
public record LabSettings(
        Backend backend,
        Pace pace,
        GuestFiles guest,
        Progress progress,
        Instant guestTime,
        BootCache boots,
        SoftCpu softCpu) {
    /** The wall-clock time guests see unless told otherwise, so that two runs see the same. */
    public static final Instant DEFAULT_GUEST_TIME = Instant.parse("2026-01-01T00:00:00Z");

    public LabSettings {
        Objects.requireNonNull(backend);
        Objects.requireNonNull(pace);
        Objects.requireNonNull(guest);
        Objects.requireNonNull(progress);
        Objects.requireNonNull(guestTime);
        Objects.requireNonNull(boots);
        Objects.requireNonNull(softCpu);
    }

    /** The same with a CPU in Java that compiles. */
    public LabSettings(
            Backend backend, Pace pace, GuestFiles guest, Progress progress, Instant guestTime, BootCache boots) {
        this(backend, pace, guest, progress, guestTime, boots, SoftCpu.COMPILER);
    }

    /** Of a lab whose guests boot each time. */
    public LabSettings(Backend backend, Pace pace, GuestFiles guest, Progress progress, Instant guestTime) {
        this(backend, pace, guest, progress, guestTime, BootCache.none(), SoftCpu.COMPILER);
    }
}
