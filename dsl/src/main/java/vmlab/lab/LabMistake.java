// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;

/** Something was asked of a lab or a VM that can't be done as things are: a command for a VM that isn't started, say. */
public final class LabMistake extends RuntimeException {
    private final String remedy;

    LabMistake(String found, String remedy) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
    }

    /** What would do. */
    public String remedy() {
        return remedy;
    }
}
