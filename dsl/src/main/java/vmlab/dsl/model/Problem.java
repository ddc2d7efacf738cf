// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;

/**
 * Something wrong with an assembly.
 *
 * @param location where
 * @param found what was found, a phrase without a full stop
 * @param remedy what would do, a phrase without a full stop
 */
public record Problem(SourceLocation location, String found, String remedy) {
    public Problem {
        Objects.requireNonNull(location);
        Objects.requireNonNull(found);
        Objects.requireNonNull(remedy);
    }
}
