// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Objects;
import vmlab.vmm.ByteIoDevice;
import vmlab.vmm.Device;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.IrqLine;
import vmlab.vmm.Stateful;
import vmlab.vmm.VmClock;

/**
 * The MC146818 real-time clock of a PC with 128 bytes of CMOS memory: offset 0 is the index (port 0x70), 1 the data.
 *
 * <p>The time of day is UTC: an instant at power-on plus the machine's time. Register 0x32 is the century and is counted
 * on, as chip sets do. The bytes that tell the amount of memory, and the checksum over them, are as a BIOS leaves them.
 * An update takes place at the end of a cycle of 244 + 1984 microseconds during which UIP is set; registers read in it
 * show the old time.
 *
 * <p>Not modelled: daylight saving (its enable bit is reported), the square wave, time bases other than 32768 Hz (the
 * clock stands still), the NMI mask in bit 7 of the index, which is kept. The battery is always good.
 *
 * <p>Threads: the machine's only. Errors: dates that don't exist count on from the nearest one that does.
 *
 * @spec Motorola MC146818 data sheet: address map, registers A to D, update cycle
 */
public final class Cmos146818 implements Device, ByteIoDevice, Stateful<Cmos146818.CmosState> {
    /** Offset of the index register. */
    public static final int INDEX = 0;

    /** Offset of the data register. */
    public static final int DATA = 1;

    private static final int REGISTERS = 128;

    private static final int SECONDS = 0x00;
    private static final int SECONDS_ALARM = 0x01;
    private static final int MINUTES = 0x02;
    private static final int MINUTES_ALARM = 0x03;
    private static final int HOURS = 0x04;
    private static final int HOURS_ALARM = 0x05;
    private static final int DAY_OF_WEEK = 0x06;
    private static final int DAY = 0x07;
    private static final int MONTH = 0x08;
    private static final int YEAR = 0x09;
    private static final int A = 0x0A;
    private static final int B = 0x0B;
    private static final int C = 0x0C;
    private static final int D = 0x0D;
    private static final int EQUIPMENT = 0x14;
    private static final int BASE_MEMORY_KB = 0x15;
    private static final int EXTENDED_MEMORY_KB = 0x17;
    private static final int CHECKED_FIRST = 0x10;
    private static final int CHECKED_LAST = 0x2D;
    private static final int CHECKSUM = 0x2E;
    private static final int EXTENDED_MEMORY_KB_AGAIN = 0x30;
    private static final int CENTURY = 0x32;
    private static final int MEMORY_ABOVE_16_MB = 0x34;

    private static final int A_UIP = 0x80;
    private static final int A_DV = 0x70;
    private static final int A_DV_RUN = 0x20;
    private static final int A_RS = 0x0F;

    private static final int B_SET = 0x80;
    private static final int B_UIE = 0x10;
    private static final int B_AIE = 0x20;
    private static final int B_PIE = 0x40;
    private static final int B_BINARY = 0x04;
    private static final int B_24_HOURS = 0x02;
    private static final int B_DSE = 0x01;

    private static final int C_IRQF = 0x80;
    private static final int C_PF = 0x40;
    private static final int C_AF = 0x20;
    private static final int C_UF = 0x10;

    private static final int D_VRT = 0x80;

    /** Alarm registers from here on match anything. */
    private static final int ALARM_ANY = 0xC0;

    private static final int EQUIPMENT_COPROCESSOR = 0x02;
    private static final int SECONDS_PER_DAY = 86_400;

    /** The update cycle for a 32768 Hz time base with UIP's warning before it (table 6 of the data sheet). */
    private static final long UIP_NANOS = (244 + 1984) * 1000L;

    /** A released divider chain makes its first update half a second later. */
    private static final long FIRST_UPDATE_NANOS = TickRate.NANOS_PER_SECOND / 2;

    /**
     * All of the chip.
     *
     * @param index as written to port 0x70
     * @param registers the 128 bytes; register A without UIP
     * @param updateAtNanos when the divider chain completes its second
     * @param seenNanos up to when the flags of register C are accounted for
     */
    public record CmosState(int index, byte[] registers, long updateAtNanos, long seenNanos) {
        public CmosState {
            if ((index & ~0xFF) != 0 || registers.length != REGISTERS || updateAtNanos <= seenNanos) {
                throw new IllegalArgumentException("no state of an MC146818");
            }
            registers = registers.clone();
        }

        @Override
        public byte[] registers() {
            return registers.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof CmosState that
                    && index == that.index
                    && Arrays.equals(registers, that.registers)
                    && updateAtNanos == that.updateAtNanos
                    && seenNanos == that.seenNanos;
        }

        @Override
        public int hashCode() {
            return Objects.hash(index, Arrays.hashCode(registers), updateAtNanos, seenNanos);
        }
    }

    private final String name;
    private final VmClock clock;
    private final IrqLine irq;
    private final Instant powerOnTime;
    private final long ramBytes;
    private final GuestEvents events;
    private final VmClock.Alarm alarm;
    private final int[] registers = new int[REGISTERS];
    private int index;
    private long updateAtNanos;
    private long seenNanos;

