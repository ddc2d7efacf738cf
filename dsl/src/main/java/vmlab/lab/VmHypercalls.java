// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import vmlab.vmm.Hypercall;
import vmlab.vmm.HypercallHandler;
import vmlab.vmm.HypercallRegisters;
import vmlab.vmm.Hypercalls;

/**
 * The hypercalls of a VM: its handlers, which stay over power-ons, and what came since the last one.
 *
 * <p>Handlers can be registered, replaced and taken away at any time, also while the guest runs. One that throws harms
 * nobody: its author is told once, and it is counted. One that loops for ever ends by an interrupt of who waits for the VM
 * (Ctrl-C), which pauses the VM. Threads: any; handlers run on the VM's own, one at a time.
 */
public final class VmHypercalls {
    /** How the VMM of the original logs what ends a VM whose handler failed. */
    private static final String REFUSED = "VM_FATAL_ERROR ::: vmexit handler return error";

    /** Tokens as numbers of 32 bits, signed or not. */
    private static final long LARGEST_TOKEN = 0xFFFFFFFFL;

    /**
     * A line of the list.
     *
     * @param place where its handler was registered: {@code prompt:1}; empty if that isn't known or there is no handler
     * @param failures how often the handler has thrown
     * @param last the registers of the newest call; empty if there was none
     */
    public record Entry(
            int token, boolean handled, String place, long calls, long failures, Optional<HypercallRegisters> last) {}

    private final class Registered implements HypercallHandler {
        private final int token;
        private final CallHandler handler;
        private final String place;

        /** Written on the VM's thread. */
        private volatile long failures;

        Registered(int token, CallHandler handler, String place) {
            this.token = token;
            this.handler = handler;
            this.place = place;
        }

        @Override
        public void call(Hypercall call) {
            PowerCycle on = cycle;
            GuestCall given = new GuestCall(vm, call, on.nanos());
            HandlerRun run = on.handlerRun();
            run.begin();
            try {
                Object answer = handler.call(given);
                run.over();
                if (strict && answer instanceof Number number && number.intValue() != 0) {
                    on.kill("hypercall", "the handler of " + spoken(token) + " returned " + number, REFUSED);
                }
            } catch (Throwable thrown) {
                // Whatever somebody's code throws, neither guest nor lab has done it.
                failed(on, thrown, run.over());
            } finally {
                given.over();
                run.end();
            }
        }

        private void failed(PowerCycle on, Throwable thrown, boolean interrupted) {
            failures = failures + 1;
            String what = "the handler of hypercall " + spoken(token) + " of " + vm.name();
            if (interrupted) {
                on.holdFromWithin();
                author().told(what + (place.isEmpty() ? "" : " (" + place + ")") + " was interrupted; " + vm.name()
                        + " is paused, " + vm.name() + ".resume() goes on");
            } else if (failures == 1) {
                author().failed(what + " failed; further failures are only counted", thrown);
            }
        }
    }

    private final LabVm vm;
    private final Map<Integer, Registered> handlers = new ConcurrentHashMap<>();

    /** How many calls of a token waits have seen. */
    private final Map<Integer, Long> consumed = new ConcurrentHashMap<>();

    private volatile PowerCycle cycle;
    private volatile boolean strict;
    private volatile boolean tracing;

    VmHypercalls(LabVm vm) {
        this.vm = vm;
    }

    private Author author() {
        return vm.lab().author();
    }

    /** The VM is being powered on. */
    synchronized void connect(PowerCycle fresh) {
        cycle = fresh;
        consumed.clear();
        handlers.forEach(fresh.hypercalls()::register);
        fresh.hypercalls().watch(registers -> {
            vm.lab().record(Timeline.Kind.HYPERCALL, vm.name(), spoken(registers.eax()));
            if (tracing) {
                author().told(traced(registers, fresh.nanos()));
            }
            fresh.called();
        });
    }

    /** How many calls, by token, waits have seen. */
    Map<Integer, Long> seen() {
        return Map.copyOf(consumed);
    }

    synchronized void seen(Map<Integer, Long> calls) {
        consumed.clear();
        consumed.putAll(calls);
    }

    private String traced(HypercallRegisters registers, long nanos) {
        String unknown = handlers.containsKey(registers.eax()) ? "" : ", no handler";
        return "%s: hypercall %s at %.6f s: %s%s"
                .formatted(vm.name(), spoken(registers.eax()), nanos / 1e9, registers, unknown);
    }

    /** Registers the handler of a token, in place of an earlier one. */
    public void register(Number token, CallHandler handler) {
        int number = token(token);
        if (handler == null) {
            throw new LabMistake(
                    "null is no handler", vm.name() + ".hypercalls.unregister(" + spoken(number) + ") takes one away");
        }
        Registered registered = new Registered(number, handler, author().place());
        synchronized (this) {
            handlers.put(number, registered);
            if (cycle != null) {
                cycle.hypercalls().register(number, registered);
            }
        }
    }

