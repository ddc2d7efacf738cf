// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A component as a script describes it.
 *
 * @param behaviour what its instances do; empty if they only have interfaces. Two that are equal do the same
 * @param methods of the procedures it provides, by CAmkES's names: {@code h_say} is the method {@code say} of {@code h}
 */
public record ComponentSpec(
        ComponentType type, Optional<Behaviour> behaviour, Restart restart, Map<String, Method> methods) {
    public ComponentSpec {
        methods = Map.copyOf(methods);
        Objects.requireNonNull(type);
        Objects.requireNonNull(behaviour);
        Objects.requireNonNull(restart);
    }

    /** A component that isn't started again and has no methods. */
    public ComponentSpec(ComponentType type, Optional<Behaviour> behaviour) {
        this(type, behaviour, Restart.NEVER, Map.of());
    }

    /** The same with something else to do. */
    public ComponentSpec with(Behaviour other) {
        return new ComponentSpec(type, Optional.of(other), restart, methods);
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
        if (!methods.equals(other.methods)) {
            parts.add("its methods");
        }
        if (!restart.equals(other.restart)) {
            parts.add("its restart rule");
        }
        return String.join(", ", parts);
    }
}
