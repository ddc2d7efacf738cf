// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** Figures and modes are those of the 8254 data sheet (Intel 231164). Pulses are counted from the last write. */
class Pit8254Test implements DeviceContract {
    private static final int CONTROL = Pit8254.CONTROL;
    private static final int COUNTER_2 = 0x80;
    private static final int LSB_ONLY = 0x10;
    private static final int MSB_ONLY = 0x20;
    private static final int BOTH = 0x30;
    private static final int BCD = 1;

    private final VmClock clock = new VmClock();
    private final RecordingLine irq = new RecordingLine();
    private final List<String> reports = new ArrayList<>();
    private final Pit8254 pit = new Pit8254("pit", clock, irq, (s, m) -> reports.add(m));
    private long pulse;

    @Override
    public DeviceRig<?> rig() {
        VmClock time = new VmClock();
        Pit8254 device = new Pit8254("pit", time, new RecordingLine(), (s, m) -> {});
        return DeviceRig.of(device, time).with(device, 4);
    }

    private void pass(long pulses) {
        pulse += pulses;
        clock.skipTo(TickRate.PIT.nanosAt(pulse));
        clock.fireDue();
    }

    /** OUT 2 now and after each of some pulses. */
    private String wave(int pulses) {
        StringBuilder levels = new StringBuilder();
        levels.append(pit.out2() ? '1' : '0');
        for (int i = 0; i < pulses; i++) {
            pass(1);
            levels.append(pit.out2() ? '1' : '0');
        }
        return levels.toString();
    }

    private int latched(int counter) {
        pit.writeByte(CONTROL, counter << 6);
        int lsb = pit.readByte(counter);
        return lsb | pit.readByte(counter) << 8;
    }

    private void program(int mode, int lsb) {
        pit.writeByte(CONTROL, COUNTER_2 | LSB_ONLY | mode << 1);
        pit.writeByte(2, lsb);
    }

    @ParameterizedTest(name = "figure {0}: mode {1}, count {2}")
    @CsvSource({
        "15, 0, 4, 00000111111",
        "17, 2, 3, 11101101101",
        "18, 3, 4, 11100110011",
        "18, 3, 5, 11110011100",
        "19, 4, 3, 11110111111",
    })
    void softwareStartedModesFollowTheFigures(int figure, int mode, int count, String expected) {
        pit.gate2(true);
        program(mode, count);
        assertEquals(expected, wave(10));
    }

    @ParameterizedTest(name = "figure {0}: mode {1}, count 3, triggered")
    @CsvSource({"16, 1, 10001111111", "20, 5, 11110111111"})
    void hardwareTriggeredModesFollowTheFigures(int figure, int mode, String expected) {
        program(mode, 3);
        assertEquals("1111", wave(3), "nothing happens without a trigger");
        pit.gate2(true);
        assertEquals(expected, wave(10));
    }

    @Test
    @DisplayName("Figure 16: mode 1 is retriggerable")
    void theOneShotCanBeRetriggered() {
        program(1, 3);
        pit.gate2(true);
        pass(3);
        pit.gate2(false);
        pit.gate2(true);
        assertEquals("00001", wave(4));
    }

    @Test
    @DisplayName("Figure 15: GATE low suspends mode 0; a count is loaded nevertheless")
    void gateSuspendsModeZero() {
        program(0, 4);
        pass(10);
        assertFalse(pit.out2());
        pit.gate2(true);
        assertEquals("00001", wave(4), "N pulses after GATE; none is needed to load");
    }

    @Test
    @DisplayName("Figure 17: GATE low forces OUT of mode 2 high, its edge reloads")
    void gateRestartsTheRateGenerator() {
        pit.gate2(true);
        program(2, 3);
        pass(3);
        assertFalse(pit.out2());
        pit.gate2(false);
        assertTrue(pit.out2());
        pass(5);
        pit.gate2(true);
        assertEquals("11101", wave(4));
    }

