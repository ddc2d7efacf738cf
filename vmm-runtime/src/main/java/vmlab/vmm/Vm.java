// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.List;

/** What a {@link Hypervisor} made: CPUs over one guest memory. */
public interface Vm extends AutoCloseable {
    /** The boot CPU. */
    Vcpu vcpu();

    /** All CPUs, as many as the board has; the first is the boot CPU. The others wait in {@link Vcpu#run()} to be started. */
    default List<Vcpu> vcpus() {
        return List.of(vcpu());
    }

    /** Frees what the back end holds; the guest memory belongs to who made it. */
    @Override
    void close();
}
