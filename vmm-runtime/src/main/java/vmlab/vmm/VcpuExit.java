// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/**
 * Why {@link Vcpu#run()} came back.
 *
 * @param kind the reason
 * @param detail for people: where and what; empty where the kind says all
 */
public record VcpuExit(Kind kind, String detail) {
    /** The reasons, closed. */
    public enum Kind {
        /** The CPU waits for an interrupt (HLT with interrupts enabled). One of several CPUs does so inside. */
        HALTED,
        /**
         * The CPU waits for ever: HLT with interrupts disabled. Linux ends a power-off without ACPI so. One of several CPUs is
         * run again now and then, as another may have started it anew.
         */
        STOPPED,
        /** {@link Vcpu#kick()} was called, or the machine must look at something. */
        KICKED,
        /** A debugger's breakpoint. */
        BREAKPOINT,
        /** {@link Vcpu#step()} has done its step. */
        STEPPED,
        /** Triple fault. */
        SHUTDOWN,
        /** The host can't go on. */
        FAILED
    }

    public VcpuExit {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(detail);
    }
}