    @Test
    @DisplayName("Mode 0: the first byte of a new count stops the counter")
    void theFirstByteOfTwoStopsModeZero() {
        pit.gate2(true);
        pit.writeByte(CONTROL, COUNTER_2 | BOTH);
        pit.writeByte(2, 10);
        pit.writeByte(2, 0);
        pass(5);
        pit.writeByte(2, 3);
        pass(100);
        assertFalse(pit.out2());
        pit.writeByte(2, 0);
        assertEquals("00001", wave(4));
    }

    @Test
    @DisplayName("Mode 2: a new count waits for the end of the cycle, mode 3: of the half cycle")
    void aNewCountWaitsForTheReload() {
        pit.gate2(true);
        program(2, 4);
        pass(2);
        pit.writeByte(2, 2);
        assertEquals("1101010", wave(6));
        program(3, 8);
        pass(2);
        pit.writeByte(2, 2);
        assertEquals("1110101", wave(6));
    }

    @Test
    @DisplayName("Mode 3 counts down by two, from an even number")
    void theSquareWaveCountsByTwo() {
        pit.gate2(true);
        pit.writeByte(CONTROL, COUNTER_2 | BOTH | 3 << 1);
        pit.writeByte(2, 5);
        pit.writeByte(2, 0);
        int[] expected = {4, 2, 0, 4, 2, 4, 2, 0};
        for (int count : expected) {
            pass(1);
            assertEquals(count, latched(2));
        }
    }

    @Test
    @DisplayName("Counter latch: held until read, a second latch is ignored")
    void theLatchHolds() {
        pit.gate2(true);
        pit.writeByte(CONTROL, COUNTER_2 | BOTH);
        pit.writeByte(2, 0x34);
        pit.writeByte(2, 0x12);
        pass(1);
        pit.writeByte(CONTROL, COUNTER_2);
        pass(0x100);
        pit.writeByte(CONTROL, COUNTER_2);
        assertEquals(0x34, pit.readByte(2));
        assertEquals(0x12, pit.readByte(2));
        assertEquals(0x34, pit.readByte(2), "unlatched: the running count");
        assertEquals(0x11, pit.readByte(2));
    }

    @Test
    @DisplayName("Read-back: status first, then count; NULL COUNT until the load")
    void readBack() {
        pit.gate2(true);
        pit.writeByte(CONTROL, COUNTER_2 | BOTH | 2 << 1);
        pit.writeByte(2, 0x34);
        pit.writeByte(2, 0x12);
        pit.writeByte(CONTROL, 0xE8);
        assertEquals(0xF4, pit.readByte(2), "OUT high, null count, both bytes, mode 2, binary");
        pass(1);
        pit.writeByte(CONTROL, 0xC8);
        assertEquals(0xB4, pit.readByte(2));
        assertEquals(0x34, pit.readByte(2));
        assertEquals(0x12, pit.readByte(2));
    }

    @Test
    @DisplayName("Count of 0 is 10^4 in BCD and 2^16 in binary")
    void zeroIsTheLargestCount() {
        pit.gate2(true);
        pit.writeByte(CONTROL, COUNTER_2 | BOTH | BCD);
        pit.writeByte(2, 0);
        pit.writeByte(2, 0);
        pass(2);
        assertEquals(0x9999, latched(2));
        pass(9998);
        assertFalse(pit.out2());
        pass(1);
        assertTrue(pit.out2());
        pit.writeByte(CONTROL, COUNTER_2 | MSB_ONLY);
        pit.writeByte(2, 0);
        pass(0x10000);
        assertFalse(pit.out2());
        pass(1);
        assertTrue(pit.out2());
    }

    @Test
    void modeBitsXAreIgnored() {
        pit.gate2(true);
        program(6, 3);
        assertEquals("11101101101", wave(10));
    }

