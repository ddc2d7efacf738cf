// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.SourceLocation;

/**
 * What is taken instead of what the rules of {@link CamkesProject} find.
 *
 * @param reading where imports are looked for, and macros
 * @param overrides attributes of VMs; of two for one attribute the later counts
 * @param behaviours what components do, by the names of their types
 * @param sources C files of components, by the names of their types
 * @param location where they were given
 */
public record LoadOptions(
        CamkesReader.Options reading,
        List<Override> overrides,
        Map<String, Behaviour> behaviours,
        Map<String, List<Path>> sources,
        SourceLocation location) {
    /** Nothing: all is as the rules say. */
    public static final LoadOptions NONE = new LoadOptions(
            CamkesReader.Options.NONE, List.of(), Map.of(), Map.of(), new SourceLocation("options", 0, 0));

    /**
     * An attribute of one VM, or of all.
     *
     * @param vm the instance's name; empty for all
     * @param value a {@link vmlab.dsl.model.Setting}'s; as an initrd also a folder to build it from
     */
    public record Override(Optional<String> vm, String attribute, Object value) {
        public Override {
            Objects.requireNonNull(vm);
            Objects.requireNonNull(attribute);
            Objects.requireNonNull(value);
        }

        boolean isFor(String instance) {
            return vm.filter(name -> !name.equals(instance)).isEmpty();
        }
    }

    public LoadOptions {
        Objects.requireNonNull(reading);
        overrides = List.copyOf(overrides);
        behaviours = Map.copyOf(behaviours);
        sources = Map.copyOf(sources);
        Objects.requireNonNull(location);
    }
}
