// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import vmlab.dsl.model.KernelSource;

/** What {@code debian} is in scripts. */
public final class Debian {
    Debian() {}

    /** Debian's own i386 kernel, fetched when a VM that has it is started. */
    public KernelSource getKernel() {
        return KernelSource.DEBIAN;
    }

    /** Debian's own amd64 kernel, for a back end that has 64-bit CPUs: KVM. */
    public KernelSource getKernel64() {
        return KernelSource.DEBIAN64;
    }

    @Override
    public String toString() {
        return "debian (kernel, kernel64)";
    }
}
