// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;

/**
 * What a {@code lab { }} block describes, as the user wrote it.
 *
 * @param vms in the order of the script
 */
public record Assembly(List<VmSpec> vms, SourceLocation location) {
    public Assembly {
        vms = List.copyOf(vms);
        Objects.requireNonNull(location);
    }
}
