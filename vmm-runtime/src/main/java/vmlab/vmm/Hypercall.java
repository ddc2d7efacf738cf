// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** A hypercall being made: the caller's registers. Setting no result leaves EAX (the token) as it is, as CAmkES does. */
public interface Hypercall {
    /** The number of the vCPU that calls. */
    default int cpu() {
        return 0;
    }

    int eax();

    int ebx();

    int ecx();

    int edx();

    int esi();

    /** RAX; under a 32-bit guest EAX, unsigned, as for the other 64-bit registers. */
    default long rax() {
        return eax() & 0xFFFFFFFFL;
    }

    default long rbx() {
        return ebx() & 0xFFFFFFFFL;
    }

    default long rcx() {
        return ecx() & 0xFFFFFFFFL;
    }

    default long rdx() {
        return edx() & 0xFFFFFFFFL;
    }

    default long rsi() {
        return esi() & 0xFFFFFFFFL;
    }

    /** Sets EAX. */
    void result(int value);
}
