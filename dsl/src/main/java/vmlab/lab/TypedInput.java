// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayDeque;
import java.util.List;
import vmlab.vmm.VmClock;

/**
 * What was typed and the guest hasn't fetched yet.
 *
 * <p>Text comes {@link #REACTION_NANOS} of guest time after it was typed, as from a person: programs that ask for a
 * password print their question first and throw away what was typed before second, so an answer must not come in between.
 * Threads: the machine's.
 */
final class TypedInput {
    /** How long after a question its answer comes. */
    static final long REACTION_NANOS = 20_000_000;

    /** What was typed at once. */
    record Keys(long readyAtNanos, byte[] octets) {}

    /**
     * All of it.
     *
     * @param announcedNext when the guest learns of more, or {@link #NEVER}
     */
    record State(List<Keys> waiting, Keys current, int fetched, long announcedNext) {}

    private static final long NEVER = -1;

    private final VmClock clock;
    private final VmClock.Alarm ready;
    private final ArrayDeque<Keys> waiting = new ArrayDeque<>();
    private Keys current = new Keys(0, new byte[0]);
    private int fetched;
    private long announcedNext = NEVER;

    /** An empty keyboard buffer. */
    TypedInput(VmClock clock, Runnable inputAvailable) {
        this.clock = clock;
        ready = clock.alarm(() -> {
            announcedNext = NEVER;
            inputAvailable.run();
            announceNext();
        });
    }

    /** Takes octets that come after the time a person needs, or at once, but never before what was typed earlier. */
    void add(byte[] octets, boolean atOnce) {
        long at = clock.nanos() + (atOnce ? 0 : REACTION_NANOS);
        long earlier = waiting.isEmpty() ? 0 : waiting.peekLast().readyAtNanos;
        waiting.add(new Keys(Math.max(at, earlier), octets));
        if (!ready.isSet()) {
            announceAt(waiting.peekLast().readyAtNanos);
        }
    }

    private void announceAt(long nanos) {
        announcedNext = nanos;
        ready.at(nanos);
    }

    State state() {
        return new State(List.copyOf(waiting), current, fetched, announcedNext);
    }

    void restore(State state) {
        waiting.clear();
        waiting.addAll(state.waiting);
        current = state.current;
        fetched = state.fetched;
        announcedNext = NEVER;
        ready.cancel();
        if (state.announcedNext != NEVER) {
            announceAt(state.announcedNext);
        }
    }

    private void announceNext() {
        long now = clock.nanos();
        for (Keys keys : waiting) {
            if (keys.readyAtNanos > now) {
                announceAt(keys.readyAtNanos);
                return;
            }
        }
    }

    /** The next octet; -1 if none is ready. */
    int next() {
        while (fetched == current.octets.length) {
            Keys next = waiting.peek();
            if (next == null || next.readyAtNanos > clock.nanos()) {
                return -1;
            }
            current = waiting.remove();
            fetched = 0;
        }
        return current.octets[fetched++] & 0xFF;
    }
}
