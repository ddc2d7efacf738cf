// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;

/** The guest's kernel panicked while it was waited for. */
public final class GuestPanic extends WaitFailure {
    private final String panic;

    GuestPanic(String message, String vm, String awaited, String panic, List<String> lastLines) {
        super(message, vm, awaited, lastLines);
        this.panic = panic;
    }

    /** The kernel's own line. */
    public String panic() {
        return panic;
    }
}