    @Test
    void aCountOfOneIsReportedInPeriodicModes() {
        program(2, 1);
        assertEquals(1, reports.size());
        program(0, 1);
        assertEquals(1, reports.size());
    }

    @ParameterizedTest(name = "mode {0}: 250 Hz for ten minutes")
    @CsvSource({"2", "3"})
    void periodicInterruptsDontDrift(int mode) {
        int count = 4773;
        pit.writeByte(CONTROL, BOTH | mode << 1);
        pit.writeByte(0, count & 0xFF);
        pit.writeByte(0, count >> 8);
        irq.set(false);
        irq.set(true);
        int before = irq.rises();
        while (clock.nextDeadline() <= 600 * TickRate.NANOS_PER_SECOND) {
            clock.skipTo(clock.nextDeadline());
            clock.fireDue();
        }
        long pulses = TickRate.PIT.ticksAt(600 * TickRate.NANOS_PER_SECOND);
        assertEquals((pulses - 1) / count, irq.rises() - before);
    }

    @Test
    void aLateMachineSeesOneEdge() {
        pit.writeByte(CONTROL, LSB_ONLY | 2 << 1);
        pit.writeByte(0, 100);
        pass(1);
        int before = irq.rises();
        pass(1_000_050);
        assertEquals(before + 1, irq.rises());
        assertTrue(irq.level());
    }

    @Test
    @DisplayName("Mode 4 on counter 0 interrupts once, at the end of the strobe")
    void oneShotInterrupt() {
        pit.writeByte(CONTROL, LSB_ONLY | 4 << 1);
        pit.writeByte(0, 20);
        int before = irq.rises();
        for (int i = 0; i < 21; i++) {
            pass(1);
        }
        assertFalse(irq.level());
        pass(1000);
        assertEquals(before + 1, irq.rises());
        assertEquals(Long.MAX_VALUE, clock.nextDeadline(), "nothing is left to wait for");
    }

    @Test
    @DisplayName("Looking at every pulse or never makes no difference")
    void jumpsEqualSteps() {
        Random random = new Random(3);
        VmClock otherClock = new VmClock();
        Pit8254 other = new Pit8254("pit", otherClock, new RecordingLine(), (s, m) -> {});
        for (int round = 0; round < 3000; round++) {
            int offset = random.nextInt(4);
            int value = random.nextInt(256) & (offset < 3 ? 0x0F : 0xFF);
            boolean gate = random.nextInt(4) != 0;
            pit.writeByte(offset, value);
            other.writeByte(offset, value);
            pit.gate2(gate);
            other.gate2(gate);
            int pulses = random.nextInt(60);
            wave(pulses);
            otherClock.skipTo(TickRate.PIT.nanosAt(pulse));
            assertEquals(pit.state(), other.state(), "round " + round);
        }
    }

    @Test
    void restoringSetsTheAlarmAgain() {
        pit.writeByte(CONTROL, LSB_ONLY | 2 << 1);
        pit.writeByte(0, 100);
        VmClock otherClock = new VmClock();
        RecordingLine otherIrq = new RecordingLine();
        Pit8254 other = new Pit8254("pit", otherClock, otherIrq, (s, m) -> {});
        other.restore(pit.state());
        assertTrue(otherIrq.level());
        otherClock.skipTo(TickRate.PIT.nanosAt(101));
        otherClock.fireDue();
        assertEquals(2, otherIrq.rises());
    }

    @Test
    void restoringItsOwnStateKeepsTheTick() {
        pit.writeByte(CONTROL, LSB_ONLY | 2 << 1);
        pit.writeByte(0, 100);
        pass(10);
        int before = irq.rises();
        pit.restore(pit.state());
        pass(91);
        assertEquals(before + 1, irq.rises());
    }

    @Test
    void impossibleCountersAreNoState() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new Counter8254.CounterState(
                        0, 0x30, 0, false, true, false, 0, false, -1, -1, true, false, false, false, false, false, 1,
                        0));
    }
}
