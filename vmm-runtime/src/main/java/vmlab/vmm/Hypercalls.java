// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Maps a hypercall's token (EAX) to its handler, whatever the transport, and counts calls. An unknown token is reported
 * and ignored, as the CAmkES VMM does.
 *
 * <p>Threads: any may register and ask while the guest runs; calls come one at a time.
 */
public final class Hypercalls {
    /**
     * The port that a guest writes to by OUT, not by OUTS, where its {@code vmcall} doesn't reach us: hardware KVM answers it in the kernel. Below
     * 256, so that {@code out %al, $port} leaves EDX to the call's arguments; of no device since the 80287.
     */
    public static final int DOORBELL_PORT = 0xF8;

    /** So many unknown tokens are counted; a guest that tries them all must not fill the host's memory. */
    private static final int COUNTED_UNKNOWN = 1000;

    /**
     * What has come with a token so far.
     *
     * @param handled whether it has a handler now
     * @param last the registers of the newest call; empty if there was none
     */
    public record Tally(int token, boolean handled, long calls, Optional<HypercallRegisters> last) {}

    /** Told of every call when its handler is done. Called on the vCPU's thread. */
    @FunctionalInterface
    public interface Watcher {
        void called(HypercallRegisters registers);
    }

    /** Stands between a call and its handler. Called on the vCPU's thread. */
    @FunctionalInterface
    public interface Interceptor {
        void call(Hypercall call, HypercallHandler handler);
    }

    /** Nothing stands there. */
    public static final Interceptor DIRECTLY = (call, handler) -> handler.call(call);

    private static final Watcher NOBODY = registers -> {};

    private static final class Slot {
        private final int token;
        private volatile HypercallHandler handler;
        private volatile boolean handled;
        private volatile HypercallRegisters last;

        /** Written by one thread at a time. */
        private volatile long calls;

        Slot(int token, HypercallHandler handler) {
            this.token = token;
            this.handler = handler;
        }

        Tally tally() {
            return new Tally(token, handled, calls, Optional.ofNullable(last));
        }
    }

    /** An immutable table with open addressing: a map would make an object of every token it looks up. */
    private static final class Table {
        private final Slot[] slots;
        private final int size;

        Table(List<Slot> all) {
            size = all.size();
            slots = new Slot[Integer.highestOneBit(Math.max(4, size)) * 4];
            for (Slot slot : all) {
                slots[index(slot.token)] = slot;
            }
        }

        /** Where the token is or would be. */
        private int index(int token) {
            int index = (token * 0x9E3779B9 >>> 7) & slots.length - 1;
            while (slots[index] != null && slots[index].token != token) {
                index = index + 1 & slots.length - 1;
            }
            return index;
        }

        Slot slot(int token) {
            return slots[index(token)];
        }

        List<Slot> all() {
            List<Slot> all = new ArrayList<>(size);
            for (Slot slot : slots) {
                if (slot != null) {
                    all.add(slot);
                }
            }
            return all;
        }

        Table with(Slot slot) {
            List<Slot> all = all();
            all.add(slot);
            return new Table(all);
        }
    }

    private final GuestEvents events;
    private final HypercallHandler unknown = this::unknown;

    /** Replaced under this object's monitor. */
    private volatile Table table = new Table(List.of());

    private volatile Watcher watcher = NOBODY;
    private volatile Interceptor interceptor = DIRECTLY;

    public Hypercalls(GuestEvents events) {
        this.events = Objects.requireNonNull(events);
    }

    /** Registers the handler for a token, in place of an earlier one. */
    public void register(int token, HypercallHandler handler) {
        Slot slot = slot(token);
        slot.handler = Objects.requireNonNull(handler);
        slot.handled = true;
    }

    /** Makes the token unknown again; its calls stay counted. */
    public void unregister(int token) {
        Slot slot = slot(token);
        slot.handler = unknown;
        slot.handled = false;
    }

    /** The token's slot, which is made if there is none. */
    private synchronized Slot slot(int token) {
        Slot slot = table.slot(token);
        if (slot == null) {
            slot = new Slot(token, unknown);
            table = table.with(slot);
        }
        return slot;
    }

    /** Names who is told of every call, in place of an earlier one. */
    public void watch(Watcher newWatcher) {
        watcher = Objects.requireNonNull(newWatcher);
    }

    /** Names who stands between all calls and their handlers, in place of an earlier one. */
    public void intercept(Interceptor newInterceptor) {
        interceptor = Objects.requireNonNull(newInterceptor);
    }

    /** What has come so far with this token. */
    public Tally tally(int token) {
        Slot slot = table.slot(token);
        return slot == null ? new Tally(token, false, 0, Optional.empty()) : slot.tally();
    }

    /** All tokens that have a handler or were called, by number (unsigned). */
    public List<Tally> tallies() {
        return table.all().stream()
                .map(Slot::tally)
                .filter(tally -> tally.handled() || tally.calls() > 0)
                .sorted(Comparator.comparingLong(tally -> Integer.toUnsignedLong(tally.token())))
                .toList();
    }

    /** How often a token was called, for a snapshot. */
    public record Count(int token, long calls, Optional<HypercallRegisters> last) {}

    /** The tokens that were called. */
    public List<Count> counts() {
        return tallies().stream()
                .filter(tally -> tally.calls() > 0)
                .map(tally -> new Count(tally.token(), tally.calls(), tally.last()))
                .toList();
    }

    /** Takes counts over in place of its own; handlers stay. For the vCPU's thread. */
    public void restore(List<Count> counts) {
        for (Slot slot : table.all()) {
            slot.calls = 0;
            slot.last = null;
        }
        for (Count count : counts) {
            Slot slot = slot(count.token);
            slot.calls = count.calls;
            slot.last = count.last.orElse(null);
        }
    }

    /** Called by a CPU when the guest executes {@code vmcall} or {@code vmmcall}, or rings the doorbell. */
    public void dispatch(Hypercall call) {
        int token = call.eax();
        Slot slot = table.slot(token);
        if (slot == null && table.size < COUNTED_UNKNOWN) {
            slot = slot(token);
        }
        HypercallRegisters registers = HypercallRegisters.of(call);
        if (slot == null) {
            unknown(call);
        } else {
            slot.last = registers;
            slot.calls = slot.calls + 1;
            interceptor.call(call, slot.handler);
        }
        watcher.called(registers);
    }

    private void unknown(Hypercall call) {
        events.report("hypercall", "no handler for token %d".formatted(call.eax()));
    }
}
