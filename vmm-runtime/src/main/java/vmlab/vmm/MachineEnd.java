// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/**
 * How a machine ended.
 *
 * @param status the guest's own status for {@code EXITED}, else 0
 * @param detail for people; empty where the kind says all
 */
public record MachineEnd(Kind kind, int status, String detail) {
    /** The ways to end, closed. */
    public enum Kind {
        /** The guest halted for good, as Linux does on power-off without ACPI. */
        POWERED_OFF,
        /** The guest asked for a reset. */
        RESET,
        /** The guest used the debug-exit port. */
        EXITED,
        /** A triple fault. */
        CRASHED,
        /** The VMM's own rules ended it, as a CAmkES VMM does when a handler refuses a hypercall. */
        KILLED,
        /** {@link Machine#stop()} was called. */
        STOPPED,
        /** vmlab or the host failed; the log has the trace. */
        FAILED
    }

    public MachineEnd {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(detail);
    }
}
