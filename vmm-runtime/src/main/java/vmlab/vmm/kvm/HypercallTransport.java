// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.kvm.KvmApi.Cap;
import vmlab.vmm.kvm.KvmApi.Value;

/** How a guest's hypercall reaches us on this host. */
public enum HypercallTransport {
    /** {@code vmcall} and {@code vmmcall} themselves: the kernel has KVM_XEN_HVM and passes every call on. */
    INTERCEPTED("the guest's vmcall or vmmcall"),
    /** {@link vmlab.vmm.Hypercalls#DOORBELL_PORT}: the guest's code must be made for it. */
    DOORBELL("a doorbell port: this kernel answers vmcall itself");

    private final String text;

    HypercallTransport(String text) {
        this.text = text;
    }

    static HypercallTransport of(KvmDescriptor system) {
        int xen = system.capability(Cap.KVM_CAP_XEN_HVM);
        return (xen & Value.KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL) != 0 ? INTERCEPTED : DOORBELL;
    }

    /** For people. */
    public String text() {
        return text;
    }
}
