// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** Answers one hypercall token. Called on the vCPU's thread. */
@FunctionalInterface
public interface HypercallHandler {
    void call(Hypercall call);
}
