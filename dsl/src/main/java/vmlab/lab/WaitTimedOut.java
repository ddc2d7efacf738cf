// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.List;

/** A wait's limit has passed. */
public final class WaitTimedOut extends WaitFailure {
    private final Duration limit;

    WaitTimedOut(String message, String vm, String awaited, Duration limit, List<String> lastLines) {
        super(message, vm, awaited, lastLines);
        this.limit = limit;
    }

    /** The limit: guest time at virtual pace, else host time. */
    public Duration limit() {
        return limit;
    }
}
