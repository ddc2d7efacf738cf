// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import vmlab.vmm.ChipSet;

/** Chips of a back end that only keep what they are given, as after power-on at first. */
public final class FakeChips implements ChipSet {
    private static final Pic NEW_PIC = new Pic(0, 0, 0, 0, 0, 0, false, false, false, 0, false, false, false, false, 0);
    private static final Counter NEW_COUNTER = new Counter(0x10000, 0, 0, false, 0, 0, 0, 0, 0, 0xFF, false, true, -1);

    public final List<String> lines = new ArrayList<>();
    private final List<Pic> pics = new ArrayList<>(Collections.nCopies(2, NEW_PIC));
    private Timer timer = new Timer(List.of(NEW_COUNTER, NEW_COUNTER, NEW_COUNTER.withGate(false)), false);

    @Override
    public void line(int number, boolean level) {
        lines.add(number + (level ? " high" : " low"));
    }

    @Override
    public Pic pic(int number) {
        return pics.get(number);
    }

    @Override
    public void pic(int number, Pic state) {
        pics.set(number, state);
    }

    @Override
    public Timer timer() {
        return timer;
    }

    @Override
    public void timer(Timer state) {
        timer = state;
    }
}
