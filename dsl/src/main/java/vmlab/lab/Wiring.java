// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import vmlab.crossvm.ConnectionFunction;
import vmlab.crossvm.Dataport;
import vmlab.crossvm.EventChannel;
import vmlab.crossvm.VmcallConnections;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connector;
import vmlab.dsl.model.CrossvmConnection;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.VmSpec;

/**
 * The interfaces of a lab's instances, which stay when what connects them comes and goes, and the connections.
 *
 * <p>Threads: any.
 */
final class Wiring implements AutoCloseable {
    /** What the connections ask of the lab around them. */
    interface Surroundings {
        /** An event has come for a component: wakes who waits for it and, at virtual pace, waits for what follows. */
        void arrived(LabEvent event);

        /** Guest time for the instance. */
        long nanos(String instance);

        /** A VM of that name has other connections now. */
        void rewired(String instance);

        boolean isVm(String instance);

        /** Does what a component's procedure is. */
        Object serve(String instance, String face, String method, List<Object> arguments);

        /** Whether a component's run does what is called of it. */
        boolean servesCalls(String instance);

        /** What is declared of a type of procedures; empty if it isn't. */
        Optional<Procedure> procedure(String type);

        /** What a semaphore begins with. */
        int initialCount(String instance, Interface semaphore);
    }

    private final Surroundings surroundings;
    private final Activity activity;
    private final Timeline timeline;
    private final Watches watches;
    private final Map<String, LabEvent> events = new ConcurrentHashMap<>();
    private final Map<String, Gate> gates = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Thread, Calls> callers = new ConcurrentHashMap<>();
    private final Map<String, LabDataport> dataports = new ConcurrentHashMap<>();
    private final Map<String, LabProcedure> procedures = new ConcurrentHashMap<>();
    private final Map<String, LabLock> locks = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<LabConnection> connections = new CopyOnWriteArrayList<>();

    /** All memory ever shared: it is given back with the lab, as somebody may still be reading it. */
    private final List<Runnable> memories = new CopyOnWriteArrayList<>();

    Wiring(Surroundings surroundings, Activity activity, Timeline timeline, Watches watches) {
        this.surroundings = Objects.requireNonNull(surroundings);
        this.activity = Objects.requireNonNull(activity);
        this.timeline = Objects.requireNonNull(timeline);
        this.watches = Objects.requireNonNull(watches);
    }

    // ---- interfaces

    /** Makes an interface of an instance live; one that is the same already stays. */
    void declare(String instance, Interface face, ToLongFunction<Connection.End> sizeBytes) {
        String path = instance + "." + face.name();
        switch (face.kind()) {
            case EMITS, CONSUMES ->
                events.compute(path, (p, there) -> same(there, face) ? there : event(instance, face));
            case DATAPORT -> {
                long size = sizeBytes.applyAsLong(new Connection.End(instance, face.name(), face.location()));
                dataports.computeIfAbsent(path, p -> remembered(new LabDataport(p, size, watches)));
            }
            case USES, PROVIDES ->
                procedures.compute(path, (p, there) -> same(there, face) ? there : procedure(p, instance, face));
            case MUTEX, SEMAPHORE, BINARY_SEMAPHORE ->
                locks.computeIfAbsent(
                        path, p -> new LabLock(p, face.kind(), surroundings.initialCount(instance, face), activity));
        }
    }

    private static boolean same(LabEvent there, Interface face) {
        return there != null && there.sends() == (face.kind() == Interface.Kind.EMITS);
    }

    private static boolean same(LabProcedure there, Interface face) {
        return there != null && there.isProvided() == (face.kind() == Interface.Kind.PROVIDES);
    }

    private LabProcedure procedure(String path, String instance, Interface face) {
        LabProcedure.Provider own = new LabProcedure.Provider() {
            @Override
            public Object serve(String method, List<Object> arguments) {
                return surroundings.serve(instance, face.name(), method, arguments);
            }

            @Override
            public boolean queues() {
                return surroundings.servesCalls(instance);
            }
        };
        return new LabProcedure(path, face.kind(), own, activity, () -> surroundings.procedure(face.type()));
    }

    private LabEvent event(String instance, Interface face) {
        LabEvent event = new LabEvent(instance + "." + face.name(), face.kind(), gate(instance));
        if (!event.sends() && !surroundings.isVm(instance)) {
            event.channel().onPending(() -> surroundings.arrived(event));
        }
        return event;
    }

    private LabDataport remembered(LabDataport dataport) {
        memories.add(dataport::close);
        return dataport;
    }

    /** An instance is there no more. */
    void forget(String instance) {
        Stream.of(events, dataports, procedures, locks)
                .forEach(ports -> ports.keySet().removeIf(path -> path.startsWith(instance + ".")));
    }

    Optional<LabDataport> dataport(String instance, String face) {
        return Optional.ofNullable(dataports.get(instance + "." + face));
    }

    Optional<LabEvent> event(String instance, String face) {
        return Optional.ofNullable(events.get(instance + "." + face));
    }

    /** Where the component of that name waits for its events. */
    Gate gate(String instance) {
        return gates.computeIfAbsent(instance, i -> new Gate(activity));
    }

    /** Where the component of that name is called. */
    Calls calls(String instance) {
        return new Calls(instance, gate(instance), activity, callers);
    }

    /** An interface of any kind. */
    Optional<Object> port(String instance, String face) {
        String path = instance + "." + face;
        return Stream.of(events, dataports, procedures, locks)
                .flatMap(ports -> Stream.ofNullable((Object) ports.get(path)))
                .findFirst();
    }

