// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayDeque;
import java.util.List;
import vmlab.lab.LabVm.GuestEvent;
import vmlab.vmm.GuestEvents;

/** What a guest did oddly since power-on, the newest only. Threads: any; machines report on their own. */
final class GuestEventLog implements GuestEvents {
    private static final int KEPT = 1000;

    private final ArrayDeque<GuestEvent> events = new ArrayDeque<>();

    @Override
    public synchronized void report(String source, String message) {
        if (events.size() == KEPT) {
            events.removeFirst();
        }
        events.add(new GuestEvent(source, message));
    }

    /** Holds these and no others. */
    synchronized void restore(List<GuestEvent> known) {
        events.clear();
        events.addAll(known);
    }

    /** Oldest first. */
    synchronized List<GuestEvent> list() {
        return List.copyOf(events);
    }
}
