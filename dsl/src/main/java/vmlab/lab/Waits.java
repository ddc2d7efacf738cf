// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import vmlab.vmm.Machine;
import vmlab.vmm.VmClock;

/**
 * The waits of scripts for a machine, one at a time. At virtual pace the machine runs for a wait, and is held at the very
 * instruction that ends it.
 *
 * <p>Threads: {@link #await} is a script's; what a watch is told, and whether it is met, is the machine's thread's.
 */
final class Waits {
    /** A guest that has panicked says nothing for long: so much it gets to say what a script expects all the same. */
    private static final Duration PANIC_GRACE = Duration.ofSeconds(2);

    /** Longer limits would overflow a clock of nanoseconds. */
    private static final Duration LONGEST_LIMIT = Duration.ofDays(36_500);

    /** How a wait ended. */
    enum Outcome {
        MET,
        LIMIT,
        PANICKED,
        ENDED
    }

    /** What is waited for. */
    interface Watch {
        /** The guest has sent an octet; it is in the log already. */
        void sent(int octet, boolean polled);

        /** The guest has made a hypercall, which is counted and handled; whether that ends the wait. */
        boolean called();

        /** Whether the wait is over. */
        boolean met();
    }

    private static final class Wait {
        private final Watch watch;
        private final boolean holds;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private VmClock.Alarm limit;

        Wait(Watch watch, boolean holds) {
            this.watch = watch;
            this.holds = holds;
        }
    }

    private final Machine machine;
    private final Turns turns;
    private final Turns.Member turn;
    private final HandlerRun handlerRun;
    private final Answers answers;

    /** The machine's thread's. */
    private Wait waiting;

    Waits(Machine machine, Turns turns, Turns.Member turn, HandlerRun handlerRun, Answers answers) {
        this.machine = machine;
        this.turns = turns;
        this.turn = turn;
        this.handlerRun = handlerRun;
        this.answers = answers;
    }

    /**
     * Waits until the watch is met, the limit has passed, the guest has panicked or has ended.
     *
     * @param panic the guest's, if it has panicked
     * @param begun is told on the machine's thread that the guest is waited for
     * @throws InterruptedException if this thread is interrupted; at virtual pace the guest is held then
     */
    Outcome await(Watch watch, Duration limit, Supplier<Optional<String>> panic, Runnable begun)
            throws InterruptedException {
        refuseHandlers();
        Duration most = panic.get().isPresent() ? PANIC_GRACE : LONGEST_LIMIT;
        Duration allowed = limit.compareTo(most) > 0 ? most : limit;
        Wait wait = new Wait(watch, machine.pace() == Machine.Pace.VIRTUAL);
        if (!wait.holds) {
            wait.outcome.completeOnTimeout(Outcome.LIMIT, allowed.toNanos(), TimeUnit.NANOSECONDS);
        }
        Outcome outcome;
        try {
            outcome = answers.await(
                    wait.outcome,
                    () -> {
                        begun.run();
                        begin(wait, allowed);
                    },
                    () -> wait.outcome.complete(watch.met() ? Outcome.MET : Outcome.ENDED));
        } catch (InterruptedException e) {
            handlerRun.interruptIfStuck();
            turns.interruptIfStuck();
            abandon(wait);
            throw e;
        }
        if (wait.holds) {
            awaitRest();
        } else if (outcome == Outcome.LIMIT) {
            machine.post(() -> finish(wait, Outcome.LIMIT));
        }
        return outcome == Outcome.LIMIT && panic.get().isPresent() ? Outcome.PANICKED : outcome;
    }

    private void refuseHandlers() {
        if (handlerRun.isCaller()) {
            throw new LabMistake(
                    "a handler can't wait for " + machine.name() + ", which stands still until it returns",
                    "wait outside of the handler, behind " + machine.name() + ".waitForHypercall(…)");
        }
        if (machine.pace() == Machine.Pace.VIRTUAL && turns.isInHandler()) {
            throw new LabMistake(
                    "a handler can't wait for " + machine.name()
                            + ": at virtual pace all VMs stand still until it returns",
                    "wait outside of the handler, or have real time (lab.pace)");
        }
    }

    private void abandon(Wait wait) {
        machine.post(() -> finish(wait, Outcome.LIMIT));
        if (wait.holds) {
            turn.awaited(false);
            awaitRest();
        }
    }

    /** Waits for the hold, which comes after the current instruction: too soon to let an interrupt end it. */
    private void awaitRest() {
        boolean interrupted = false;
        while (true) {
            try {
                turns.awaitRest();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- on the machine's thread

    /** The guest has made a hypercall. */
    void called() {
        Wait wait = waiting;
        if (wait != null && wait.watch.called()) {
            finish(wait, Outcome.MET);
        }
    }

    /** The guest has sent an octet. */
    void sent(int octet, boolean polled, boolean panicked) {
        Wait wait = waiting;
        if (wait == null) {
            return;
        }
        wait.watch.sent(octet, polled);
        if (wait.watch.met()) {
            finish(wait, Outcome.MET);
        } else if (panicked) {
            finish(wait, Outcome.PANICKED);
        }
    }

    private void begin(Wait wait, Duration limit) {
        waiting = wait;
        if (wait.watch.met()) {
            finish(wait, Outcome.MET);
        } else if (wait.holds) {
            wait.limit = machine.clock().alarm(() -> finish(wait, Outcome.LIMIT));
            wait.limit.at(machine.clock().nanos() + limit.toNanos());
            turn.awaited(true);
        }
    }

    private void finish(Wait wait, Outcome outcome) {
        if (waiting != wait) {
            return;
        }
        waiting = null;
        if (wait.limit != null) {
            wait.limit.cancel();
        }
        if (wait.holds) {
            turn.awaited(false);
        }
        wait.outcome.complete(outcome);
    }
}
