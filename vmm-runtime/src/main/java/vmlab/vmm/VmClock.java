// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * The only source of time inside a machine, in nanoseconds since its power-on.
 *
 * <p>Time is a base that only {@link #skipTo} and {@link #restore} move plus what the CPU says it has done ({@link #useSource}). On the Java
 * CPU that is the number of instructions, so a guest that is given no outside input sees the same times in every run.
 *
 * <p>Alarms fire when the owner of the clock calls {@link #fireDue()}, in the order of their times and, for equal times,
 * of their setting. Threads: the vCPU's thread only.
 */
public final class VmClock {
    private final PriorityQueue<Setting> settings = new PriorityQueue<>();
    private LongSupplier source = () -> 0;
    private long baseNanos;
    private long settingsMade;

    private record Setting(long atNanos, long order, Alarm alarm) implements Comparable<Setting> {
        @Override
        public int compareTo(Setting other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** Something to be done at a time that can be set, moved and cancelled. */
    public final class Alarm {
        private final Runnable action;
        private Setting setting;

        private Alarm(Runnable action) {
            this.action = Objects.requireNonNull(action);
        }

        /** Sets the alarm, in place of an earlier setting. A time that has passed fires at the next opportunity. */
        public void at(long nanos) {
            cancel();
            setting = new Setting(nanos, settingsMade++, this);
            settings.add(setting);
            if (settings.peek() == setting) {
                earlierDeadline.run();
            }
        }

        public void cancel() {
            if (setting != null) {
                settings.remove(setting);
                setting = null;
            }
        }

        public boolean isSet() {
            return setting != null;
        }
    }

    private Runnable earlierDeadline = () -> {};

    /** Time now. */
    public long nanos() {
        return baseNanos + source.getAsLong();
    }

    /** A new alarm, not set. */
    public Alarm alarm(Runnable action) {
        return new Alarm(action);
    }

    /**
     * Names what makes time pass. Time goes on from where it is.
     *
     * @param nanosDone nanoseconds the CPU has worked; must never fall
     * @param onEarlierDeadline called when an alarm becomes the next one, so that the CPU stops in time for it
     */
    public void useSource(LongSupplier nanosDone, Runnable onEarlierDeadline) {
        long now = nanos();
        source = Objects.requireNonNull(nanosDone);
        earlierDeadline = Objects.requireNonNull(onEarlierDeadline);
        baseNanos = now - source.getAsLong();
    }

    /** The time of the next alarm; {@link Long#MAX_VALUE} if none is set. */
    public long nextDeadline() {
        Setting next = settings.peek();
        return next == null ? Long.MAX_VALUE : next.atNanos;
    }

    /** Lets idle time pass; does nothing if {@code nanos} is not in the future. */
    public void skipTo(long nanos) {
        baseNanos += Math.max(0, nanos - nanos());
    }

    /** Time goes on from there, which may be in the past; alarms stay as they are. */
    public void restore(long nanos) {
        baseNanos += nanos - nanos();
    }

    /**
     * Fires every alarm that is due, also those that become so meanwhile: an action that sets its own alarm again must
     * choose a time in the future sooner or later.
     */
    public void fireDue() {
        while (!settings.isEmpty() && settings.peek().atNanos <= nanos()) {
            Setting due = settings.poll();
            due.alarm.setting = null;
            due.alarm.action.run();
        }
    }
}
