// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** What a {@link Hypervisor} made: CPUs over one guest memory. */
public interface Vm extends AutoCloseable {
    /** The boot CPU. */
    Vcpu vcpu();

    /** Frees what the back end holds; the guest memory belongs to who made it. */
    @Override
    void close();
}
