// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;

/** A wait's limit has passed. */
public final class WaitTimedOut extends WaitFailure {
    private final Duration limit;

    WaitTimedOut(String vm, String awaited, Duration limit, boolean guestTime, List<String> lastLines) {
        super(
                vm + ": waited " + Spoken.duration(limit) + (guestTime ? " of guest time" : "") + " for " + awaited,
                vm,
                awaited,
                lastLines);
        this.limit = limit;
    }

    /** The limit: guest time at virtual pace, else host time. */
    public Duration limit() {
        return limit;
    }
}
