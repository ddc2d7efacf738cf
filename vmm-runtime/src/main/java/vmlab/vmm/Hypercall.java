// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** A hypercall being made: the caller's registers. Setting no result leaves EAX (the token) as it is, as CAmkES does. */
public interface Hypercall {
    int eax();

    int ebx();

    int ecx();

    int edx();

    int esi();

    /** Sets EAX. */
    void result(int value);
}
