// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import vmlab.devices.timer.Counter8254.CounterState;
import vmlab.vmm.ChipSet;
import vmlab.vmm.Device;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/**
 * The 8254 of a back end that brings its own, in the terms of {@link Pit8254}: so one's state can be taken over by the other.
 *
 * <p>Not kept by such a chip: a control word whose count is still to come, and, where it doesn't tell, how far a counter is: it
 * counts as just loaded. It can be given no place within a period either, so periods begin anew; a single count that has
 * ended ends once more.
 *
 * <p>Threads: the machine's, while the guest doesn't run.
 */
public final class VmPit8254 implements Device, Stateful<Pit8254.PitState> {
    /** What such a chip says of a counter that was never given a mode. */
    private static final int NO_MODE = 0xFF;

    private static final int LOW_OCTET = 1;
    private static final int HIGH_OCTET = 2;
    private static final int BOTH_OCTETS = 3;
    private static final int SECOND_OCTET = 4;

    private final String name;
    private final ChipSet chips;
    private final VmClock clock;

    public VmPit8254(String name, ChipSet chips, VmClock clock) {
        this.name = Objects.requireNonNull(name);
        this.chips = Objects.requireNonNull(chips);
        this.clock = Objects.requireNonNull(clock);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new Pit8254("", clock, level -> {}, (source, message) -> {}).state());
    }

    @Override
    public Pit8254.PitState state() {
        List<ChipSet.Counter> counters = chips.timer().counters();
        return new Pit8254.PitState(state(counters.get(0)), state(counters.get(1)), state(counters.get(2)));
    }

    @Override
    public void restore(Pit8254.PitState state) {
        List<CounterState> states = List.of(state.counter0(), state.counter1(), state.counter2());
        chips.timer(new ChipSet.Timer(
                IntStream.range(0, states.size())
                        .mapToObj(n -> counter(states.get(n)))
                        .toList(),
                chips.timer().speaker()));
    }

    private CounterState state(ChipSet.Counter from) {
        long now = TickRate.PIT.ticksAt(clock.nanos());
        if (from.mode() == NO_MODE) {
            return CounterState.powerOn(now, from.gate());
        }
        // One pulse loads it.
        long passed = Math.min(now, TickRate.PIT.ticksAt(Math.max(0, from.elapsedNanos())) + 1);
        Counter8254 counter = new Counter8254(from.gate());
        counter.restore(CounterState.powerOn(now - passed, true));
        counter.control(BOTH_OCTETS << 4 | from.mode() << 1 | (from.bcd() ? 1 : 0));
        counter.write(from.count() & 0xFF);
        counter.write(from.count() >> 8 & 0xFF);
        if (from.mode() == 1 || from.mode() == 5) {
            counter.gate(false);
            counter.gate(true);
        }
        counter.advance(now);
        counter.gate(from.gate());
        return withOctets(counter.state(), from);
    }

    /** The same with what has been written and read of it half. */
    private static CounterState withOctets(CounterState s, ChipSet.Counter from) {
        boolean latched = from.countLatched() != 0;
        boolean highHalfLeft = latched && from.countLatched() == HIGH_OCTET && from.readWrite() == BOTH_OCTETS;
        return new CounterState(
                s.now(),
                s.control() & 0xF | from.readWrite() << 4,
                s.countRegister(),
                s.countWritten(),
                s.nullCount(),
                from.writeState() == SECOND_OCTET,
                from.writeLatch(),
                highHalfLeft || from.readState() == SECOND_OCTET,
                !latched ? Counter8254.NONE : highHalfLeft ? from.latchedCount() << 8 & 0xFFFF : from.latchedCount(),
                from.statusLatched() ? from.status() : Counter8254.NONE,
                s.gate(),
                s.out(),
                s.loadPending(),
                s.counting(),
                s.armed(),
                s.strobing(),
                s.loaded(),
                s.left());
    }

    private static ChipSet.Counter counter(CounterState s) {
        int mode = s.control() >> 1 & 7;
        int octets = s.control() >> 4;
        boolean periodic = (mode & 2) != 0;
        boolean halfRead = s.latchedCount() != Counter8254.NONE && s.readMsbNext();
        int count = s.countWritten() && s.countRegister() != 0 ? s.countRegister() : 0x10000;
        return new ChipSet.Counter(
                s.counting() && s.armed() && !periodic ? s.left() : count,
                s.latchedCount() == Counter8254.NONE ? 0 : halfRead ? s.latchedCount() >> 8 : s.latchedCount(),
                s.latchedCount() == Counter8254.NONE ? 0 : halfRead ? HIGH_OCTET : octets,
                s.latchedStatus() != Counter8254.NONE,
                Math.max(0, s.latchedStatus()),
                next(octets, s.readMsbNext() && !halfRead),
                next(octets, s.msbNext()),
                s.writtenLsb(),
                octets,
                s.countWritten() ? periodic ? mode & 3 : mode : NO_MODE,
                (s.control() & 1) != 0,
                s.gate(),
                -1);
    }

    private static int next(int octets, boolean second) {
        return octets == LOW_OCTET || octets == HIGH_OCTET ? octets : second ? SECOND_OCTET : BOTH_OCTETS;
    }
}
