// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.pc;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import vmlab.vmm.GuestEvents;

/**
 * Passes every report on once, and no more than a fixed number: a guest can't fill the host's log. Threads: the machine's
 * only.
 */
public final class BoundedEvents implements GuestEvents {
    static final int MOST_REPORTS = 1000;

    private record Report(String source, String message) {}

    private final GuestEvents behind;
    private final Set<Report> reported = new HashSet<>();

    public BoundedEvents(GuestEvents behind) {
        this.behind = Objects.requireNonNull(behind);
    }

    @Override
    public void report(String source, String message) {
        if (reported.size() < MOST_REPORTS && reported.add(new Report(source, message))) {
            behind.report(source, message);
            if (reported.size() == MOST_REPORTS) {
                behind.report(source, "devices report nothing more: %d reports".formatted(MOST_REPORTS));
            }
        }
    }
}
