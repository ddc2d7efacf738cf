// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One VM of an assembly: the component {@code InitN} and its instance {@code vmN}.
 *
 * <p>It holds what the user wrote; {@link AssemblyChecker} says whether that makes sense. The typed readings of it
 * ({@link #guestRamMb} and so on) are for specs that were found good.
 *
 * @param index the N
 * @param settings in the order of the script; of two for one attribute the later counts
 */
public record VmSpec(int index, List<Setting> settings, SourceLocation location) {
    /** RAM if the script doesn't say. */
    public static final int DEFAULT_RAM_MB = 128;

    public VmSpec {
        settings = List.copyOf(settings);
        Objects.requireNonNull(location);
    }

    /** The instance's name. */
    public String name() {
        return "vm" + index;
    }

    /** The component's name. */
    public String component() {
        return "Init" + index;
    }

    /** What was set for the attribute, if anything. */
    public Optional<Setting> setting(String attribute) {
        return settings.stream().filter(s -> s.attribute().equals(attribute)).reduce((earlier, later) -> later);
    }

    /** Guest RAM in MB. */
    public int guestRamMb() {
        return setting("guest_ram_mb").map(s -> ((Number) s.value()).intValue()).orElse(DEFAULT_RAM_MB);
    }
}
