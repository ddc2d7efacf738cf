// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Procedure;

/**
 * What a component in C is made of.
 *
 * @param sources its {@code .c} files, under the names that messages are to call them
 * @param includeFolders where its headers are, besides the folders of the sources
 * @param procedures those that its interfaces may be of
 */
public record CSource(ComponentType type, List<Path> sources, List<Path> includeFolders, List<Procedure> procedures) {
    public CSource {
        Objects.requireNonNull(type);
        sources = List.copyOf(sources);
        includeFolders = List.copyOf(includeFolders);
        procedures = List.copyOf(procedures);
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("no source of " + type.name());
        }
    }

    /** What its interface is of; empty if it is no procedure's, or of one that isn't declared. */
    Optional<Procedure> procedure(Interface face) {
        boolean calls = face.kind() == Interface.Kind.USES || face.kind() == Interface.Kind.PROVIDES;
        return procedures.stream()
                .filter(procedure -> calls && procedure.name().equals(face.type()))
                .findFirst();
    }

    /** A method of an interface of its own. */
    Procedure.Signature signature(String face, String method) {
        return type.face(face)
                .flatMap(this::procedure)
                .flatMap(procedure -> procedure.signature(method))
                .orElseThrow();
    }

    /** What its procedures have that can't be carried to another component. */
    public List<Problem> unknownTypes() {
        return type.interfaces().stream()
                .flatMap(face -> procedure(face).stream())
                .distinct()
                .flatMap(procedure -> procedure.unknownTypes().stream())
                .toList();
    }
}
