// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import vmlab.crossvm.Dataport;
import vmlab.crossvm.EventChannel;
import vmlab.crossvm.VmcallConnections;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connector;
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

    /** The VM's side in the order of its ids: dataports by their {@code _id}, events as they are declared. */
    VmcallConnections.Ends endsOf(VmSpec vm) {
        List<Dataport> shared = faces(vm, Interface.Kind.DATAPORT)
                .sorted(Comparator.comparingLong(face -> id(vm, face)))
                .flatMap(face -> dataport(vm.name(), face.name()).stream())
                .toList();
        return new VmcallConnections.Ends(
                shared, events(vm, Interface.Kind.EMITS), events(vm, Interface.Kind.CONSUMES));
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

    /**
     * What the connections hold.
     *
     * @param dataports their content, by the connection's name
     * @param pending the names of the events that are
     */
    record State(Map<String, byte[]> dataports, List<String> pending) {}

    State state() {
        Map<String, byte[]> contents = new TreeMap<>();
        dataports.values().forEach(d -> contents.put(d.name(), d.memory().read(0, Math.toIntExact(d.sizeBytes()))));
        List<String> waiting = events.values().stream()
                .distinct()
                .filter(EventChannel::isPending)
                .map(EventChannel::name)
                .sorted()
                .toList();
        return new State(contents, waiting);
    }

    /** Takes over what the connections held; those that it doesn't know stay as they are. */
    void restore(State state) {
        dataports.values().stream().distinct().forEach(dataport -> {
            byte[] content = state.dataports.get(dataport.name());
            if (content != null && content.length == dataport.sizeBytes()) {
                dataport.memory().write(0, content);
            }
        });
        events.values().stream().distinct().forEach(event -> event.pending(state.pending.contains(event.name())));
    }

    @Override
    public void close() {
        dataports.values().stream().distinct().forEach(Dataport::close);
    }
}
