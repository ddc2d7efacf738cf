// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Predicate;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercall;
import vmlab.vmm.HypercallHandler;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Machine;
import vmlab.vmm.VmClock;

/**
 * What a guest on the CPU in Java was given from outside, with the time it got it, and snapshots now and then: so any moment since
 * can be gone back to. The nearest snapshot before it is restored and the guest runs again, given the same at the same instructions.
 * What handlers of hypercalls did to it is part of that; they aren't called again.
 *
 * <p>What comes later than a moment that was gone back to stays known until the guest goes on from there.
 *
 * <p>Not kept: what components and other VMs do to a guest. Threads: the VM's user's; what is recorded comes on the machine's.
 */
final class History implements Recorder, Hypercalls.Interceptor, GuestMemory.WriteListener, AutoCloseable {
    /** With more, every second one is dropped: going back takes longer then. */
    private static final int MOST_CHECKPOINTS = 64;

    /** Something that came from outside. */
    private record Input(long nanos, Runnable again) {}

    private record Write(long address, byte[] bytes) {}

    /** What a handler did. */
    private record Call(long nanos, int token, OptionalInt result, List<Write> writes) {}

    /** A snapshot, and how much had happened by then. */
    private record Checkpoint(VmSnapshot snapshot, int inputs, int calls) {
        long nanos() {
            return snapshot.time().toNanos();
        }
    }

    private final LabVm vm;
    private final long everyNanos;
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final List<Input> inputs = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();

    /** Set again for what is given again. */
    private final List<VmClock.Alarm> pending = new ArrayList<>();

    private PowerCycle cycle;
    private Machine machine;
    private VmClock.Alarm next;

    /** Of what is known, so much has happened up to the present. */
    private int inputsNow;

    private int callsNow;
    private boolean replaying;
    private boolean restoring;

    /** What the handler that is at work has written; null if none is. */
    private List<Write> written;

    private OptionalInt result = OptionalInt.empty();

    /** Begins with the VM's present. */
    History(LabVm vm, Duration every) {
        this.vm = Objects.requireNonNull(vm);
        everyNanos = every.toNanos();
        attach(vm.poweredOn());
        now(this::checkpoint);
    }

    private void attach(PowerCycle to) {
        cycle = to;
        machine = to.machine();
        next = machine.clock().alarm(this::checkpoint);
        machine.memory().onWrite(this);
        machine.hypercalls().intercept(this);
        to.recorder(this);
    }

    /** Has a task done while the guest stands still. */
    private void now(Runnable task) {
        vm.interruptibly(
                "its history",
                () -> cycle.ask(() -> {
                    task.run();
                    return true;
                }));
    }

    // ---- recording

    private void checkpoint() {
        if (!replaying
                && (checkpoints.isEmpty() || last().nanos() < machine.clock().nanos())) {
            VmSnapshot taken = new VmSnapshot("history", vm.name(), machine.snapshot(), cycle.state(vm.known()));
            checkpoints.add(new Checkpoint(taken, inputsNow, callsNow));
            thin();
        }
        next.at(machine.clock().nanos() + everyNanos);
    }

    private Checkpoint last() {
        return checkpoints.get(checkpoints.size() - 1);
    }

    private void thin() {
        if (checkpoints.size() > MOST_CHECKPOINTS) {
            for (int i = checkpoints.size() - 2; i > 0; i -= 2) {
                checkpoints.remove(i).snapshot.close();
            }
        }
    }

    private void record(Runnable again) {
        live();
        inputs.add(new Input(machine.clock().nanos(), again));
        inputsNow++;
    }

    @Override
    public void typed(byte[] octets, boolean atOnce) {
        record(() -> cycle.typed(octets, atOnce));
    }

    @Override
    public void parcel(Parcel parcel) {
        record(() -> cycle.given(parcel.again()));
    }