    /** Registers the handlers of another VM. */
    void registerAll(VmHypercalls other) {
        other.handlers.forEach((token, registered) -> register(token, registered.handler));
    }

    /** Takes a token's handler away. */
    public void unregister(Number token) {
        int number = token(token);
        synchronized (this) {
            boolean known = handlers.remove(number) != null;
            if (!known) {
                throw new LabMistake(
                        "hypercall " + spoken(number) + " of " + vm.name() + " has no handler", "known are " + known());
            }
            if (cycle != null) {
                cycle.hypercalls().unregister(number);
            }
        }
    }

    private String known() {
        String tokens =
                handlers.keySet().stream().map(VmHypercalls::spoken).sorted().collect(Collectors.joining(", "));
        return tokens.isEmpty() ? "none" : tokens;
    }

    /** Whether the token has a handler. */
    public boolean handles(Number token) {
        return handlers.containsKey(token(token));
    }

    /** Whether a handler's return of a number other than 0 kills the VM, as in CAmkES; not so at first. */
    public boolean strict() {
        return strict;
    }

    public void strict(boolean newStrict) {
        strict = newStrict;
    }

    /** Tells the author every call in a line from now on. */
    public void trace() {
        trace(true);
    }

    public void trace(boolean newTracing) {
        tracing = newTracing;
    }

    /** What there is to a token. */
    public Entry at(Number token) {
        int number = token(token);
        PowerCycle on = cycle;
        return entry(on == null ? untried(number) : on.hypercalls().tally(number));
    }

    /** All tokens that have a handler or were called since power-on, by number. */
    public List<Entry> list() {
        PowerCycle on = cycle;
        if (on != null) {
            return on.hypercalls().tallies().stream().map(this::entry).toList();
        }
        return handlers.keySet().stream()
                .sorted(Integer::compareUnsigned)
                .map(token -> entry(untried(token)))
                .toList();
    }

    private Hypercalls.Tally untried(int token) {
        return new Hypercalls.Tally(token, handlers.containsKey(token), 0, Optional.empty());
    }

    private Entry entry(Hypercalls.Tally tally) {
        Registered registered = handlers.get(tally.token());
        return new Entry(
                tally.token(),
                tally.handled(),
                registered == null ? "" : registered.place,
                tally.calls(),
                registered == null ? 0 : registered.failures,
                tally.last());
    }

    /** Waits for a call that no wait has seen yet. */
    HypercallRegisters await(PowerCycle on, Number token, Duration limit) {
        int number = token(token);
        CallWatch watch = new CallWatch(on.hypercalls(), number, consumed.getOrDefault(number, 0L));
        vm.await(on, watch, "hypercall " + spoken(number), limit);
        Hypercalls.Tally tally = on.hypercalls().tally(number);
        consumed.put(number, tally.calls());
        return tally.last().orElseThrow();
    }

    /** Waits for a call behind so many that were seen. */
    record CallWatch(Hypercalls calls, int token, long seen) implements Waits.Watch {
        /** The same of another machine. */
        CallWatch on(Hypercalls others) {
            return new CallWatch(others, token, seen);
        }

        @Override
        public void sent(int octet, boolean polled) {
            // Whatever it prints.
        }

        @Override
        public boolean called() {
            return met();
        }

        @Override
        public boolean met() {
            return calls.tally(token).calls() > seen;
        }
    }

    /** A token given by a user. */
    static int token(Number token) {
        long number = token.longValue();
        if (token.doubleValue() != number || number < Integer.MIN_VALUE || number > LARGEST_TOKEN) {
            throw new LabMistake(
                    token + " is no token of a hypercall", "tokens are whole numbers of 32 bits, as in EAX");
        }
        return (int) number;
    }

    /** A token as people write it: small ones in decimal. */
    static String spoken(int token) {
        return token >= 0 && token < 0x10000 ? Integer.toString(token) : "%#x".formatted(token);
    }

    /** A table for people. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        for (Entry entry : list()) {
            if (lines.isEmpty()) {
                lines.add("%-10s %-20s %9s  %s".formatted("token", "handler", "calls", "last registers"));
            }
            lines.add("%-10s %-20s %9d  %s"
                    .formatted(
                            spoken(entry.token()),
                            handlerOf(entry),
                            entry.calls(),
                            entry.last().map(HypercallRegisters::toString).orElse("-")));
        }
        String rule = strict ? "\nstrict: a handler that returns a number other than 0 kills the VM" : "";
        return lines.isEmpty()
                ? "no hypercalls so far; " + vm.name() + ".hypercall(4) { call -> … } handles one"
                : String.join("\n", lines) + rule;
    }

    private static String handlerOf(Entry entry) {
        String handler = entry.place().isEmpty() ? "yes" : entry.place();
        String failed = entry.failures() == 0 ? "" : ", failed " + entry.failures() + "x";
        return entry.handled() ? handler + failed : "none";
    }
}
