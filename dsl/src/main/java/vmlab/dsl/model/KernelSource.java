// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

/** A kernel that vmlab provides, by the name a script gives it. */
public enum KernelSource {
    /** Debian's own i386 kernel. */
    DEBIAN("debian.kernel"),
    /** Debian's own amd64 kernel. */
    DEBIAN64("debian.kernel64");

    private final String word;

    KernelSource(String word) {
        this.word = word;
    }

    /** As the script says it. */
    @Override
    public String toString() {
        return word;
    }
}
