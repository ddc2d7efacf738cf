// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.devices.DeviceContract;
import vmlab.devices.DeviceRig;
import vmlab.devices.RecordingLine;
import vmlab.vmm.VmClock;

/** Registers and times are those of the Motorola MC146818 data sheet. */
class Cmos146818Test implements DeviceContract {
    private static final long SECOND = 1_000_000_000;
    private static final long RAM = 256L << 20;
    private static final int A = 0x0A;
    private static final int B = 0x0B;
    private static final int C = 0x0C;
    private static final int D = 0x0D;
    private static final int SET = 0x80;
    private static final int PIE = 0x40;
    private static final int AIE = 0x20;
    private static final int UIE = 0x10;
    private static final int BINARY = 0x04;
    private static final int HOURS_24 = 0x02;

    private final VmClock clock = new VmClock();
    private final RecordingLine irq = new RecordingLine();
    private Cmos146818 cmos = at("2026-03-04T05:06:07Z");

    private Cmos146818 at(String powerOn) {
        return new Cmos146818("cmos", clock, irq, Instant.parse(powerOn), RAM, (s, m) -> {});
    }

    @Override
    public DeviceRig<?> rig() {
        VmClock time = new VmClock();
        Cmos146818 device = new Cmos146818(
                "cmos", time, new RecordingLine(), Instant.parse("1999-12-31T23:59:59.5Z"), RAM, (s, m) -> {});
        return DeviceRig.of(device, time).with(device, 2);
    }

    private int read(int register) {
        cmos.writeByte(Cmos146818.INDEX, register);
        return cmos.readByte(Cmos146818.DATA);
    }

    private void write(int register, int value) {
        cmos.writeByte(Cmos146818.INDEX, register);
        cmos.writeByte(Cmos146818.DATA, value);
    }

    private void pass(long nanos) {
        long until = clock.nanos() + nanos;
        while (clock.nextDeadline() <= until) {
            clock.skipTo(clock.nextDeadline());
            clock.fireDue();
        }
        clock.skipTo(until);
    }

    /** Century, year, month, day, hours, minutes, seconds in hexadecimal. */
    private String time() {
        return "%02x%02x-%02x-%02x %02x:%02x:%02x"
                .formatted(read(0x32), read(9), read(8), read(7), read(4), read(2), read(0));
    }

    @ParameterizedTest(name = "{0} plus {1} s is {2}, day {3}")
    @CsvSource({
        "1999-12-31T23:59:59Z, 1, 2000-01-01 00:00:00, 7",
        "2000-02-28T23:59:58Z, 2, 2000-02-29 00:00:00, 3",
        "2100-02-28T12:00:00Z, 86400, 2100-03-01 12:00:00, 2",
        "2016-12-31T23:59:59Z, 1, 2017-01-01 00:00:00, 1",
        "2038-01-19T03:14:07Z, 1, 2038-01-19 03:14:08, 3",
        "2026-03-04T05:06:07Z, 31536000, 2027-03-04 05:06:07, 5",
    })
    void famousMoments(String powerOn, long seconds, String expected, int dayOfWeek) {
        cmos = at(powerOn);
        pass(seconds * SECOND);
        assertEquals(expected, time());
        assertEquals(dayOfWeek, read(6));
    }

    @ParameterizedTest(name = "register B {0}: hour {1} is {2}")
    @CsvSource({
        "0x02, 0, 0x00",
        "0x02, 12, 0x12",
        "0x02, 23, 0x23",
        "0x06, 0, 0x00",
        "0x06, 12, 0x0C",
        "0x06, 23, 0x17",
        "0x00, 0, 0x12",
        "0x00, 1, 0x01",
        "0x00, 12, 0x92",
        "0x00, 23, 0x91",
        "0x04, 0, 0x0C",
        "0x04, 11, 0x0B",
        "0x04, 12, 0x8C",
        "0x04, 13, 0x81",
    })
    @DisplayName("Table 3: data modes")
    void hoursHaveFourForms(String registerB, int hour, String register) {
        int mode = Integer.decode(registerB);
        RtcFormat format = new RtcFormat((mode & BINARY) != 0, (mode & HOURS_24) != 0);
        assertEquals(Integer.decode(register), format.encodeHour(hour));
        assertEquals(hour, format.decodeHour(format.encodeHour(hour)));
    }

