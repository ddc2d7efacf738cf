// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.function.Supplier;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.kvm.KvmHypervisor;
import vmlab.vmm.kvm.KvmHypervisor.Chips;
import vmlab.vmm.kvm.KvmProbe;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * The back end that was taken.
 *
 * @param hypervisor the one for machines of one CPU
 * @param several the one for machines of several CPUs
 * @param note which it is and, if it was chosen for the user, why: one line
 */
record BackendChoice(Hypervisor hypervisor, Hypervisor several, String note) {
    /** Set to {@code machine}, it has guests on KVM use the machine's interrupt chips and timer: for tests. */
    static final String CHIPS_PROPERTY = "vmlab.kvm.chips";

    private static final String KVM = "backend kvm: the host's CPU";
    private static final String SOFT = "backend soft: the CPU in Java";

    private BackendChoice(Hypervisor hypervisor, String note) {
        this(hypervisor, hypervisor, note);
    }

    /** The one for a machine of so many CPUs. */
    Hypervisor hypervisor(int cpus) {
        return cpus == 1 ? hypervisor : several;
    }

    /**
     * Takes what was asked for.
     *
     * @throws BackendUnavailable if that can't be had; another one is never taken instead
     */
    static BackendChoice of(Backend wanted) {
        return of(wanted, KvmProbe::run);
    }

    private static Chips chips() {
        return "machine".equals(System.getProperty(CHIPS_PROPERTY)) ? Chips.MACHINE : Chips.KVM_IF_OFFERED;
    }

    /** The same on a host that the probe tells of; it is asked only where its answer matters. */
    static BackendChoice of(Backend wanted, Supplier<KvmProbe.Result> probe) {
        return switch (wanted) {
            case KVM -> {
                KvmProbe.Result found = probe.get();
                if (!found.usable()) {
                    throw new BackendUnavailable(
                            "backend kvm can't be used: " + found.reason(),
                            found.remedy()
                                    + (found.remedy().contains("--backend soft")
                                            ? ""
                                            : ", or take the CPU in Java: --backend soft"));
                }
                yield new BackendChoice(new KvmHypervisor(chips()), KVM);
            }
            case SOFT -> new BackendChoice(new SoftHypervisor(), SOFT);
            case AUTO -> {
                KvmProbe.Result found = probe.get();
                // Not KVM yet, even where it pages: no Linux has been through the parity tests on it.
                yield found.usable()
                        ? new BackendChoice(
                                new SoftHypervisor(),
                                new KvmHypervisor(chips()),
                                SOFT + "; KVM, on which " + found.reason()
                                        + ", is there on trial, and for VMs of several CPUs: --backend kvm takes it")
                        : new BackendChoice(new SoftHypervisor(), SOFT + ", because " + found.reason());
            }
        };
    }
}
