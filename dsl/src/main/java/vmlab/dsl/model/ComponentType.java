// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A type of component: {@code component PrintServer { … }}.
 *
 * @param control whether it has a thread of its own
 * @param hardware whether it stands for a device
 * @param inside what a compound component is made of
 */
public record ComponentType(
        String name,
        boolean control,
        boolean hardware,
        List<Interface> interfaces,
        List<AttributeDeclaration> attributes,
        Optional<Composition> inside,
        SourceLocation location) {
    /**
     * An attribute that instances of the component can be given.
     *
     * @param type as it was written
     * @param value the default, a {@link Setting}'s value
     */
    public record AttributeDeclaration(String type, String name, Optional<Object> value, SourceLocation location) {
        public AttributeDeclaration {
            Objects.requireNonNull(type);
            Objects.requireNonNull(name);
            Objects.requireNonNull(value);
            Objects.requireNonNull(location);
        }
    }

    public ComponentType {
        Objects.requireNonNull(name);
        interfaces = List.copyOf(interfaces);
        attributes = List.copyOf(attributes);
        Objects.requireNonNull(inside);
        Objects.requireNonNull(location);
    }

    /** The interface of that name. */
    public Optional<Interface> face(String interfaceName) {
        return interfaces.stream().filter(i -> i.name().equals(interfaceName)).findFirst();
    }

    /** Whether it says the same as another, wherever that stands. */
    public boolean isLike(ComponentType other) {
        return name.equals(other.name)
                && control == other.control
                && hardware == other.hardware
                && interfaces.stream()
                        .map(Interface::words)
                        .toList()
                        .equals(other.interfaces.stream().map(Interface::words).toList());
    }
}
