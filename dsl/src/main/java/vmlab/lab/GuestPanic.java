// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;

/** The guest's kernel panicked before or while it was waited for. */
public final class GuestPanic extends WaitFailure {
    private final String panic;

    GuestPanic(String vm, String awaited, String panic, List<String> lastLines) {
        super(vm + ": " + panic + "; waited for " + awaited, vm, awaited, lastLines);
        this.panic = panic;
    }

    /** The kernel's own message, from {@code Kernel panic} on. */
    public String panic() {
        return panic;
    }
}
