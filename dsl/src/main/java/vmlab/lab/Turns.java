// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import vmlab.vmm.Machine;
import vmlab.vmm.VmClock;

/**
 * The time that the VMs of a lab share at virtual pace: they take turns of {@link #TURN_NANOS} of guest time, one at a time,
 * in the order of their numbers. So what one does to another happens at the same instructions of both in every run.
 *
 * <p>Time passes as long as one of them is waited for, and stands still when none is: the VM whose turn it is then stops at
 * that very instruction, and goes on there. A VM that only waits for an interrupt gives the rest of its turn away, and isn't
 * asked again before its next alarm or until something comes for it; if all do, time jumps. A VM that is alone has turns
 * without end. One that a debugger has stopped stops the time of all.
 *
 * <p>A CPU that brings its own interrupt chips doesn't tell when it is idle, and its time is the host's anyway. If all have
 * such, there are no turns: all run at once, as long as one of them is waited for.
 *
 * <p>What comes for a VM from others is handed to it when it goes on, or at once if it is its turn, as then it stands still
 * until they have done what it asked for.
 *
 * <p>Threads: any. The lock comes before those of the machines.
 */
final class Turns {
    /**
     * So much later at most a VM notices what another did. Waking threads for it takes two busy VMs of tiny loops a hundredth
     * of their host's time, and would take a third with a tenth of it.
     */
    static final long TURN_NANOS = 1_000_000;

    private static final long UNKNOWN = -1;

    /** What a debugger wants. */
    enum Debugger {
        /** There is none. */
        NONE,
        STOPS,
        RUNS
    }

    /** The VMs that take part, by their numbers. */
    private final List<Member> ring = new ArrayList<>();

    private final List<Member> round = new ArrayList<>();
    private int at;
    /** Whose turn it is; null if that must be found out, or if all run at once. */
    private Member current;

    private boolean going;
    /** There are no turns. */
    private boolean atOnce;

    private Random random;

    /** A VM's place in this; it takes no part until it joins. */
    Member member(int number, Machine machine, HandlerRun handler) {
        return new Member(number, machine, handler);
    }

    /** Has the order of each round drawn anew, so that another seed is another course of events; 0 is the order of numbers. */
    synchronized void seed(long seed) {
        random = seed == 0 ? null : new Random(seed);
    }

    /** Whether this is called by a handler of one of the VMs, which all stand still until it returns. */
    synchronized boolean isInHandler() {
        return ring.stream().anyMatch(member -> member.handler.isCaller());
    }

    /** Waits until nobody runs any more; not if somebody is still waited for. */
    void awaitRest() throws InterruptedException {
        for (Member member : lastOnes()) {
            member.machine.awaitHeld();
        }
    }

    /** Who may still run though time stands still. */
    private synchronized List<Member> lastOnes() {
        return going ? List.of() : running();
    }

    /** Who runs, if time passes. */
    private List<Member> running() {
        return atOnce ? List.copyOf(ring) : current == null ? List.of() : List.of(current);
    }

    /** Interrupts the handler that keeps everybody from going on, if one does. */
    void interruptIfStuck() {
        List<Member> now;
        synchronized (this) {
            now = running();
        }
        now.forEach(member -> member.handler.interruptIfStuck());
    }

    /** Lets time pass or stand still, as it should now. */
    private void settle() {
        boolean wanted = ring.stream().anyMatch(member -> member.awaited || member.debugger == Debugger.RUNS)
                && ring.stream().noneMatch(member -> member.debugger == Debugger.STOPS);
        if (wanted) {
            goOn();
        } else if (going) {
            standStill();
        }
    }

    private void goOn() {
        if (going && (atOnce || current != null)) {
            return;
        }
        going = true;
        // While time stood still, somebody may have done anything to anyone.
        ring.forEach(member -> member.idleUntil = 0);
        if (current == null && !atOnce) {
            current = next();
        }
        running().forEach(Member::go);
    }

    private void standStill() {
        going = false;
        running().stream().filter(member -> member.machine.isRunning()).forEach(member -> member.machine.hold());
        ring.forEach(Member::catchUp);
    }

    /** Somebody has joined or left: from now on there are turns, or none. */
    private void regroup() {
        boolean now = !ring.isEmpty() && ring.stream().allMatch(member -> member.timesItself);
        if (now != atOnce) {
            if (going) {
                standStill();
            }
            atOnce = now;
            current = null;
            ring.forEach(member -> member.end = UNKNOWN);
        }
    }

    /** Whose turn comes next, which begins with that. */
    private Member next() {
        int idle = 0;
        while (true) {
            if (at == round.size()) {
                newRound();
            }
            Member next = round.get(at++);
            next.beginTurn();
            if (!next.isIdle()) {
                return next;
            }
            idle++;
            if (idle == ring.size() && !skipIdleTurns()) {
                return next;
            }
            next.lags = true;
        }
    }

    private void newRound() {
        round.clear();
        round.addAll(ring);
        at = 0;
        if (random != null) {
            Collections.shuffle(round, random);
        }
    }

    /** Everybody is idle: time jumps to the turn in which the first one isn't. Whether there is one. */
    private boolean skipIdleTurns() {
        long until = ring.stream().mapToLong(member -> member.idleUntil).min().orElseThrow();
        if (until == Long.MAX_VALUE) {
            return false;
        }
        long turns = ring.stream()
                .mapToLong(member -> (member.idleUntil - member.end) / TURN_NANOS)
                .min()
                .orElseThrow();
        ring.forEach(member -> member.end += turns * TURN_NANOS);
        return true;
    }

