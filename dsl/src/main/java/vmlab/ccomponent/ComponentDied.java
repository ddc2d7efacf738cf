// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.Objects;
import java.util.Optional;
import vmlab.dsl.model.SourceLocation;

/** The process of a component in C ended otherwise than by coming to its end. Shown without a stack trace. */
public final class ComponentDied extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Optional<SourceLocation> location;
    private final String remedy;

    ComponentDied(String found, String remedy, Optional<SourceLocation> location) {
        super(found);
        this.remedy = Objects.requireNonNull(remedy);
        this.location = Objects.requireNonNull(location);
    }

    /** The line of its sources at which it died; empty if it wasn't at one. */
    public Optional<SourceLocation> location() {
        return location;
    }

    /** What would do. */
    public String remedy() {
        return remedy;
    }
}
