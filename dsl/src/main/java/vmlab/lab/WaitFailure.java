// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Objects;

/** A wait for a guest that ended without what was waited for. The machine is left as it is. */
public abstract sealed class WaitFailure extends RuntimeException
        permits WaitTimedOut, GuestPanic, GuestEnded, WaitInterrupted {
    private final String vm;
    private final String awaited;
    private final List<String> lastLines;

    WaitFailure(String message, String vm, String awaited, List<String> lastLines) {
        super(message);
        this.vm = Objects.requireNonNull(vm);
        this.awaited = Objects.requireNonNull(awaited);
        this.lastLines = List.copyOf(lastLines);
    }

    /** The VM's name. */
    public String vm() {
        return vm;
    }

    /** What was waited for, a phrase: {@code "login:" on its console}. */
    public String awaited() {
        return awaited;
    }

    /** The last lines of its console. */
    public List<String> lastLines() {
        return lastLines;
    }
}