    /**
     * A clock as a BIOS leaves it.
     *
     * @param powerOnTime the time of day when the machine's clock says 0; years 0 to 9999
     * @param ramBytes for the memory size registers
     */
    public Cmos146818(String name, VmClock clock, IrqLine irq, Instant powerOnTime, long ramBytes, GuestEvents events) {
        this.name = Objects.requireNonNull(name);
        this.clock = Objects.requireNonNull(clock);
        this.irq = Objects.requireNonNull(irq);
        this.powerOnTime = Objects.requireNonNull(powerOnTime);
        this.ramBytes = ramBytes;
        this.events = Objects.requireNonNull(events);
        alarm = clock.alarm(this::synchronise);
        reset();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        Arrays.fill(registers, 0);
        index = 0;
        registers[A] = A_DV_RUN | 6;
        registers[B] = B_24_HOURS;
        registers[D] = D_VRT;
        seenNanos = clock.nanos();
        Instant now = powerOnTime.plusNanos(seenNanos);
        show(LocalDateTime.ofInstant(now, ZoneOffset.UTC));
        registers[DAY_OF_WEEK] = now.atZone(ZoneOffset.UTC).getDayOfWeek().getValue() % 7 + 1;
        updateAtNanos = seenNanos + TickRate.NANOS_PER_SECOND - now.getNano();
        describeMemory();
        settle();
    }

    @Override
    public CmosState state() {
        synchronise();
        byte[] copy = new byte[REGISTERS];
        for (int i = 0; i < REGISTERS; i++) {
            copy[i] = (byte) registers[i];
        }
        return new CmosState(index, copy, updateAtNanos, seenNanos);
    }

    @Override
    public void restore(CmosState state) {
        for (int i = 0; i < REGISTERS; i++) {
            registers[i] = state.registers[i] & 0xFF;
        }
        index = state.index;
        updateAtNanos = state.updateAtNanos;
        seenNanos = state.seenNanos;
        settle();
    }

    @Override
    public int readByte(int offset) {
        if (offset == INDEX) {
            return index;
        }
        synchronise();
        int register = index & 0x7F;
        return switch (register) {
            case A -> registers[A] | (updateInProgress() ? A_UIP : 0);
            case C -> readC();
            default -> registers[register];
        };
    }

    @Override
    public void writeByte(int offset, int value) {
        if (offset == INDEX) {
            index = value;
            return;
        }
        synchronise();
        int register = index & 0x7F;
        switch (register) {
            case A -> writeA(value);
            case B -> writeB(value);
            case C, D -> events.report(name, "write of %#x to read-only register %#x".formatted(value, register));
            default -> registers[register] = value;
        }
        settle();
    }

    /** Memory sizes and their checksum; 640 KB of base memory, whatever the machine has. */
    private void describeMemory() {
        long extendedKb = Math.max(0, (ramBytes >> 10) - 1024);
        long above16Mb = Math.max(0, (ramBytes - (16L << 20)) >> 16);
        registers[EQUIPMENT] = EQUIPMENT_COPROCESSOR;
        store16(BASE_MEMORY_KB, 640);
        store16(EXTENDED_MEMORY_KB, extendedKb);
        store16(EXTENDED_MEMORY_KB_AGAIN, extendedKb);
        store16(MEMORY_ABOVE_16_MB, above16Mb);
        int sum = 0;
        for (int i = CHECKED_FIRST; i <= CHECKED_LAST; i++) {
            sum += registers[i];
        }
        registers[CHECKSUM] = sum >> 8 & 0xFF;
        registers[CHECKSUM + 1] = sum & 0xFF;
    }

    private void store16(int register, long value) {
        int saturated = (int) Math.min(value, 0xFFFF);
        registers[register] = saturated & 0xFF;
        registers[register + 1] = saturated >> 8;
    }

    private boolean dividing() {
        return (registers[A] & A_DV) == A_DV_RUN;
    }

    private boolean updating() {
        return dividing() && (registers[B] & B_SET) == 0;
    }

    private boolean updateInProgress() {
        return updating() && updateAtNanos - clock.nanos() <= UIP_NANOS;
    }

    private RtcFormat format() {
        return new RtcFormat((registers[B] & B_BINARY) != 0, (registers[B] & B_24_HOURS) != 0);
    }

    /** Reading the flags clears them and lets go of the interrupt line. */
    private int readC() {
        int flags = registers[C] | (interrupting() ? C_IRQF : 0);
        registers[C] = 0;
        settle();
        return flags;
    }

    private void writeA(int value) {
        boolean divided = dividing();
        registers[A] = value & ~A_UIP;
        if (dividing() && !divided) {
            updateAtNanos = clock.nanos() + FIRST_UPDATE_NANOS;
        }
    }

