// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** A back end: KVM or the Java CPU. They don't know each other. */
public interface Hypervisor {
    /** Its name on the command line: {@code soft} or {@code kvm}. */
    String name();

    /** How many CPUs a machine can have. */
    default int mostCpus() {
        return 1;
    }

    /** Whether RAM in the host's huge pages makes its CPUs faster. */
    default boolean gainsByHugePages() {
        return false;
    }

    /**
     * Makes a machine's CPUs.
     *
     * @throws HostMistake if the host can't provide them
     */
    Vm create(Board board);

    /**
     * The outside of a machine's CPUs. To one of several, all of it but the memory belongs only while it holds {@code turn}.
     *
     * @param cpu what CPU the guest sees
     * @param memory guest RAM, from guest physical address 0 on
     * @param ports the I/O ports
     * @param mmio memory-mapped registers, at guest physical addresses above RAM
     * @param interrupts the INTR pin
     * @param clock told how far the CPU is, and asked when to stop
     * @param hypercalls who answers {@code vmcall} and {@code vmmcall}
     * @param events where the guest's mistakes are reported
     * @param cpus how many CPUs
     * @param turn let go of while the guest itself runs; a machine's only CPU doesn't need it
     */
    record Board(
            CpuModel cpu,
            GuestMemory memory,
            IoBus ports,
            IoBus mmio,
            InterruptController interrupts,
            VmClock clock,
            Hypercalls hypercalls,
            GuestEvents events,
            int cpus,
            Lock turn) {
        public Board {
            Objects.requireNonNull(cpu);
            Objects.requireNonNull(memory);
            Objects.requireNonNull(ports);
            Objects.requireNonNull(mmio);
            Objects.requireNonNull(interrupts);
            Objects.requireNonNull(clock);
            Objects.requireNonNull(hypercalls);
            Objects.requireNonNull(events);
            Objects.requireNonNull(turn);
            if (cpus < 1) {
                throw new IllegalArgumentException("no machine has %d CPUs".formatted(cpus));
            }
        }

        /** The outside of a machine's only CPU. */
        public Board(
                CpuModel cpu,
                GuestMemory memory,
                IoBus ports,
                IoBus mmio,
                InterruptController interrupts,
                VmClock clock,
                Hypercalls hypercalls,
                GuestEvents events) {
            this(cpu, memory, ports, mmio, interrupts, clock, hypercalls, events, 1, new ReentrantLock());
        }

        /** The same, of 32 bits. */
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