    /** Somebody on the host writes to the guest's memory: a handler, or a script while the guest stands still. */
    @Override
    public void written(long address, long bytes) {
        if (replaying || restoring) {
            return;
        }
        Write write = new Write(address, machine.memory().read(address, Math.toIntExact(bytes)));
        if (written != null) {
            written.add(write);
        } else {
            record(() -> machine.memory().write(write.address, write.bytes));
        }
    }

    @Override
    public void call(Hypercall call, HypercallHandler handler) {
        if (replaying) {
            repeat(call);
            return;
        }
        written = new ArrayList<>();
        result = OptionalInt.empty();
        int token = call.eax();
        try {
            handler.call(new Noting(call));
        } finally {
            calls.add(new Call(machine.clock().nanos(), token, result, List.copyOf(written)));
            callsNow++;
            written = null;
        }
    }

    /** Does to the guest what the handler did. */
    private void repeat(Hypercall call) {
        Call known = calls.get(callsNow++);
        if (known.token != call.eax()) {
            throw new IllegalStateException("%s didn't do the same again: hypercall %d in place of %d"
                    .formatted(vm.name(), call.eax(), known.token));
        }
        known.writes.forEach(write -> machine.memory().write(write.address, write.bytes));
        known.result.ifPresent(call::result);
    }

    private final class Noting implements Hypercall {
        private final Hypercall call;

        Noting(Hypercall call) {
            this.call = call;
        }

        @Override
        public int cpu() {
            return call.cpu();
        }

        @Override
        public int eax() {
            return call.eax();
        }

        @Override
        public int ebx() {
            return call.ebx();
        }

        @Override
        public int ecx() {
            return call.ecx();
        }

        @Override
        public int edx() {
            return call.edx();
        }

        @Override
        public int esi() {
            return call.esi();
        }

        @Override
        public void result(int value) {
            result = OptionalInt.of(value);
            call.result(value);
        }
    }

    /** From here on things may go otherwise: what was known of the time behind the present is forgotten. */
    @Override
    public void live() {
        if (replaying || restoring) {
            return;
        }
        inputs.subList(inputsNow, inputs.size()).clear();
        calls.subList(callsNow, calls.size()).clear();
        while (!checkpoints.isEmpty() && last().nanos() > machine.clock().nanos()) {
            checkpoints.remove(checkpoints.size() - 1).snapshot.close();
        }
        if (!next.isSet()) {
            next.at(machine.clock().nanos() + everyNanos);
        }
    }

    @Override
    public void moved() {
        forget();
        checkpoint();
    }

    /** The VM goes to a snapshot, by its user's wish: all begins there. */
    void during(Runnable restore) {
        if (restoring) {
            restore.run();
            return;
        }
        restoring = true;
        try {
            restore.run();
        } finally {
            restoring = false;
        }
        if (vm.poweredOn() != cycle) {
            attach(vm.poweredOn());
        }
        forget();
        now(this::checkpoint);
    }

    private void forget() {
        checkpoints.forEach(checkpoint -> checkpoint.snapshot.close());
        checkpoints.clear();
        inputs.clear();
        calls.clear();
        inputsNow = 0;
        callsNow = 0;
    }

    // ---- going back

    /** The first moment that can be gone back to. */
    Duration first() {
        return checkpoints.get(0).snapshot.time();
    }

    /** Goes to where so much guest time had passed since power-on, before anything that came from outside at that very moment. */
    void goTo(Duration time) {
        if (time.compareTo(first()) < 0) {
            throw new LabMistake(
                    vm.name() + " isn't known at " + Spoken.duration(time),
                    "its history begins at " + Spoken.duration(first()));
        }
        long nanos = time.toNanos();
        Checkpoint from = lastOf(checkpoint -> checkpoint.nanos() <= nanos);
        replay(from, LabVm.Until.NEVER, nanos, nanos);
    }