    /** SET ends the wait for updates, so it also clears UIE. */
    private void writeB(int value) {
        if ((value & B_DSE) != 0) {
            events.report(name, "register B: daylight saving (DSE) isn't modelled");
        }
        registers[B] = (value & B_SET) != 0 ? value & ~B_UIE : value;
    }

    private boolean interrupting() {
        return (registers[C] & registers[B] & (C_PF | C_AF | C_UF)) != 0;
    }

    /** Accounts for everything that has happened since last time. */
    private void synchronise() {
        long now = clock.nanos();
        if (now <= seenNanos) {
            return;
        }
        if (dividing()) {
            if (periodsAt(now) != periodsAt(seenNanos)) {
                registers[C] |= C_PF;
            }
            if (now >= updateAtNanos) {
                long seconds = (now - updateAtNanos) / TickRate.NANOS_PER_SECOND + 1;
                updateAtNanos += seconds * TickRate.NANOS_PER_SECOND;
                update(seconds);
            }
        } else {
            // a standing chain begins anew when it is released
            updateAtNanos = now + TickRate.NANOS_PER_SECOND;
        }
        seenNanos = now;
        settle();
    }

    private void update(long seconds) {
        if (!updating()) {
            return;
        }
        LocalDateTime before = shown();
        LocalDateTime after = before.plusSeconds(seconds);
        registers[C] |= C_UF | (alarmWithin(before, seconds) ? C_AF : 0);
        show(after);
        long days = Duration.between(
                        before.toLocalDate().atStartOfDay(), after.toLocalDate().atStartOfDay())
                .toDays();
        RtcFormat format = format();
        long dayOfWeek = format.decode(registers[DAY_OF_WEEK]) - 1 + days;
        registers[DAY_OF_WEEK] = format.encode((int) Math.floorMod(dayOfWeek, 7L) + 1);
    }

    private LocalDateTime shown() {
        return format().dateTime(
                        registers[CENTURY],
                        registers[YEAR],
                        registers[MONTH],
                        registers[DAY],
                        registers[HOURS],
                        registers[MINUTES],
                        registers[SECONDS]);
    }

    private void show(LocalDateTime time) {
        RtcFormat format = format();
        registers[SECONDS] = format.encode(time.getSecond());
        registers[MINUTES] = format.encode(time.getMinute());
        registers[HOURS] = format.encodeHour(time.getHour());
        registers[DAY] = format.encode(time.getDayOfMonth());
        registers[MONTH] = format.encode(time.getMonthValue());
        registers[YEAR] = format.encode(time.getYear() % 100);
        registers[CENTURY] = format.encode(time.getYear() / 100 % 100);
    }

    /** Whether one of the seconds that follow is the alarm's. After a day all times of day have been seen. */
    private boolean alarmWithin(LocalDateTime before, long seconds) {
        int start = before.toLocalTime().toSecondOfDay();
        for (int i = 1; i <= Math.min(seconds, SECONDS_PER_DAY); i++) {
            if (alarmAt((start + i) % SECONDS_PER_DAY)) {
                return true;
            }
        }
        return false;
    }

    private boolean alarmAt(int secondOfDay) {
        RtcFormat format = format();
        return matches(registers[SECONDS_ALARM], format.encode(secondOfDay % 60))
                && matches(registers[MINUTES_ALARM], format.encode(secondOfDay / 60 % 60))
                && matches(registers[HOURS_ALARM], format.encodeHour(secondOfDay / 3600));
    }

    private static boolean matches(int alarm, int shown) {
        return alarm >= ALARM_ANY || alarm == shown;
    }

    /** Ticks of the chain from one periodic interrupt to the next; 0 if there are none. */
    private int periodTicks() {
        int rate = registers[A] & A_RS;
        if (rate == 0) {
            return 0;
        }
        // at this time base the first two rates repeat 8 and 9 (table 5 of the data sheet)
        return 1 << (rate < 3 ? rate + 6 : rate - 1);
    }

    private long periodsAt(long nanos) {
        int ticks = periodTicks();
        return ticks == 0 ? 0 : Math.floorDiv(TickRate.RTC.ticksAt(nanos - updateAtNanos), ticks);
    }

    private long nextPeriodNanos() {
        long next = periodsAt(seenNanos) + 1;
        return updateAtNanos + TickRate.RTC.nanosAt(next * periodTicks());
    }

    /** The line follows the flags; the alarm is set for the next flag that would raise it. */
    private void settle() {
        irq.set(interrupting());
        long next = Long.MAX_VALUE;
        boolean wantsUpdates = (registers[B] & (B_UIE | B_AIE)) != 0;
        if (updating() && wantsUpdates) {
            next = updateAtNanos;
        }
        boolean wantsPeriods = (registers[B] & B_PIE) != 0 && (registers[C] & C_PF) == 0 && periodTicks() != 0;
        if (dividing() && wantsPeriods) {
            next = Math.min(next, nextPeriodNanos());
        }
        if (next == Long.MAX_VALUE) {
            alarm.cancel();
        } else {
            alarm.at(next);
        }
    }
}
