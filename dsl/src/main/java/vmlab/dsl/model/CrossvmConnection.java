// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A row of a VM's {@code crossvm_connections}: what of its interfaces makes one PCI function, by their names.
 *
 * @spec camkes-vm, libs/libcrossvm, {@code struct camkes_crossvm_connection}
 */
public record CrossvmConnection(String dataport, Optional<String> emitted, Optional<String> consumed) {
    public CrossvmConnection {
        Objects.requireNonNull(dataport);
        Objects.requireNonNull(emitted);
        Objects.requireNonNull(consumed);
    }

    /** Reads a row that was found good. */
    static CrossvmConnection of(Object row, List<Interface> interfaces) {
        List<String> names = names(row);
        return new CrossvmConnection(
                first(names, interfaces, Interface.Kind.DATAPORT).orElseThrow(),
                first(names, interfaces, Interface.Kind.EMITS),
                first(names, interfaces, Interface.Kind.CONSUMES));
    }

    /** The names in a row; empty if it isn't a list. */
    static List<String> names(Object row) {
        return row instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    }

    private static Optional<String> first(List<String> names, List<Interface> interfaces, Interface.Kind kind) {
        return interfaces.stream()
                .filter(face -> face.kind() == kind && names.contains(face.name()))
                .map(Interface::name)
                .findFirst();
    }
}
