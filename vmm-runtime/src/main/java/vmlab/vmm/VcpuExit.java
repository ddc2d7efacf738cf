// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;
import java.util.Optional;

/**
 * Why {@link Vcpu#run()} came back.
 *
 * @param kind the reason
 * @param detail for people: where and what; empty where the kind says all
 * @param hit of {@code BREAKPOINT}: which
 */
public record VcpuExit(Kind kind, String detail, Optional<DebugPoints.Hit> hit) {
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
        /** A debugger's breakpoint or watchpoint ({@link Vcpu#debug}). */
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
        Objects.requireNonNull(hit);
    }

    public VcpuExit(Kind kind, String detail) {
        this(kind, detail, Optional.empty());
    }

    /** A breakpoint or watchpoint was hit. */
    public static VcpuExit breakpoint(DebugPoints.Hit hit) {
        String what = hit.watch()
                .map(watch -> "the watched %#x was accessed".formatted(hit.address()))
                .orElseGet(() -> "at %#x".formatted(hit.address()));
        return new VcpuExit(Kind.BREAKPOINT, what, Optional.of(hit));
    }
}
