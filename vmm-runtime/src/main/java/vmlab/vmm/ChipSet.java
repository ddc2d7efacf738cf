// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.List;
import java.util.Objects;

/**
 * The interrupt controllers and the interval timer of a back end that brings its own: two cascaded 8259As with their
 * edge/level registers, an 8254 whose counter 0 drives line 0, and port 0x61. The guest's accesses to them and the waiting of
 * a halted CPU never reach the machine.
 *
 * <p>Its records name what such chips keep; what time it is to them follows from when {@link Vcpu#hold()} stopped them.
 *
 * <p>Threads: {@link #line} is anybody's; the rest is for a machine whose CPUs don't run.
 */
public interface ChipSet {
    /** Sets the level of an interrupt line, 0 to 15. */
    void line(int number, boolean level);

    /** The master is 0, the slave 1. */
    Pic pic(int number);

    void pic(int number, Pic state);

    Timer timer();

    void timer(Timer state);

    /**
     * One 8259A.
     *
     * @param lines the levels at its inputs
     * @param requests the interrupt request register
     * @param lowestAdd how far the highest priority is above input 0
     * @param base the vector of input 0
     * @param step 0 if it is initialised, else the number of the command word before the one that it waits for
     * @param fourWords whether the initialisation at hand has an ICW4
     */
    record Pic(
            int lines,
            int requests,
            int mask,
            int inService,
            int lowestAdd,
            int base,
            boolean readInService,
            boolean poll,
            boolean specialMask,
            int step,
            boolean autoEoi,
            boolean rotateOnAutoEoi,
            boolean specialFullyNested,
            boolean fourWords,
            int levelTriggered) {}

    /**
     * One counter of an 8254.
     *
     * @param count what it counts from, 1 to 0x10000
     * @param countLatched how many octets of the latched count are to be read, as {@code readWrite} says them; 0 for none
     * @param readState which octet is read next: 1 low, 2 high, 3 low of two, 4 high of two
     * @param writeState the same for writes
     * @param writeLatch the low octet that waits for the high one
     * @param readWrite 1 low octets only, 2 high ones, 3 both
     * @param elapsedNanos since the count was loaded; negative where that isn't known, and in a state that is taken over
     */
    record Counter(
            int count,
            int latchedCount,
            int countLatched,
            boolean statusLatched,
            int status,
            int readState,
            int writeState,
            int writeLatch,
            int readWrite,
            int mode,
            boolean bcd,
            boolean gate,
            long elapsedNanos) {
        /** The same with GATE at this level. */
        public Counter withGate(boolean level) {
            return new Counter(
                    count,
                    latchedCount,
                    countLatched,
                    statusLatched,
                    status,
                    readState,
                    writeState,
                    writeLatch,
                    readWrite,
                    mode,
                    bcd,
                    level,
                    elapsedNanos);
        }
    }

    /**
     * The 8254 and port 0x61, whose lowest bit is counter 2's GATE.
     *
     * @param speaker the speaker's data, bit 1 of the port
     */
    record Timer(List<Counter> counters, boolean speaker) {
        public Timer {
            Objects.requireNonNull(counters);
            counters = List.copyOf(counters);
            if (counters.size() != 3) {
                throw new IllegalArgumentException("no 8254 with %d counters".formatted(counters.size()));
            }
        }
    }
}
