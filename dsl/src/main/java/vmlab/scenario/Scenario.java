// SPDX-License-Identifier: Apache-2.0
package vmlab.scenario;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A script to be run as a test.
 *
 * @param name what reports call it: its path below what was asked for, without the suffix
 * @param seed what chance depends on in it
 */
public record Scenario(String name, Path file, long seed) {
    public Scenario {
        Objects.requireNonNull(name);
        Objects.requireNonNull(file);
    }
}