    /** Connects a VM that is about to start, by what its guest knows: hypercalls or PCI functions. */
    void connect(VmSpec vm, VmFaces faces, PowerCycle cycle) {
        if (vm.crossvmConnections().isPresent()) {
            List<CrossvmConnection> functions = vm.crossvmConnections().get();
            cycle.plug(functionsOf(vm.name(), functions), () -> dataportsOf(vm.name(), functions));
        } else if (!faces.isEmpty()) {
            cycle.connect(endsOf(faces));
        }
    }

    /** A VM's side of its connections, by the ids it has. */
    VmcallConnections.Ends endsOf(VmFaces faces) {
        List<Dataport> shared = faces.dataports().stream()
                .flatMap(face -> dataport(faces.vm(), face).stream())
                .map(LabDataport::dataport)
                .toList();
        List<EventChannel> consumed =
                events(faces.vm(), faces.consumed()).map(LabEvent::channel).toList();
        return new VmcallConnections.Ends(
                shared,
                events(faces.vm(), faces.emitted()).map(LabEvent::source).toList(),
                consumed);
    }

    private Stream<LabEvent> events(String vm, List<String> names) {
        return names.stream().flatMap(face -> event(vm, face).stream());
    }

    private List<Dataport> dataportsOf(String vm, List<CrossvmConnection> functions) {
        return functions.stream()
                .flatMap(function -> dataport(vm, function.dataport()).stream())
                .map(LabDataport::dataport)
                .toList();
    }

    /** A VM's side of its connections as PCI functions, in their order, whether anything is plugged in behind them or not. */
    private List<ConnectionFunction.Ends> functionsOf(String vm, List<CrossvmConnection> functions) {
        return functions.stream()
                .flatMap(function -> dataport(vm, function.dataport())
                        .map(dataport -> new ConnectionFunction.Ends(
                                dataport.dataport(),
                                function.emitted()
                                        .flatMap(name -> event(vm, name))
                                        .map(LabEvent::source),
                                function.consumed()
                                        .flatMap(name -> event(vm, name))
                                        .map(LabEvent::channel)))
                        .stream())
                .toList();
    }

    // ---- snapshots

    WiringState state() {
        return WiringState.of(dataports.values(), events.values());
    }

    void restore(WiringState state) {
        state.restore(dataports.values(), events.values());
    }

    // ---- connections

    /** Makes a connection, unplugged; sizes are asked for by a dataport's end. */
    LabConnection connect(Connection spec, ToLongFunction<Connection.End> sizeBytes) {
        LabConnection.Carrier carrier = Connector.of(spec.connector())
                .map(connector -> switch (connector.kind()) {
                    case EVENT -> new EventCarrier(all(spec.from(), events), all(spec.to(), events), this::passed);
                    case DATAPORT ->
                        memory(
                                spec,
                                spec.ends().stream().mapToLong(sizeBytes).max().orElseThrow());
                    case PROCEDURE -> calls(spec);
                })
                .orElse(LabConnection.Carrier.NOTHING);
        LabConnection connection = new LabConnection(spec, carrier, this);
        connections.add(connection);
        return connection;
    }

    /** A connection is there no more. */
    void disconnect(LabConnection connection) {
        connection.unplug();
        connection.carrier().close();
        connections.remove(connection);
    }

    List<LabConnection> connections() {
        return List.copyOf(connections);
    }

    /** A connection was plugged in or out. */
    void changed(LabConnection connection) {
        Set<String> instances = new LinkedHashSet<>();
        connection.spec().ends().forEach(end -> instances.add(end.instance()));
        long nanos = instances.stream().mapToLong(surroundings::nanos).max().orElse(0);
        timeline.record(
                nanos, Timeline.Kind.PLUG, connection.name(), "", connection.isPlugged() ? "plugged" : "unplugged");
        instances.forEach(surroundings::rewired);
    }

    private static <T> List<T> all(List<Connection.End> ends, Map<String, T> ports) {
        return ends.stream()
                .map(end -> ports.get(end.path()))
                .filter(Objects::nonNull)
                .toList();
    }

    private MemoryCarrier memory(Connection spec, long sizeBytes) {
        List<LabDataport> ends = all(spec.ends(), dataports);
        Optional<LabDataport> keeper = ends.stream()
                .filter(end -> surroundings.isVm(instance(end.path())))
                .findFirst();
        return new MemoryCarrier(ends, keeper.orElse(ends.get(0)), () -> {
            Dataport memory = Dataport.create(spec.name(), sizeBytes);
            memories.add(memory::close);
            return memory;
        });
    }

    /** Calls between components; those of VMs are what the machine's own parts stand for. */
    private LabConnection.Carrier calls(Connection spec) {
        boolean ofVm = spec.ends().stream().anyMatch(end -> surroundings.isVm(end.instance()));
        List<LabProcedure> providers = all(spec.to(), procedures);
        return ofVm || providers.isEmpty()
                ? LabConnection.Carrier.NOTHING
                : new CallCarrier(spec.name(), all(spec.from(), procedures), providers.get(0), this::called);
    }

    private long called(LabProcedure user, String method) {
        watches.look();
        long nanos = surroundings.nanos(instance(user.path()));
        timeline.record(nanos, Timeline.Kind.CALL, user.path(), method, "");
        return nanos;
    }

    /** Notes that an event goes from one end to another, or is dropped; the guest time. */
    private long passed(LabEvent from, LabEvent to, boolean plugged) {
        watches.look();
        String source = instance(from.path());
        long nanos = surroundings.nanos(surroundings.isVm(source) ? source : instance(to.path()));
        Timeline.Kind kind = plugged ? Timeline.Kind.EVENT : Timeline.Kind.DROPPED;
        timeline.record(nanos, kind, from.path(), to.path(), "");
        return nanos;
    }

    private static String instance(String path) {
        return path.substring(0, path.lastIndexOf('.'));
    }

    @Override
    public void close() {
        memories.forEach(Runnable::run);
    }
}
