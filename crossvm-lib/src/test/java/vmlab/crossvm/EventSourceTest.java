// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What an emitter can rely on. */
class EventSourceTest {
    private final EventSource source = new EventSource("vm0.ready");
    private final EventChannel one = new EventChannel("one");
    private final EventChannel other = new EventChannel("other");

    @Test
    void everySinkGetsTheEventOnce() {
        Runnable toOne = one::emit;
        source.plug(toOne);
        source.plug(toOne);
        source.plug(other::emit);

        source.emit();

        assertEquals(1, one.emitted());
        assertEquals(1, other.emitted());
        assertEquals(0, source.dropped());
    }

    @Test
    void whatIsEmittedToNobodyIsDroppedAndCounted() {
        Runnable sink = one::emit;
        source.emit();
        source.plug(sink);
        source.emit();
        source.unplug(sink);
        source.emit();

        assertEquals(1, one.emitted());
        assertEquals(3, source.emitted());
        assertEquals(2, source.dropped());
    }
}
