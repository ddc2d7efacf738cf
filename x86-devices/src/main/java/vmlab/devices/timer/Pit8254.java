// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/**
 * An 8254 programmable interval timer as in a PC: offsets 0 to 2 are the counters, 3 is the control word. OUT 0 is an
 * interrupt line, GATE 0 and 1 are tied high, GATE 2 and OUT 2 go to port 0x61.
 *
 * <p>All times follow from {@link VmClock#nanos()} at 1193182 Hz in integers, so there is no drift. If the machine gets
 * to an alarm late, the periods it missed make one edge.
 *
 * <p>Not modelled: values read while OUT or the counting element is undefined (before a control word and before a count:
 * they are at rest), the fraction of a pulse between a write and the next CLK.
 *
 * <p>Threads: the machine's only. Errors: a count of 1 in modes 2 and 3 is reported and works as 2.
 *
 * @spec Intel 231164, 8254 data sheet: programming, read operations, mode definitions
 */
public final class Pit8254 implements Device, ByteIoDevice, Stateful<Pit8254.PitState> {
    /** Offset of the control word. */
    public static final int CONTROL = 3;

    private static final int COUNTERS = 3;
    private static final int READ_BACK = 3;
    private static final int READ_BACK_NO_COUNT = 0x20;
    private static final int READ_BACK_NO_STATUS = 0x10;
    private static final int SPEAKER = 2;

    /** All three counters. */
    public record PitState(
            Counter8254.CounterState counter0, Counter8254.CounterState counter1, Counter8254.CounterState counter2) {
        public PitState {
            Objects.requireNonNull(counter0);
            Objects.requireNonNull(counter1);
            Objects.requireNonNull(counter2);
        }
    }

    private final String name;
    private final VmClock clock;
    private final IrqLine irq;
    private final GuestEvents events;
    private final VmClock.Alarm alarm;
    private final Counter8254[] counters = {new Counter8254(true), new Counter8254(true), new Counter8254(false)};
    private long alarmPulse = Counter8254.NEVER;

    /**
     * A timer as after power-on.
     *
     * @param irq OUT of counter 0
     */
    public Pit8254(String name, VmClock clock, IrqLine irq, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.clock = Objects.requireNonNull(clock);
        this.irq = Objects.requireNonNull(irq);
        this.events = Objects.requireNonNull(events);
        alarm = clock.alarm(this::alarmFired);
        reset();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        long pulse = pulse();
        restore(new PitState(
                Counter8254.CounterState.powerOn(pulse, true),
                Counter8254.CounterState.powerOn(pulse, true),
                Counter8254.CounterState.powerOn(pulse, false)));
    }

    @Override
    public PitState state() {
        synchronise();
        return new PitState(counters[0].state(), counters[1].state(), counters[2].state());
    }

    @Override
    public void restore(PitState state) {
        counters[0].restore(state.counter0);
        counters[1].restore(state.counter1);
        counters[2].restore(state.counter2);
        alarm.cancel();
        alarmPulse = Counter8254.NEVER;
        settle();
    }

    @Override
    public int readByte(int offset) {
        if (offset >= COUNTERS) {
            return 0xFF;
        }
        synchronise();
        return counters[offset].read();
    }

    @Override
    public void writeByte(int offset, int value) {
        synchronise();
        if (offset >= COUNTERS) {
            writeControl(value);
        } else {
            counters[offset].write(value);
            if (counters[offset].hasIllegalCount()) {
                events.report(name, "counter %d: a count of 1 is illegal in its mode".formatted(offset));
            }
        }
        settle();
    }

    /** The level at GATE of counter 2. */
    public void gate2(boolean level) {
        synchronise();
        counters[SPEAKER].gate(level);
    }

    /** The level at GATE of counter 2. */
    public boolean gate2() {
        return counters[SPEAKER].gate();
    }

    /** The level of OUT of counter 2 now. */
    public boolean out2() {
        synchronise();
        return counters[SPEAKER].out();
    }

    private void writeControl(int word) {
        int selected = word >> 6;
        if (selected == READ_BACK) {
            readBack(word);
        } else if ((word & 0x30) == 0) {
            counters[selected].latchCount();
        } else {
            counters[selected].control(word);
        }
    }

    private void readBack(int word) {
        for (int i = 0; i < COUNTERS; i++) {
            if ((word & 2 << i) == 0) {
                continue;
            }
            if ((word & READ_BACK_NO_COUNT) == 0) {
                counters[i].latchCount();
            }
            if ((word & READ_BACK_NO_STATUS) == 0) {
                counters[i].latchStatus();
            }
        }
    }

    private long pulse() {
        return TickRate.PIT.ticksAt(clock.nanos());
    }

    private void synchronise() {
        long pulse = pulse();
        for (Counter8254 counter : counters) {
            counter.advance(pulse);
        }
        settle();
    }

    private void alarmFired() {
        alarmPulse = Counter8254.NEVER;
        synchronise();
    }

    /** Passes on what OUT 0 has done and sets the alarm for what it will do. */
    private void settle() {
        Counter8254 counter = counters[0];
        if (counter.takeRise()) {
            irq.set(false);
            irq.set(true);
        }
        irq.set(counter.out());
        long next = counter.nextChange();
        if (next == alarmPulse) {
            return;
        }
        alarmPulse = next;
        if (next == Counter8254.NEVER) {
            alarm.cancel();
        } else {
            alarm.at(TickRate.PIT.nanosAt(next));
        }
    }
}
