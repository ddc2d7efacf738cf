// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.util.List;
import java.util.Objects;

/**
 * Something in the sources of a guest's image or of a component keeps it from being built. The message says where and what, {@link #remedy()}
 * what would do, {@link #output()} what the tools said. Shown without a stack trace.
 */
public final class BuildMistake extends RuntimeException {
    private final String remedy;
    private final List<String> output;

    public BuildMistake(String found, String remedy) {
        this(found, remedy, List.of());
    }

    public BuildMistake(String found, String remedy, List<String> output) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
        this.output = List.copyOf(output);
    }

    /** What would do; may be empty. */
    public String remedy() {
        return remedy;
    }

    /** The compiler's or make's own lines, with the paths their author knows; empty if no tool was asked. */
    public List<String> output() {
        return output;
    }
}
