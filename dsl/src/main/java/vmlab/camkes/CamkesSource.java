// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.SourceLocation;

/**
 * What has been read of a file and of all it imports, names not resolved yet. Single-threaded.
 *
 * @param types components by name, in the order of their declarations
 * @param assemblies the contents of all assemblies, to be merged
 */
record CamkesSource(
        Map<String, ComponentType> types,
        Map<String, Procedure> procedures,
        List<Composition> assemblies,
        Map<String, Composition> named) {
    /** A file that is imported: found beside the importing one, or {@code angled}, along the path. */
    record Import(String file, boolean angled, SourceLocation location) {}

    CamkesSource() {
        this(new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), new LinkedHashMap<>());
    }
}
