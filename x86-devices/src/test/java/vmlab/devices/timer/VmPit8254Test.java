// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.devices.FakeChips;
import vmlab.devices.RecordingLine;
import vmlab.vmm.ChipSet;
import vmlab.vmm.VmClock;

/** States of the machine's 8254 and port 0x61 that go through those of a back end. */
class VmPit8254Test {
    private static final long SECOND = 1_000_000_000;
    private static final int BOTH = 0x30;

    private final VmClock clock = new VmClock();
    private final FakeChips chips = new FakeChips();
    private final VmPit8254 brought = new VmPit8254("pit", chips, clock);
    private final RecordingLine irq = new RecordingLine();
    private final Pit8254 from = pit(irq);
    private final Pit8254 to = pit(new RecordingLine());

    private Pit8254 pit(RecordingLine line) {
        return new Pit8254("pit", clock, line, (source, message) -> {});
    }

    private void pass(long nanos) {
        clock.skipTo(clock.nanos() + nanos);
        clock.fireDue();
    }

    private void program(int counter, int mode, int count) {
        from.writeByte(Pit8254.CONTROL, counter << 6 | BOTH | mode << 1);
        from.writeByte(counter, count & 0xFF);
        from.writeByte(counter, count >> 8);
    }

    private void move() {
        brought.restore(from.state());
        to.restore(brought.state());
    }

    private static int latched(Pit8254 pit, int counter) {
        pit.writeByte(Pit8254.CONTROL, counter << 6);
        return pit.readByte(counter) | pit.readByte(counter) << 8;
    }

    @Test
    void aNewTimerIsAsOurs() {
        pass(SECOND);
        from.reset();
        assertEquals(from.state(), brought.state());
        brought.reset();
        assertEquals(from.state(), brought.state());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void aPeriodicCounterTicksOn(int mode) {
        program(0, mode, 1193);
        pass(SECOND / 3);
        move();

        assertEquals(1193, chips.timer().counters().get(0).count());
        assertEquals(mode, chips.timer().counters().get(0).mode());
        RecordingLine ticks = new RecordingLine();
        Pit8254 last = pit(ticks);
        last.restore(brought.state());
        int before = ticks.rises();
        for (int i = 0; i < 100; i++) {
            pass(SECOND / 10_000);
        }
        assertEquals(10, ticks.rises() - before, 1);
    }

    @Test
    void aSingleCountGoesOnFromWhereItWas() {
        program(0, 0, 50_000);
        pass(SECOND / 100);
        int left = latched(from, 0);
        move();

        assertEquals(left, chips.timer().counters().get(0).count(), 1);
        assertEquals(left, latched(to, 0), 2);
    }

    @Test
    void elapsedTimeThatIsKnownIsAccountedFor() {
        from.gate2(true);
        program(2, 0, 50_000);
        brought.restore(from.state());
        ChipSet.Timer timer = chips.timer();
        ChipSet.Counter c = timer.counters().get(2);
        pass(SECOND / 100);
        chips.timer(new ChipSet.Timer(
                List.of(
                        timer.counters().get(0),
                        timer.counters().get(1),
                        new ChipSet.Counter(
                                50_000,
                                0,
                                0,
                                false,
                                0,
                                c.readState(),
                                c.writeState(),
                                0,
                                3,
                                0,
                                false,
                                true,
                                SECOND / 100)),
                false));
        to.restore(brought.state());

        assertEquals(latched(from, 2), latched(to, 2), 3);
        assertFalse(to.out2());
        pass(SECOND / 20);
        assertTrue(to.out2());
    }

    @Test
    void halfOfWhatIsWrittenOrReadIsKept() {
        program(2, 3, 0x1234);
        from.writeByte(Pit8254.CONTROL, 2 << 6);
        from.readByte(2);
        from.writeByte(2, 0x78);
        move();

        assertEquals(latched(from, 2) >> 8, latched(to, 2) >> 8);
        from.writeByte(2, 0x56);
        to.writeByte(2, 0x56);
        assertEquals(
                from.state().counter2().countRegister(), to.state().counter2().countRegister());
    }

    @Test
    void portBHasGateAndSpeaker() {
        VmSystemControlPortB port = new VmSystemControlPortB("port61", chips);
        assertEquals(new SystemControlPortB.PortState(0), port.state());
        port.restore(new SystemControlPortB.PortState(3));
        assertTrue(chips.timer().counters().get(2).gate());
        assertEquals(new SystemControlPortB.PortState(3), port.state());
        port.reset();
        assertEquals(new SystemControlPortB.PortState(0), port.state());
    }
}
