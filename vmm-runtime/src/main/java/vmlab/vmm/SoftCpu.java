// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Locale;

/** How the CPU in Java executes. What the guest sees is the same. */
public enum SoftCpu {
    /** Every instruction is interpreted. */
    INTERPRETER,
    /** What is executed often is compiled to JVM bytecode, in the background. */
    COMPILER,
    /** Whatever is executed a second time is compiled at once: slow, for tests. */
    COMPILER_AT_ONCE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
