// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import vmlab.crossvm.ConnectionFunction;
import vmlab.crossvm.Dataport;
import vmlab.crossvm.EventChannel;
import vmlab.crossvm.VmcallConnections;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connector;
import vmlab.dsl.model.CrossvmConnection;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.VmSpec;

/**
 * What connects the instances of a lab: a dataport or an event for each connection that carries one, found by the ends'
 * paths. Threads: any.
 */
final class Wiring implements AutoCloseable {
    private final Map<String, Dataport> dataports = new ConcurrentHashMap<>();
    private final Map<String, EventChannel> events = new ConcurrentHashMap<>();

    /** Adds what a good composition connects; sizes are asked for by the path of a dataport. */
    void add(Composition composition, Function<Connection.End, Long> sizeBytes) {
        for (Connection connection : composition.connections()) {
            Optional<Connector.Kind> kind = Connector.of(connection.connector()).map(Connector::kind);
            if (kind.equals(Optional.of(Connector.Kind.DATAPORT))) {
                Dataport dataport = Dataport.create(
                        connection.name(), sizeBytes.apply(connection.to().get(0)));
                ends(connection).forEach(end -> dataports.put(end.path(), dataport));
            } else if (kind.equals(Optional.of(Connector.Kind.EVENT))) {
                EventChannel event = new EventChannel(connection.name());
                ends(connection).forEach(end -> events.put(end.path(), event));
            }
        }
    }

    private static List<Connection.End> ends(Connection connection) {
        List<Connection.End> all = new ArrayList<>(connection.from());
        all.addAll(connection.to());
        return all;
    }

    Optional<Dataport> dataport(String instance, String face) {
        return Optional.ofNullable(dataports.get(instance + "." + face));
    }

    Optional<EventChannel> event(String instance, String face) {
        return Optional.ofNullable(events.get(instance + "." + face));
    }

    /** Connects a VM that is about to start, by what its guest knows: hypercalls or PCI functions. */
    void connect(VmSpec vm, PowerCycle cycle) {
        if (vm.crossvmConnections().isPresent()) {
            cycle.plug(functionsOf(vm, vm.crossvmConnections().get()));
        } else if (!vm.interfaces().isEmpty()) {
            cycle.connect(endsOf(vm));
        }
    }

    /** The VM's side in the order of its ids: dataports by their {@code _id}, events as they are declared. */
    VmcallConnections.Ends endsOf(VmSpec vm) {
        List<Dataport> shared = faces(vm, Interface.Kind.DATAPORT)
                .sorted(Comparator.comparingLong(face -> id(vm, face)))
                .flatMap(face -> dataport(vm.name(), face.name()).stream())
                .toList();
        return new VmcallConnections.Ends(
                shared, events(vm, Interface.Kind.EMITS), events(vm, Interface.Kind.CONSUMES));
    }

    /** The VM's side of its connections as PCI functions, in their order; only what is connected makes one. */
    List<ConnectionFunction.Ends> functionsOf(VmSpec vm, List<CrossvmConnection> connections) {
        return connections.stream()
                .flatMap(connection -> dataport(vm.name(), connection.dataport()).stream()
                        .map(dataport -> new ConnectionFunction.Ends(
                                dataport,
                                connection.emitted().flatMap(face -> event(vm.name(), face)),
                                connection.consumed().flatMap(face -> event(vm.name(), face)))))
                .toList();
    }

    private static java.util.stream.Stream<Interface> faces(VmSpec vm, Interface.Kind kind) {
        return vm.interfaces().stream().filter(face -> face.kind() == kind);
    }

    /** Those without an id come behind the others. */
    private static long id(VmSpec vm, Interface face) {
        return vm.setting(face.name() + "_id")
                .map(setting -> ((Number) setting.value()).longValue())
                .orElse(Long.MAX_VALUE);
    }

    /** An event that nothing is connected to keeps its id. */
    private List<EventChannel> events(VmSpec vm, Interface.Kind kind) {
        return faces(vm, kind)
                .map(face ->
                        event(vm.name(), face.name()).orElseGet(() -> new EventChannel(vm.name() + "." + face.name())))
                .toList();
    }

    @Override
    public void close() {
        dataports.values().stream().distinct().forEach(Dataport::close);
    }
}
