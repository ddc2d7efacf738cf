// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.List;
import java.util.Optional;

/** What a {@link Hypervisor} made: CPUs over one guest memory. */
public interface Vm extends AutoCloseable {
    /** The boot CPU. */
    Vcpu vcpu();

    /** All CPUs, as many as the board has; the first is the boot CPU. The others wait in {@link Vcpu#run()} to be started. */
    default List<Vcpu> vcpus() {
        return List.of(vcpu());
    }

    /** The interrupt chips and timer that it brings in place of the machine's; empty if it brings none. */
    default Optional<ChipSet> chips() {
        return Optional.empty();
    }

    /**
     * Allows writes to these ports to reach their device late, before anything else that the guest does to a device. For
     * registers that are written often and to no effect; does nothing where that would save nothing.
     */
    default void deferWrites(AddressRange ofPorts) {}

    /**
     * A register that only rings; empty if it has to be a device on the bus. What is on the bus at the same place isn't reached.
     *
     * @param register its address and width in bytes
     * @param port whether that is a port; else it is memory
     */
    default Optional<IoEvent> ioEvent(AddressRange register, boolean port) {
        return Optional.empty();
    }

    /** An interrupt line, 0 to 15, for edges from any thread; empty if the machine has to make them. */
    default Optional<IrqEvent> irqEvent(int line) {
        return Optional.empty();
    }

    /** Frees what the back end holds; the guest memory belongs to who made it. */
    @Override
    void close();
}
