// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Objects;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.Vm;
import vmlab.vmm.kvm.KvmApi.Cap;

/**
 * The back end on the host's own CPU, by Linux KVM. Needs to open {@code /dev/kvm} and no other right. Whether this host's
 * KVM is good enough for a 32-bit kernel is {@link KvmProbe}'s question.
 *
 * <p>Errors: {@link vmlab.vmm.HostMistake}.
 */
public final class KvmHypervisor implements Hypervisor {
    /** Whose interrupt chips and timer a machine has. */
    public enum Chips {
        /** KVM's where it offers them, else the machine's. */
        KVM_IF_OFFERED,
        /** The machine's. */
        MACHINE
    }

    private final Chips chips;

    /** With the machine's interrupt chips and timer. */
    public KvmHypervisor() {
        this(Chips.MACHINE);
    }

    public KvmHypervisor(Chips chips) {
        this.chips = Objects.requireNonNull(chips);
    }

    @Override
    public String name() {
        return "kvm";
    }

    /** Several need KVM's interrupt chips, of which a local APIC for each CPU is part. */
    @Override
    public int mostCpus() {
        try (KvmDescriptor system = KvmDescriptor.system()) {
            boolean apics = chips == Chips.KVM_IF_OFFERED && KvmChips.offered(system);
            return apics ? Math.max(1, system.capability(Cap.KVM_CAP_MAX_VCPUS)) : 1;
        }
    }

    /** The first touch of a page costs an exit and a fault of the host's, and every walk of the guest's is one of the host's. */
    @Override
    public boolean gainsByHugePages() {
        return true;
    }

    @Override
    public Vm create(Board board) {
        return KvmVm.open(board, chips);
    }
}
