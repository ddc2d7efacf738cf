// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;
import java.util.Optional;

/**
 * A component as a script describes it.
 *
 * @param behaviour what its instances do; empty if they only have interfaces
 */
public record ComponentSpec(ComponentType type, Optional<Behaviour> behaviour) {
    public ComponentSpec {
        Objects.requireNonNull(type);
        Objects.requireNonNull(behaviour);
    }
}
