// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/** A back end: KVM or the Java CPU. They don't know each other. */
public interface Hypervisor {
    /** Its name on the command line: {@code soft} or {@code kvm}. */
    String name();

    Vm create(Board board);

    /**
     * The outside of a CPU.
     *
     * @param cpu what CPU the guest sees
     * @param memory guest RAM, from guest physical address 0 on
     * @param ports the I/O ports
     * @param mmio memory-mapped registers, at guest physical addresses above RAM
     * @param interrupts the INTR pin
     * @param clock told how far the CPU is, and asked when to stop
     * @param hypercalls who answers {@code vmcall} and {@code vmmcall}
     * @param events where the guest's mistakes are reported
     */
    record Board(
            CpuModel cpu,
            GuestMemory memory,
            IoBus ports,
            IoBus mmio,
            InterruptController interrupts,
            VmClock clock,
            Hypercalls hypercalls,
            GuestEvents events) {
        public Board {
            Objects.requireNonNull(cpu);
            Objects.requireNonNull(memory);
            Objects.requireNonNull(ports);
            Objects.requireNonNull(mmio);
            Objects.requireNonNull(interrupts);
            Objects.requireNonNull(clock);
            Objects.requireNonNull(hypercalls);
            Objects.requireNonNull(events);
        }

        /** The outside of a 32-bit CPU. */
        public Board(
                GuestMemory memory,
                IoBus ports,
                IoBus mmio,
                InterruptController interrupts,
                VmClock clock,
                Hypercalls hypercalls,
                GuestEvents events) {
            this(CpuModel.I386, memory, ports, mmio, interrupts, clock, hypercalls, events);
        }
    }
}
