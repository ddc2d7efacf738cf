// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.Hypervisor;
import vmlab.vmm.Vm;

/**
 * The back end on the host's own CPU, by Linux KVM. Needs to open {@code /dev/kvm} and no other right. Whether this host's
 * KVM is good enough for a 32-bit kernel is {@link KvmProbe}'s question.
 *
 * <p>Not modelled: more than one CPU; 64-bit guests; KVM's own interrupt controller and timer, as the machine's are used.
 * Errors: {@link vmlab.vmm.HostMistake}.
 */
public final class KvmHypervisor implements Hypervisor {
    @Override
    public String name() {
        return "kvm";
    }

    @Override
    public Vm create(Board board) {
        return KvmVm.open(board);
    }
}