    /** Goes to where the guest had just made its nth call of this token since power-on, or since what it began with. */
    void goTo(int token, long nth) {
        long known = machine.hypercalls().tally(token).calls();
        long later = calls.subList(callsNow, calls.size()).stream()
                .filter(call -> call.token == token)
                .count();
        Checkpoint from = nth < 1 || nth > known + later ? null : lastOf(checkpoint -> made(checkpoint, token) < nth);
        if (from == null) {
            throw new LabMistake(
                    "call " + nth + " of hypercall " + VmHypercalls.spoken(token) + " of " + vm.name() + " isn't known",
                    "its history has calls %d to %d of it"
                            .formatted(made(checkpoints.get(0), token) + 1, known + later));
        }
        Call wanted = calls.stream()
                .filter(call -> call.token == token)
                .skip(nth - 1 - made(checkpoints.get(0), token))
                .findFirst()
                .orElseThrow();
        replay(from, new VmHypercalls.CallWatch(machine.hypercalls(), token, nth - 1), wanted.nanos, Long.MAX_VALUE);
    }

    private static long made(Checkpoint checkpoint, int token) {
        return checkpoint.snapshot.state().calls().stream()
                .filter(count -> count.token() == token)
                .mapToLong(Hypercalls.Count::calls)
                .sum();
    }

    /** Null if there is none. */
    private Checkpoint lastOf(Predicate<Checkpoint> wanted) {
        for (int i = checkpoints.size() - 1; i >= 0; i--) {
            if (wanted.test(checkpoints.get(i))) {
                return checkpoints.get(i);
            }
        }
        return null;
    }

    /**
     * Runs from a snapshot.
     *
     * @param inputsBefore what came from outside then or later doesn't come
     * @param atMost where it ends at the latest
     */
    private void replay(Checkpoint from, Waits.Watch until, long inputsBefore, long atMost) {
        if (vm.state() == LabVm.State.HELD) {
            throw new LabMistake(vm.name() + " is paused", vm.name() + ".resume() first");
        }
        restoring = true;
        try {
            vm.restore(from.snapshot);
            if (vm.poweredOn() != cycle) {
                attach(vm.poweredOn());
            }
        } finally {
            restoring = false;
        }
        // A watch looks at the machine it was made for, which may be gone.
        Waits.Watch watch = until instanceof VmHypercalls.CallWatch call ? call.on(machine.hypercalls()) : until;
        now(() -> begin(from, inputsBefore));
        cycle.quiet(true);
        try {
            vm.interruptibly("its past", () -> run(watch, atMost));
        } finally {
            cycle.quiet(false);
            now(this::arrive);
        }
    }

    /** A guest that panics meanwhile is waited for all the same. */
    private Waits.Outcome run(Waits.Watch watch, long untilNanos) throws InterruptedException {
        Waits.Outcome outcome;
        long left;
        do {
            left = untilNanos - cycle.time().toNanos();
            outcome = cycle.await(watch, Duration.ofNanos(Math.max(0, left)));
        } while (outcome == Waits.Outcome.PANICKED && left > 0);
        return outcome;
    }

    private void begin(Checkpoint from, long inputsBefore) {
        replaying = true;
        inputsNow = from.inputs;
        callsNow = from.calls;
        next.cancel();
        for (Input input : inputs.subList(from.inputs, inputs.size())) {
            if (input.nanos >= inputsBefore) {
                break;
            }
            VmClock.Alarm alarm = machine.clock().alarm(() -> {
                inputsNow++;
                input.again.run();
            });
            alarm.at(input.nanos);
            pending.add(alarm);
        }
    }

    private void arrive() {
        replaying = false;
        pending.forEach(VmClock.Alarm::cancel);
        pending.clear();
        vm.arrived(cycle);
    }

    @Override
    public void close() {
        now(() -> {
            cycle.recorder(NOBODY);
            machine.hypercalls().intercept(Hypercalls.DIRECTLY);
            machine.memory().forget(this);
            next.cancel();
        });
        forget();
    }
}
