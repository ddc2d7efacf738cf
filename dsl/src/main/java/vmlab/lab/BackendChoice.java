// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.function.Supplier;
import vmlab.vmm.CpuModel;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.kvm.KvmHypervisor;
import vmlab.vmm.kvm.KvmHypervisor.Chips;
import vmlab.vmm.kvm.KvmProbe;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * The back end that was taken for a machine.
 *
 * @param note which it is and, if it was chosen for the user, why: one line
 */
record BackendChoice(Hypervisor hypervisor, String note) {
    /** Set to {@code machine}, it has guests on KVM use the machine's interrupt chips and timer: for tests. */
    static final String CHIPS_PROPERTY = "vmlab.kvm.chips";

    /** The first good finding: a host doesn't lose its KVM, and to ask takes guests of its own. */
    private static volatile KvmProbe.Result good;

    private static final String KVM = "backend kvm: the host's CPU";
    private static final String SOFT = "backend soft: the CPU in Java";
    private static final String OTHER_KERNEL = "a kernel for i386 (debian.kernel)";

    /**
     * Makes sure that what was asked for does for some machine.
     *
     * @throws BackendUnavailable if it does for none
     */
    static void check(Backend wanted) {
        check(wanted, BackendChoice::probe);
    }

    private static KvmProbe.Result probe() {
        KvmProbe.Result found = good;
        if (found == null) {
            found = KvmProbe.run();
            good = found.usable() ? found : null;
        }
        return found;
    }

    static void check(Backend wanted, Supplier<KvmProbe.Result> probe) {
        if (wanted == Backend.KVM) {
            KvmProbe.Result found = probe.get();
            if (!found.usable() && !found.runs64Bit()) {
                throw noKvm(found);
            }
        }
    }

    /**
     * Takes what was asked for, for a machine with such CPUs.
     *
     * @throws BackendUnavailable if that can't be had; another one is never taken instead
     */
    static BackendChoice of(Backend wanted, SoftCpu softCpu, CpuModel cpu) {
        return of(wanted, softCpu, cpu, BackendChoice::probe);
    }

    private static Chips chips() {
        return "machine".equals(System.getProperty(CHIPS_PROPERTY)) ? Chips.MACHINE : Chips.KVM_IF_OFFERED;
    }

    /** The same on a host that the probe tells of; it is asked only where its answer matters. */
    static BackendChoice of(Backend wanted, SoftCpu softCpu, CpuModel cpu, Supplier<KvmProbe.Result> probe) {
        return cpu == CpuModel.AMD64 ? of64(wanted, probe) : of32(wanted, softCpu, probe);
    }

    private static BackendChoice soft(SoftCpu kind, String reason) {
        return new BackendChoice(
                new SoftHypervisor(kind), (kind == SoftCpu.INTERPRETER ? SOFT + ", interpreting" : SOFT) + reason);
    }

    private static BackendChoice of32(Backend wanted, SoftCpu softCpu, Supplier<KvmProbe.Result> probe) {
        return switch (wanted) {
            case KVM -> {
                KvmProbe.Result found = probe.get();
                if (!found.usable()) {
                    throw noKvm(found);
                }
                yield new BackendChoice(new KvmHypervisor(chips()), KVM);
            }
            case SOFT -> soft(softCpu, "");
            case AUTO -> {
                KvmProbe.Result found = probe.get();
                yield found.usable()
                        ? new BackendChoice(new KvmHypervisor(chips()), KVM + ", because " + found.reason())
                        : soft(softCpu, ", because " + found.reason());
            }
        };
    }

    /** Only the host's CPU has 64 bits. */
    private static BackendChoice of64(Backend wanted, Supplier<KvmProbe.Result> probe) {
        if (wanted == Backend.SOFT) {
            throw new BackendUnavailable(
                    "the CPU in Java is a 32-bit one",
                    "use a host with KVM and --backend auto or kvm, or take " + OTHER_KERNEL);
        }
        KvmProbe.Result found = probe.get();
        if (!found.runs64Bit()) {
            throw new BackendUnavailable(
                    "the CPU in Java is a 32-bit one, and KVM can't be used: " + found.no64Bit(),
                    found.remedy() + ", or take " + OTHER_KERNEL);
        }
        return new BackendChoice(
                new KvmHypervisor(chips()), wanted == Backend.AUTO ? KVM + ", as the kernel is a 64-bit one" : KVM);
    }

    private static BackendUnavailable noKvm(KvmProbe.Result found) {
        return new BackendUnavailable(
                "backend kvm can't be used: " + found.reason(),
                found.remedy()
                        + (found.remedy().contains("--backend soft")
                                ? ""
                                : ", or take the CPU in Java: --backend soft"));
    }
}
