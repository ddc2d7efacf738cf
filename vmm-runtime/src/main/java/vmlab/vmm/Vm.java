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

    /** Frees what the back end holds; the guest memory belongs to who made it. */
    @Override
    void close();
}
