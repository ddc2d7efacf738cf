// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/** What CPU a machine has, as far as kernels ask before they start; called as Debian calls the architectures. */
public enum CpuModel {
    /** 32 bits, without PAE. */
    I386("32-bit x86"),
    /** 64 bits, with what every such CPU has had since 2009 (the psABI's level x86-64-v2). */
    AMD64("64-bit x86");

    private final String text;

    CpuModel(String text) {
        this.text = Objects.requireNonNull(text);
    }

    /** For people. */
    public String text() {
        return text;
    }
}
