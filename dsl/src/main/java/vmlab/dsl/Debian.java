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

    @Override
    public String toString() {
        return "debian (kernel)";
    }
}