    /** A VM from its power-on to its end. */
    final class Member {
        private final int number;
        private final Machine machine;
        private final VmClock clock;
        private final HandlerRun handler;
        /** The machine's thread's. */
        private final VmClock.Alarm alarm;

        /** Guarded by the lock, as are the others. */
        private final ArrayDeque<Runnable> mail = new ArrayDeque<>();

        /** When its turn ends, on its own clock; unknown while it has no other beside it. */
        private long end = UNKNOWN;

        private long idleUntil;
        /** Its clock stands where it became idle. */
        private boolean lags;

        /** Its CPU has brought its own chips. */
        private boolean timesItself;

        private boolean awaited;
        private boolean free = true;
        private Debugger debugger = Debugger.NONE;

        private Member(int number, Machine machine, HandlerRun handler) {
            this.number = number;
            this.machine = Objects.requireNonNull(machine);
            this.handler = Objects.requireNonNull(handler);
            clock = machine.clock();
            alarm = clock.alarm(this::turnIsOver);
            machine.onIdle(this::idles);
        }

        // ---- for everybody

        /** From now on it takes turns, at first those of the next round. It is held. */
        void join() {
            synchronized (Turns.this) {
                free = false;
                timesItself = machine.chips().isPresent();
                if (!ring.contains(this)) {
                    end = UNKNOWN;
                    ring.add(this);
                    ring.sort(Comparator.comparingInt(member -> member.number));
                }
                regroup();
                if (going) {
                    // One that was alone learns of its turn's end, and one that held itself goes on.
                    running().forEach(Member::go);
                }
                settle();
            }
        }

        /** From now on it takes no turns; if this is its turn, the next one's begins. Holding it is the caller's business. */
        void leave() {
            synchronized (Turns.this) {
                ring.remove(this);
                int place = round.indexOf(this);
                if (place >= 0) {
                    round.remove(place);
                    at -= place < at ? 1 : 0;
                }
                if (current == this) {
                    current = null;
                }
                regroup();
                settle();
            }
        }

        /** {@link #leave()}s, as it runs freely from now on. */
        void leaveForGood() {
            leave();
            synchronized (Turns.this) {
                free = true;
                mail.forEach(machine::post);
                mail.clear();
            }
        }

        /** Says whether somebody waits for it. */
        void awaited(boolean newAwaited) {
            synchronized (Turns.this) {
                awaited = newAwaited;
                // The limit of the wait may be before what it had to wait for.
                idleUntil = 0;
                settle();
            }
        }

        void debugger(Debugger wants) {
            synchronized (Turns.this) {
                debugger = wants;
                settle();
            }
        }

        /** Has a task done on its thread when it goes on next. */
        void deliver(Runnable task) {
            synchronized (Turns.this) {
                if (free || going && runs()) {
                    machine.post(task);
                } else {
                    mail.add(task);
                }
            }
        }

        /** Something has come for it that wakes it. */
        void wake() {
            deliver(() -> {});
        }

        // ---- under the lock

        private boolean runs() {
            return current == this || atOnce && ring.contains(this);
        }

        private void beginTurn() {
            if (end != UNKNOWN) {
                end += TURN_NANOS;
            }
        }

        /** Whether it has nothing to do in this turn. */
        private boolean isIdle() {
            return end != UNKNOWN && idleUntil >= end && mail.isEmpty();
        }

        private void go() {
            machine.post(this::goOn);
        }

        /** Time stands still: it sees the others' time. */
        private void catchUp() {
            if (lags) {
                lags = false;
                long now = end;
                machine.post(() -> clock.skipTo(now));
            }
        }

        // ---- on the machine's thread

        private void goOn() {
            synchronized (Turns.this) {
                if (!going || !runs()) {
                    return;
                }
                if (lags) {
                    lags = false;
                    clock.skipTo(end - TURN_NANOS);
                }
                idleUntil = 0;
                setAlarm();
                while (!mail.isEmpty()) {
                    mail.poll().run();
                }
                machine.resume();
            }
        }

        private void setAlarm() {
            if (atOnce || ring.size() == 1) {
                end = UNKNOWN;
                alarm.cancel();
            } else {
                end = end == UNKNOWN ? clock.nanos() + TURN_NANOS : end;
                alarm.at(end);
            }
        }

        private void turnIsOver() {
            if (clock.nextDeadline() <= clock.nanos()) {
                // Others are due at the same time; one of them may end a wait, which must not find the next VM running.
                alarm.at(clock.nanos());
                return;
            }
            pass();
        }

        /** Its CPU waits for an interrupt. Whether its turn is over with that. */
        private boolean idles() {
            synchronized (Turns.this) {
                if (!alarm.isSet() || clock.nextDeadline() < end) {
                    return false;
                }
                alarm.cancel();
                idleUntil = clock.nextDeadline();
                clock.skipTo(end);
                pass();
                return true;
            }
        }

        private void pass() {
            synchronized (Turns.this) {
                if (current != this) {
                    return;
                }
                current = null;
                if (!going) {
                    return;
                }
                current = next();
                if (current == this) {
                    goOn();
                } else {
                    machine.hold();
                    current.go();
                }
            }
        }
    }
}
