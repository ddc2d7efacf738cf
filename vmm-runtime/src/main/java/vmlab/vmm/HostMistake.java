// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Objects;

/**
 * Something about the host or what its owner gave us keeps us from going on: a missing file, too little memory, no such
 * kernel. The message says what was found; {@link #remedy()} what would do. Shown without a stack trace.
 */
public final class HostMistake extends RuntimeException {
    private final String remedy;

    public HostMistake(String found, String remedy) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
    }

    public HostMistake(String found, String remedy, Throwable cause) {
        super(found, cause);
        this.remedy = Objects.requireNonNull(remedy);
    }

    /** What the owner of the host can do. */
    public String remedy() {
        return remedy;
    }
}
