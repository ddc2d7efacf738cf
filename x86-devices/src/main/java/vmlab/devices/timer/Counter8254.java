// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.timer;

/**
 * One counter of an 8254, brought up to date by {@link #advance} whenever somebody looks. Time is in CLK pulses.
 *
 * <p>{@code left} says how many pulses are left to the counter's next event: terminal count, reload or, in mode 3, the
 * end of the half cycle. The counting element's value follows from it.
 *
 * @spec Intel 231164, 8254 data sheet: mode definitions, operation common to all modes
 */
final class Counter8254 {
    private static final int RW_LSB = 1;
    private static final int RW_MSB = 2;
    private static final int RW_BOTH = 3;

    /** Nothing is latched. */
    static final int NONE = -1;

    /** No change of OUT is ahead. */
    static final long NEVER = Long.MAX_VALUE;

    private long now;
    private int control;
    private int countRegister;
    private boolean countWritten;
    private boolean nullCount;
    private boolean msbNext;
    private int writtenLsb;
    private boolean readMsbNext;
    private int latchedCount;
    private int latchedStatus;
    private boolean gate;
    private boolean out;
    private boolean loadPending;
    private boolean counting;
    private boolean armed;
    private boolean strobing;
    private int loaded;
    private int left;
    private boolean rose;

    /**
     * A counter's state.
     *
     * @param now the pulse up to which it is accounted for
     * @param control the low six bits of its control word
     * @param countRegister the count written last, as written
     * @param countWritten whether one has been written since the control word
     * @param nullCount whether that count has yet to reach the counting element
     * @param msbNext whether the next write is the second of a pair
     * @param writtenLsb the first of that pair
     * @param readMsbNext whether the next read is the second of a pair
     * @param latchedCount as read, or -1
     * @param latchedStatus or -1
     * @param loadPending whether the next pulse loads the counting element
     * @param counting whether the counting element has been loaded since the control word
     * @param armed whether the terminal count will have an effect
     * @param strobing whether OUT is low for just this pulse (modes 4 and 5)
     * @param loaded the count it was loaded with
     * @param left pulses to the next event
     */
    record CounterState(
            long now,
            int control,
            int countRegister,
            boolean countWritten,
            boolean nullCount,
            boolean msbNext,
            int writtenLsb,
            boolean readMsbNext,
            int latchedCount,
            int latchedStatus,
            boolean gate,
            boolean out,
            boolean loadPending,
            boolean counting,
            boolean armed,
            boolean strobing,
            int loaded,
            int left) {
        CounterState {
            boolean registers = (control & ~0x3F) == 0
                    && (countRegister & ~0xFFFF) == 0
                    && (writtenLsb & ~0xFF) == 0
                    && latchedCount >= NONE
                    && latchedCount <= 0xFFFF
                    && latchedStatus >= NONE
                    && latchedStatus <= 0xFF;
            if (!registers || now < 0 || loaded < 1 || loaded > 0x10000 || left < 1 || left > 0x10000) {
                throw new IllegalArgumentException("no state of an 8254 counter");
            }
        }

        /** Undefined by the data sheet until the control word; here at rest, OUT low. */
        static CounterState powerOn(long now, boolean gate) {
            return new CounterState(
                    now,
                    RW_BOTH << 4,
                    0,
                    false,
                    true,
                    false,
                    0,
                    false,
                    NONE,
                    NONE,
                    gate,
                    false,
                    false,
                    false,
                    false,
                    false,
                    1,
                    1);
        }
    }

    Counter8254(boolean gate) {
        restore(CounterState.powerOn(0, gate));
    }

    CounterState state() {
        return new CounterState(
                now,
                control,
                countRegister,
                countWritten,
                nullCount,
                msbNext,
                writtenLsb,
                readMsbNext,
                latchedCount,
                latchedStatus,
                gate,
                out,
                loadPending,
                counting,
                armed,
                strobing,
                loaded,
                left);
    }

    void restore(CounterState state) {
        now = state.now;
        control = state.control;
        countRegister = state.countRegister;
        countWritten = state.countWritten;
        nullCount = state.nullCount;
        msbNext = state.msbNext;
        writtenLsb = state.writtenLsb;
        readMsbNext = state.readMsbNext;
        latchedCount = state.latchedCount;
        latchedStatus = state.latchedStatus;
        gate = state.gate;
        out = state.out;
        loadPending = state.loadPending;
        counting = state.counting;
        armed = state.armed;
        strobing = state.strobing;
        loaded = state.loaded;
        left = state.left;
        rose = false;
    }

    boolean out() {
        return out;
    }

    boolean gate() {
        return gate;
    }

    /** Whether OUT has risen since this was last asked, even if it is low again. */
    boolean takeRise() {
        boolean had = rose;
        rose = false;
        return had;
    }

    /** The pulse at which OUT changes or a load makes it foreseeable; {@link #NEVER} if only the guest can change it. */
    long nextChange() {
        if (strobing || loadPending) {
            return now + 1;
        }
        if (!counting || !clocked()) {
            return NEVER;
        }
        return switch (mode()) {
            case 2 -> now + (out ? left - 1 : left);
            case 3 -> now + left;
            default -> armed ? now + left : NEVER;
        };
    }

    /** Lets time pass up to a pulse. */
    void advance(long pulse) {
        long pulses = pulse - now;
        if (pulses <= 0) {
            return;
        }
        now = pulse;
        if (strobing) {
            strobing = false;
            out(true);
        }
        if (loadPending) {
            load();
            pulses--;
        }
        if (counting && pulses > 0 && clocked()) {
            switch (mode()) {
                case 2 -> divide(pulses);
                case 3 -> square(pulses);
                default -> countDown(pulses);
            }
        }
    }

