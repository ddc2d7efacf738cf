// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/**
 * System control port B, 0x61: GATE and OUT of counter 2, the speaker's data and the memory refresh's toggle.
 *
 * <p>Not modelled: a speaker; parity and channel-check errors, whose enable bits are kept. The toggle has the rate of a
 * refresh every 18 pulses, whatever counter 1 is programmed to.
 *
 * <p>Threads: the machine's only. Errors: none.
 *
 * @spec IBM PS/2 Hardware Interface Technical Reference, system control port B; Intel 290562 (82371FB/SB), NMISC
 */
public final class SystemControlPortB implements Device, ByteIoDevice, Stateful<SystemControlPortB.PortState> {
    private static final int GATE_2 = 0x01;
    private static final int WRITABLE = 0x0F;
    private static final int REFRESH = 0x10;
    private static final int OUT_2 = 0x20;

    /** Pulses from one refresh to the next: 15.1 microseconds. */
    private static final int REFRESH_PULSES = 18;

    /**
     * What is kept.
     *
     * @param control bits 0 to 3 as written
     */
    public record PortState(int control) {
        public PortState {
            if ((control & ~WRITABLE) != 0) {
                throw new IllegalArgumentException("no state of port B: %#x".formatted(control));
            }
        }
    }

    private final String name;
    private final Pit8254 pit;
    private final VmClock clock;
    private int control;

    public SystemControlPortB(String name, Pit8254 pit, VmClock clock) {
        this.name = Objects.requireNonNull(name);
        this.pit = Objects.requireNonNull(pit);
        this.clock = Objects.requireNonNull(clock);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new PortState(0));
    }

    @Override
    public PortState state() {
        return new PortState(control);
    }

    @Override
    public void restore(PortState state) {
        control = state.control;
        pit.gate2((control & GATE_2) != 0);
    }

    @Override
    public int readByte(int offset) {
        long refreshes = TickRate.PIT.ticksAt(clock.nanos()) / REFRESH_PULSES;
        return control | (refreshes % 2 != 0 ? REFRESH : 0) | (pit.out2() ? OUT_2 : 0);
    }

    @Override
    public void writeByte(int offset, int value) {
        restore(new PortState(value & WRITABLE));
    }
}