    @Test
    @DisplayName("SET: updates stop, the guest sets the time, updates go on")
    void theTimeCanBeSet() {
        write(B, SET | HOURS_24);
        int[] registers = {0x32, 9, 8, 7, 4, 2, 0};
        int[] values = {0x20, 0x30, 0x12, 0x31, 0x23, 0x59, 0x58};
        for (int i = 0; i < registers.length; i++) {
            write(registers[i], values[i]);
        }
        pass(5 * SECOND);
        assertEquals("2030-12-31 23:59:58", time());
        write(B, HOURS_24);
        pass(2 * SECOND);
        assertEquals("2031-01-01 00:00:00", time());
    }

    @Test
    @DisplayName("Figure 16: UIP rises 244 us before the update cycle of 1984 us and falls with it")
    void updateInProgress() {
        pass(SECOND - 2_228_000 - 1);
        assertEquals(0, read(A) & 0x80);
        pass(1);
        assertEquals(0x80, read(A) & 0x80);
        assertEquals(0x07, read(0), "still the old time");
        pass(2_228_000 - 1);
        assertEquals(0x80, read(A) & 0x80);
        pass(1);
        assertEquals(0, read(A) & 0x80);
        assertEquals(0x08, read(0));
    }

    @Test
    @DisplayName("Register B: SET clears UIE")
    void setClearsTheUpdateInterrupt() {
        write(B, SET | UIE | AIE | HOURS_24);
        assertEquals(SET | AIE | HOURS_24, read(B));
    }

    @Test
    void setKeepsUipLow() {
        write(B, SET | HOURS_24);
        pass(SECOND - 1000);
        assertEquals(0, read(A) & 0x80);
    }

    @Test
    @DisplayName("Register C: flags without interrupts, cleared by reading")
    void flagsAreSetWithoutBeingEnabled() {
        pass(SECOND);
        assertEquals(0x50, read(C), "periodic and update-ended, no IRQF");
        assertEquals(0, read(C));
        assertFalse(irq.level());
        assertEquals(Long.MAX_VALUE, clock.nextDeadline(), "no alarm is set for nobody");
    }

    @Test
    @DisplayName("Update-ended interrupt, once a second")
    void updateEndedInterrupt() {
        read(C);
        write(B, UIE | HOURS_24);
        pass(SECOND);
        assertTrue(irq.level());
        assertEquals(0x90, read(C) & 0xB0);
        assertFalse(irq.level(), "reading C lets go of the line");
        pass(3 * SECOND);
        assertEquals(2, irq.rises(), "unread flags make no new edge");
    }

    @ParameterizedTest(name = "rate {0}: {1} Hz")
    @CsvSource({"1, 256", "2, 128", "3, 8192", "6, 1024", "13, 8", "15, 2"})
    @DisplayName("Table 5: periodic interrupt rates")
    void periodicInterrupt(int rate, int hertz) {
        write(A, 0x20 | rate);
        read(C);
        write(B, PIE | HOURS_24);
        int interrupts = 0;
        long end = clock.nanos() + SECOND;
        while (clock.nextDeadline() <= end) {
            clock.skipTo(clock.nextDeadline());
            clock.fireDue();
            assertTrue(irq.level());
            assertEquals(0xC0, read(C) & 0xC0);
            interrupts++;
        }
        assertEquals(hertz, interrupts);
    }

