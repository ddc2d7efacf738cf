// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;

/**
 * An attribute as the user set it, not checked yet.
 *
 * @param attribute its CAmkES name
 * @param value what was given; never null, see {@link #NOTHING}
 */
public record Setting(String attribute, Object value, SourceLocation location) {
    /** What stands for a null that was given. */
    public static final Object NOTHING = new Object() {
        @Override
        public String toString() {
            return "null";
        }
    };

    public Setting {
        Objects.requireNonNull(attribute);
        Objects.requireNonNull(value);
        Objects.requireNonNull(location);
    }
}
