// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import vmlab.vmm.Hypervisor;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * The back end that was taken.
 *
 * @param note which it is and, if it was chosen for the user, why: one line
 */
record BackendChoice(Hypervisor hypervisor, String note) {
    /**
     * Takes what was asked for.
     *
     * @throws BackendUnavailable if that can't be had; another one is never taken instead
     */
    static BackendChoice of(Backend wanted) {
        return switch (wanted) {
            case KVM ->
                throw new BackendUnavailable(
                        "vmlab has no KVM back end yet", "take the CPU in Java: --backend soft, or --backend auto");
            case SOFT -> new BackendChoice(new SoftHypervisor(), "backend soft: the CPU in Java");
            case AUTO ->
                new BackendChoice(new SoftHypervisor(), "backend soft: the CPU in Java, the only one vmlab has so far");
        };
    }
}
