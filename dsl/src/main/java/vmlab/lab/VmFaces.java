// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.VmSpec;

/**
 * The interfaces of a VM that its guest knows by ids: the place in each list, from 1 on.
 *
 * @param dataports in the order of their {@code _id}, those without one behind the others
 * @param emitted as they are declared, as the next
 */
record VmFaces(String vm, List<String> dataports, List<String> emitted, List<String> consumed) {
    VmFaces {
        dataports = List.copyOf(dataports);
        emitted = List.copyOf(emitted);
        consumed = List.copyOf(consumed);
    }

    /** Those of a VM that is being powered on. */
    static VmFaces of(VmSpec spec) {
        return new VmFaces(
                spec.name(),
                names(spec, Interface.Kind.DATAPORT),
                names(spec, Interface.Kind.EMITS),
                names(spec, Interface.Kind.CONSUMES));
    }

    private static List<String> names(VmSpec spec, Interface.Kind kind) {
        Stream<Interface> faces = spec.interfaces().stream().filter(face -> face.kind() == kind);
        return (kind == Interface.Kind.DATAPORT
                        ? faces.sorted(Comparator.comparingLong(face -> id(spec, face)))
                        : faces)
                .map(Interface::name)
                .toList();
    }

    private static long id(VmSpec spec, Interface face) {
        return spec.setting(face.name() + "_id")
                .map(setting -> ((Number) setting.value()).longValue())
                .orElse(Long.MAX_VALUE);
    }

    /** With what a VM has got since, under the next ids; a running guest keeps those it has. */
    VmFaces grownTo(VmSpec spec) {
        VmFaces wanted = of(spec);
        return new VmFaces(
                vm,
                grown(dataports, wanted.dataports),
                grown(emitted, wanted.emitted),
                grown(consumed, wanted.consumed));
    }

    private static List<String> grown(List<String> known, List<String> wanted) {
        List<String> all = new ArrayList<>(known);
        wanted.stream().filter(name -> !known.contains(name)).forEach(all::add);
        return all;
    }

    boolean isEmpty() {
        return dataports.isEmpty() && emitted.isEmpty() && consumed.isEmpty();
    }
}