    /** A control word for this counter: everything is reset but GATE and the count's old value. */
    void control(int word) {
        control = word & 0x3F;
        countWritten = false;
        nullCount = true;
        msbNext = false;
        readMsbNext = false;
        latchedCount = NONE;
        latchedStatus = NONE;
        loadPending = false;
        counting = false;
        armed = false;
        strobing = false;
        out(mode() != 0);
    }

    void latchCount() {
        if (latchedCount == NONE) {
            latchedCount = encode(count());
        }
    }

    void latchStatus() {
        if (latchedStatus == NONE) {
            latchedStatus = (out ? 0x80 : 0) | (nullCount ? 0x40 : 0) | control;
        }
    }

    int read() {
        if (latchedStatus != NONE) {
            int status = latchedStatus;
            latchedStatus = NONE;
            return status;
        }
        int value = latchedCount != NONE ? latchedCount : encode(count());
        boolean msb = rw() == RW_MSB || (rw() == RW_BOTH && readMsbNext);
        readMsbNext = rw() == RW_BOTH && !msb;
        if (!readMsbNext) {
            latchedCount = NONE;
        }
        return msb ? value >> 8 : value & 0xFF;
    }

    void write(int octet) {
        if (rw() == RW_BOTH && !msbNext) {
            writtenLsb = octet;
            msbNext = true;
            if (mode() == 0) {
                out(false);
            }
            return;
        }
        countRegister = switch (rw()) {
            case RW_LSB -> octet;
            case RW_MSB -> octet << 8;
            default -> octet << 8 | writtenLsb;
        };
        msbNext = false;
        accept();
    }

    /** The level at GATE. */
    void gate(boolean level) {
        boolean rising = level && !gate;
        boolean falling = !level && gate;
        gate = level;
        boolean periodic = mode() == 2 || mode() == 3;
        if (falling && periodic) {
            out(true);
        }
        boolean triggered = mode() == 1 || mode() == 5 || periodic;
        if (rising && triggered && countWritten) {
            loadPending = true;
        }
    }

    /** Whether a count of 1 was asked for where the data sheet forbids it. */
    boolean hasIllegalCount() {
        return countWritten && decode(countRegister) == 1 && (mode() == 2 || mode() == 3);
    }

    private int mode() {
        int bits = control >> 1 & 7;
        return bits > 5 ? bits - 4 : bits;
    }

    private int rw() {
        return control >> 4;
    }

    private boolean bcd() {
        return (control & 1) != 0;
    }

    private int modulus() {
        return bcd() ? 10_000 : 0x10000;
    }

    private void out(boolean level) {
        rose |= level && !out;
        out = level;
    }

    /** Whether pulses reach the counting element: modes 1 and 5 don't care for GATE's level. */
    private boolean clocked() {
        boolean betweenBytes = mode() == 0 && msbNext;
        return (gate || mode() == 1 || mode() == 5) && !betweenBytes;
    }

    /** A whole count has been written. */
    private void accept() {
        countWritten = true;
        nullCount = true;
        switch (mode()) {
            case 0 -> {
                out(false);
                loadPending = true;
            }
            case 4 -> loadPending = true;
            case 2, 3 -> loadPending |= !counting;
            default -> {
                // modes 1 and 5 load at the next trigger
            }
        }
    }

    private void load() {
        loadPending = false;
        reload();
        left = mode() == 3 ? highHalf() : loaded;
        counting = true;
        armed = true;
        if (mode() == 1) {
            out(false);
        }
    }

    private void reload() {
        int count = decode(countRegister);
        boolean periodic = mode() == 2 || mode() == 3;
        loaded = count == 1 && periodic ? 2 : count;
        nullCount = false;
    }

    /** Modes 0, 1, 4 and 5: one event, then the counting element runs on through zero. */
    private void countDown(long pulses) {
        if (armed && pulses >= left) {
            armed = false;
            if (mode() == 0 || mode() == 1) {
                out(true);
            } else {
                out(false);
                strobing = pulses == left;
                out(!strobing);
            }
        }
        left = wrapped(left - pulses);
    }

    /** Mode 2: OUT is low while the counting element is 1. */
    private void divide(long pulses) {
        if (pulses < left) {
            left -= (int) pulses;
        } else {
            long over = pulses - left;
            reload();
            left = loaded - (int) (over % loaded);
            out = false;
            out(true);
        }
        out(left != 1);
    }

    /** Mode 3: the high half takes the odd pulse. */
    private void square(long pulses) {
        long rest = pulses;
        if (rest >= left) {
            rest -= left;
            flip();
            if (rest >= loaded) {
                rest %= loaded;
                rose = true;
            }
            while (rest >= left) {
                rest -= left;
                flip();
            }
        }
        left -= (int) rest;
    }

    private void flip() {
        out(!out);
        reload();
        left = out ? highHalf() : loaded / 2;
    }

    private int highHalf() {
        return (loaded + 1) / 2;
    }

    private int wrapped(long value) {
        int rest = (int) Math.floorMod(value, (long) modulus());
        return rest == 0 ? modulus() : rest;
    }

    /** The counting element. In mode 3 it goes down by two, from an even number. */
    private int count() {
        int value = left;
        if (mode() == 3) {
            value = 2 * left - (out && loaded % 2 != 0 ? 2 : 0);
        }
        return value % modulus();
    }

    /** The count a register value stands for, 1 to the modulus; what is no decimal digit counts by its weight. */
    private int decode(int register) {
        int value = register;
        if (bcd()) {
            value = (register >> 12) * 1000
                    + (register >> 8 & 0xF) * 100
                    + (register >> 4 & 0xF) * 10
                    + (register & 0xF);
        }
        return wrapped(value);
    }

    private int encode(int value) {
        if (!bcd()) {
            return value;
        }
        return value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    }
}
