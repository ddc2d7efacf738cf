// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class VmClockTest {
    private final VmClock clock = new VmClock();
    private final List<String> fired = new ArrayList<>();
    private int earlierDeadlines;

    private VmClock.Alarm alarm(String name) {
        return clock.alarm(() -> fired.add(name + "@" + clock.nanos()));
    }

    @Test
    void timeIsWhatTheCpuHasDonePlusWhatWasSkipped() {
        AtomicLong done = new AtomicLong(500);
        clock.skipTo(100);
        clock.useSource(done::get, () -> {});
        assertEquals(100, clock.nanos(), "a new source doesn't move the time");
        done.addAndGet(20);
        clock.skipTo(150);
        assertEquals(150, clock.nanos());
        done.addAndGet(5);
        assertEquals(155, clock.nanos());
    }

    @Test
    void skippingBackDoesNothing() {
        clock.skipTo(100);
        clock.skipTo(99);
        assertEquals(100, clock.nanos());
    }

    @Test
    void alarmsFireByTimeAndThenByOrderOfSetting() {
        alarm("late").at(20);
        alarm("first").at(10);
        alarm("second").at(10);
        alarm("not yet").at(31);
        clock.skipTo(30);
        clock.fireDue();
        assertEquals(List.of("first@30", "second@30", "late@30"), fired);
        assertEquals(31, clock.nextDeadline());
    }

    @Test
    void movingAnAlarmForgetsItsEarlierTime() {
        VmClock.Alarm alarm = alarm("a");
        alarm.at(10);
        alarm.at(20);
        clock.skipTo(15);
        clock.fireDue();
        assertEquals(List.of(), fired);
        assertEquals(20, clock.nextDeadline());
    }

    @Test
    void cancelledAlarmIsGone() {
        VmClock.Alarm alarm = alarm("a");
        alarm.at(10);
        alarm.cancel();
        alarm.cancel();
        assertFalse(alarm.isSet());
        assertEquals(Long.MAX_VALUE, clock.nextDeadline());
    }

    @Test
    void alarmMaySetItselfInItsActionAndCatchesUp() {
        List<Long> times = new ArrayList<>();
        VmClock.Alarm[] periodic = new VmClock.Alarm[1];
        periodic[0] = clock.alarm(() -> {
            assertFalse(periodic[0].isSet(), "an alarm that fires is not set any more");
            times.add((times.size() + 1) * 10L);
            periodic[0].at((times.size() + 1) * 10L);
        });
        periodic[0].at(10);
        clock.skipTo(35);
        clock.fireDue();
        assertEquals(List.of(10L, 20L, 30L), times);
        assertTrue(periodic[0].isSet());
        assertEquals(40, clock.nextDeadline());
    }

    @Test
    void actionMayCancelAnotherAlarmThatIsDue() {
        VmClock.Alarm other = alarm("other");
        clock.alarm(other::cancel).at(5);
        other.at(5);
        clock.skipTo(5);
        clock.fireDue();
        assertEquals(List.of(), fired);
    }

    @Test
    void cpuHearsOfANewNextAlarmOnly() {
        clock.useSource(() -> 0, () -> earlierDeadlines++);
        alarm("a").at(50);
        alarm("b").at(60);
        assertEquals(1, earlierDeadlines);
        alarm("c").at(40);
        assertEquals(2, earlierDeadlines);
    }

    @Test
    void alarmWhoseActionThrowsIsNotSetAndTheOthersStillAre() {
        VmClock.Alarm broken = clock.alarm(() -> {
            throw new IllegalStateException("a bug");
        });
        broken.at(1);
        alarm("other").at(2);
        clock.skipTo(2);
        assertThrows(IllegalStateException.class, clock::fireDue);
        assertFalse(broken.isSet());
        clock.fireDue();
        assertEquals(List.of("other@2"), fired);
    }
}
