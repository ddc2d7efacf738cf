// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;

/** The back end that was asked for can't be used on this host. */
public final class BackendUnavailable extends RuntimeException {
    private final String remedy;

    public BackendUnavailable(String found, String remedy) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
    }

    /** What the owner of the host can do. */
    public String remedy() {
        return remedy;
    }
}
