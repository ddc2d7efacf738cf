// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.List;
import java.util.Objects;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Procedure;

/**
 * A whole system as {@code .camkes} files describe it.
 *
 * @param types all components that are declared, used or not
 * @param procedures all that are declared, used or not
 * @param composition without compound components
 * @param problems what couldn't be read
 */
public record CamkesSystem(
        List<ComponentType> types, List<Procedure> procedures, Composition composition, List<Problem> problems) {
    public CamkesSystem {
        types = List.copyOf(types);
        procedures = List.copyOf(procedures);
        Objects.requireNonNull(composition);
        problems = List.copyOf(problems);
    }
}
