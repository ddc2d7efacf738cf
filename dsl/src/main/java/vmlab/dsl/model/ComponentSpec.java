// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A component as a script describes it.
 *
 * @param behaviour what its instances do; empty if they only have interfaces. Two that are equal do the same
 */
public record ComponentSpec(ComponentType type, Optional<Behaviour> behaviour, Restart restart) {
    public ComponentSpec {
        Objects.requireNonNull(type);
        Objects.requireNonNull(behaviour);
        Objects.requireNonNull(restart);
    }

    /** A component that isn't started again. */
    public ComponentSpec(ComponentType type, Optional<Behaviour> behaviour) {
        this(type, behaviour, Restart.NEVER);
    }

    /** The same with something else to do. */
    public ComponentSpec with(Behaviour other) {
        return new ComponentSpec(type, Optional.of(other), restart);
    }

    /** Whether instances of it do the same, wherever it stands. */
    public boolean isLike(ComponentSpec other) {
        return difference(other).isEmpty();
    }

    /** In what another differs, for people; empty if it doesn't. */
    public String difference(ComponentSpec other) {
        List<String> parts = new ArrayList<>();
        if (!type.isLike(other.type)) {
            parts.add("its interfaces");
        }
        if (!behaviour.equals(other.behaviour)) {
            parts.add("its run");
        }
        if (!restart.equals(other.restart)) {
            parts.add("its restart rule");
        }
        return String.join(", ", parts);
    }
}
