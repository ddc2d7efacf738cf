// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import vmlab.vmm.ChipSet;
import vmlab.vmm.Device;
import vmlab.vmm.Stateful;

/**
 * Port 0x61 of a back end that brings its own timer, in the terms of {@link SystemControlPortB}. Not kept by it: the enable
 * bits of the error checks. Threads: the machine's, while the guest doesn't run.
 */
public final class VmSystemControlPortB implements Device, Stateful<SystemControlPortB.PortState> {
    private static final int GATE_2 = 0x01;
    private static final int SPEAKER_DATA = 0x02;

    private final String name;
    private final ChipSet chips;

    public VmSystemControlPortB(String name, ChipSet chips) {
        this.name = Objects.requireNonNull(name);
        this.chips = Objects.requireNonNull(chips);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new SystemControlPortB.PortState(0));
    }

    @Override
    public SystemControlPortB.PortState state() {
        ChipSet.Timer timer = chips.timer();
        return new SystemControlPortB.PortState(
                (timer.counters().get(2).gate() ? GATE_2 : 0) | (timer.speaker() ? SPEAKER_DATA : 0));
    }

    @Override
    public void restore(SystemControlPortB.PortState state) {
        List<ChipSet.Counter> counters = new ArrayList<>(chips.timer().counters());
        counters.set(2, counters.get(2).withGate((state.control() & GATE_2) != 0));
        chips.timer(new ChipSet.Timer(counters, (state.control() & SPEAKER_DATA) != 0));
    }
}
