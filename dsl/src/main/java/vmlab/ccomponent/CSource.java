// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import vmlab.dsl.model.ComponentType;

/**
 * What a component in C is made of.
 *
 * @param sources its {@code .c} files, under the names that messages are to call them
 * @param includeFolders where its headers are, besides the folders of the sources
 */
public record CSource(ComponentType type, List<Path> sources, List<Path> includeFolders) {
    public CSource {
        Objects.requireNonNull(type);
        sources = List.copyOf(sources);
        includeFolders = List.copyOf(includeFolders);
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("no source of " + type.name());
        }
    }
}
