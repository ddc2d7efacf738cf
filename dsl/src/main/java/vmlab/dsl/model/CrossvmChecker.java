// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Says everything that is wrong with a VM's {@code crossvm_connections}. What CAmkES lets pass is told, too, where the guest
 * would wait for ever: an interface in no row, an event that comes by two.
 */
final class CrossvmChecker {
    /** PCI devices on a bus beside the host bridge. */
    private static final int MOST_CONNECTIONS = 31;

    private static final long MOST_BYTES = 16 << 20;
    private static final String SAMPLE = "crossvm_connections = [['data', 'do_print', 'done_printing']]";

    private final VmSpec vm;
    private final Setting setting;
    private final Map<String, Interface> faces;
    private final Set<String> listed = new HashSet<>();
    private final List<Problem> problems = new ArrayList<>();

    private CrossvmChecker(VmSpec vm, Setting setting) {
        this.vm = vm;
        this.setting = setting;
        faces = vm.interfaces().stream()
                .filter(face -> isConnectable(face.kind()))
                .collect(Collectors.toMap(Interface::name, Function.identity(), (first, second) -> first));
    }

    static List<Problem> check(VmSpec vm, Setting setting) {
        CrossvmChecker checker = new CrossvmChecker(vm, setting);
        checker.checkTable();
        return checker.problems;
    }

    private static boolean isConnectable(Interface.Kind kind) {
        return kind == Interface.Kind.DATAPORT || kind == Interface.Kind.EMITS || kind == Interface.Kind.CONSUMES;
    }

    private void add(String found, String remedy) {
        problems.add(new Problem(setting.location(), found, remedy));
    }

    private void checkTable() {
        if (!(setting.value() instanceof List<?> rows)) {
            add("crossvm_connections is " + setting.value() + ", not a list of connections", SAMPLE);
            return;
        }
        if (rows.size() > MOST_CONNECTIONS) {
            add(
                    "crossvm_connections has %d connections, and a PCI bus has room for %d"
                            .formatted(rows.size(), MOST_CONNECTIONS),
                    "put an event of each direction and a dataport into one, or drop some");
        }
        rows.forEach(this::checkRow);
        vm.interfaces().stream()
                .filter(face -> isConnectable(face.kind()) && !listed.contains(face.name()))
                .forEach(face -> add(
                        "%s.%s is in none of the crossvm_connections".formatted(vm.name(), face.name()),
                        "add it to one, or drop the interface"));
    }

    private void checkRow(Object row) {
        if (!(row instanceof List<?>)) {
            add(row + " in crossvm_connections is no list of interfaces", SAMPLE);
            return;
        }
        List<Interface> found = CrossvmConnection.names(row).stream()
                .map(this::face)
                .filter(Objects::nonNull)
                .toList();
        long dataports = count(found, Interface.Kind.DATAPORT);
        if (dataports != 1 && found.size() == CrossvmConnection.names(row).size()) {
            add("the connection %s has %d dataports".formatted(row, dataports), "a connection has one: " + SAMPLE);
        }
        if (count(found, Interface.Kind.EMITS) > 1 || count(found, Interface.Kind.CONSUMES) > 1) {
            add(
                    "the connection " + row + " has two events of one direction",
                    "a connection has one: list its dataport in a second connection with the other event");
        }
        found.forEach(this::checkFace);
    }

    private static long count(List<Interface> faces, Interface.Kind kind) {
        return faces.stream().filter(face -> face.kind() == kind).count();
    }

    private Interface face(String name) {
        Interface face = faces.get(name);
        if (face == null) {
            add(
                    "%s has no dataport or event %s".formatted(vm.name(), name),
                    Similar.didYouMean(name, faces.keySet(), "emits 'Type', '" + name + "' makes one"));
        }
        return face;
    }

    private void checkFace(Interface face) {
        boolean again = !listed.add(face.name());
        if (again && face.kind() == Interface.Kind.CONSUMES) {
            add(
                    "%s.%s is in two of the crossvm_connections".formatted(vm.name(), face.name()),
                    "an event for the guest comes by one connection");
        }
        if (face.kind() == Interface.Kind.DATAPORT && (Long.bitCount(bytes(face)) > 1 || bytes(face) > MOST_BYTES)) {
            add(
                    "%s.%s has %d bytes, and a PCI function's memory is a power of two up to %d"
                            .formatted(vm.name(), face.name(), bytes(face), MOST_BYTES),
                    "make it 4096, 8192, 16384, …");
        }
    }

    private long bytes(Interface face) {
        return vm.setting(face.name() + "_size")
                .map(Setting::value)
                .filter(Number.class::isInstance)
                .map(size -> ((Number) size).longValue())
                .orElse(CompositionChecker.bytes(face.type()));
    }
}