    @ParameterizedTest(name = "alarm {0}:{1}:{2} comes after {3} s")
    @CsvSource({
        "0x05, 0x06, 0x09, 2",
        "0xC0, 0xFF, 0x00, 53",
        "0xC0, 0x00, 0x00, 3233",
        "0x05, 0x06, 0x07, 86400",
    })
    @DisplayName("Alarm bytes from 0xC0 match anything")
    void alarm(String hours, String minutes, String seconds, int expected) {
        write(5, Integer.decode(hours));
        write(3, Integer.decode(minutes));
        write(1, Integer.decode(seconds));
        read(C);
        write(B, AIE | HOURS_24);
        pass(expected * SECOND - 1);
        assertFalse(irq.level());
        pass(1);
        assertTrue(irq.level());
        assertEquals(0xA0, read(C) & 0xA0);
    }

    @Test
    void anAlarmIsSeenAfterwardsEvenIfNobodyWaited() {
        write(5, 0x06);
        write(3, 0x00);
        write(1, 0x00);
        read(C);
        pass(40 * 60 * SECOND);
        assertEquals(0, read(C) & 0x20);
        pass(20 * 60 * SECOND);
        assertEquals(0x20, read(C) & 0x20);
    }

    @Test
    @DisplayName("Divider reset: the first update comes half a second after release")
    void dividerReset() {
        write(A, 0x76);
        pass(10 * SECOND);
        assertEquals("2026-03-04 05:06:07", time());
        write(A, 0x26);
        pass(SECOND / 2 - 1);
        assertEquals("2026-03-04 05:06:07", time());
        pass(1);
        assertEquals("2026-03-04 05:06:08", time());
    }

    @Test
    void datesThatDontExistCountOn() {
        write(7, 0x31);
        write(8, 0x02);
        assertEquals("2026-02-31 05:06:07", time(), "kept as written until the next update");
        pass(SECOND);
        assertEquals("2026-02-28 05:06:08", time());
    }

    @Test
    void memoryIsDescribedAsByABios() {
        assertEquals(640, read(0x15) | read(0x16) << 8);
        assertEquals(0xFFFF, read(0x17) | read(0x18) << 8, "more than 64 MB doesn't fit");
        assertEquals(0xFFFF, read(0x30) | read(0x31) << 8);
        assertEquals((256 - 16) * 16, read(0x34) | read(0x35) << 8, "64 KB units above 16 MB");
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++) {
            sum += read(i);
        }
        assertEquals(sum, read(0x2E) << 8 | read(0x2F), "checksum of the standard bytes");
    }

    @Test
    void theRestIsMemory() {
        for (int i = 0x40; i < 0x80; i++) {
            write(i, 0xFF - i);
        }
        for (int i = 0x40; i < 0x80; i++) {
            assertEquals(0xFF - i, read(0x80 | i), "bit 7 of the index is the NMI mask");
        }
        assertEquals(0xFF, cmos.readByte(Cmos146818.INDEX), "and is kept");
        write(D, 0);
        assertEquals(0x80, read(D), "the battery is good for ever");
    }

    @Test
    void restoringRaisesTheLineAndSetsTheAlarm() {
        read(C);
        write(B, UIE | HOURS_24);
        Cmos146818.CmosState waiting = cmos.state();
        pass(SECOND);
        Cmos146818.CmosState raised = cmos.state();
        VmClock otherClock = new VmClock();
        RecordingLine line = new RecordingLine();
        Cmos146818 other = new Cmos146818("cmos", otherClock, line, Instant.EPOCH, RAM, (s, m) -> {});
        other.restore(waiting);
        assertFalse(line.level());
        otherClock.skipTo(SECOND);
        otherClock.fireDue();
        assertTrue(line.level());
        other.restore(waiting);
        assertFalse(line.level());
        other.restore(raised);
        assertTrue(line.level());
    }

    @Test
    void impossibleChipsAreNoState() {
        assertThrows(IllegalArgumentException.class, () -> new Cmos146818.CmosState(0, new byte[127], 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Cmos146818.CmosState(0, new byte[128], 0, 0));
    }
}
