// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection.End;

/**
 * Says everything that is wrong with components, connections and settings: what CAmkES checks, and what it lets pass to
 * a guest that then fails without a word (ids, sizes, attributes nobody reads).
 *
 * @spec camkes-tool, camkes/ast/objects.py
 */
public final class CompositionChecker {
    /** An id or a size of a dataport: {@code data_id}, {@code data_size}. */
    private static final Pattern OF_DATAPORT = Pattern.compile("(.+)_(id|size)");

    private static final Pattern BUFFER = Pattern.compile("Buf\\((-?\\d+)\\)");
    static final int PAGE = 4096;
    private static final int PLAIN_BUFFER = PAGE;

    private final Map<String, ComponentType> types = new LinkedHashMap<>();
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private final Map<String, Connection> connections = new LinkedHashMap<>();
    /** By whom each interface is connected: more than one connection of a kind is one of several ends. */
    private final Map<String, Connection> users = new HashMap<>();

    /** What was set and isn't there. */
    private final Set<String> strangers = new HashSet<>();

    private final List<Problem> problems = new ArrayList<>();

    private final Set<String> loose;

    private CompositionChecker(Set<String> loose) {
        this.loose = loose;
    }

    /** All problems, in the order in which things are declared. */
    public static List<Problem> check(Collection<ComponentType> types, Composition composition) {
        return check(types, composition, Set.of());
    }

    /**
     * All problems of a live composition.
     *
     * @param loose paths of interfaces that have lost what they were connected to, and may go without
     */
    public static List<Problem> check(Collection<ComponentType> types, Composition composition, Set<String> loose) {
        CompositionChecker checker = new CompositionChecker(loose);
        types.forEach(type -> checker.types.putIfAbsent(type.name(), type));
        composition.instances().forEach(checker::checkInstance);
        composition.connections().forEach(checker::checkConnection);
        checker.checkUnconnected();
        checker.checkSettings(composition.settings());
        return List.copyOf(checker.problems);
    }

    private void add(SourceLocation location, String found, String remedy) {
        problems.add(new Problem(location, found, remedy));
    }

    // ---- instances

    private void checkInstance(Instance instance) {
        Instance earlier = instances.putIfAbsent(instance.name(), instance);
        if (earlier != null) {
            add(
                    instance.location(),
                    instance.name() + " is there twice, first at " + earlier.location(),
                    "give one of them another name");
            return;
        }
        ComponentType type = types.get(instance.type());
        if (type == null) {
            add(
                    instance.location(),
                    "there is no component " + instance.type(),
                    Similar.didYouMean(instance.type(), types.keySet(), "component " + instance.type() + " { … }"));
        } else if (type.control() && type.hardware()) {
            add(type.location(), type.name() + " is hardware and has control", "hardware runs no code: drop one");
        } else {
            checkNames(type);
        }
    }

    private void checkNames(ComponentType type) {
        Map<String, Interface> seen = new HashMap<>();
        for (Interface face : type.interfaces()) {
            Interface earlier = seen.putIfAbsent(face.name(), face);
            if (earlier != null && earlier != face) {
                add(
                        face.location(),
                        type.name() + " has two interfaces " + face.name() + ", the first at " + earlier.location(),
                        "give one of them another name");
            }
        }
    }

    private Optional<ComponentType> typeOf(String instance) {
        return Optional.ofNullable(instances.get(instance)).map(i -> types.get(i.type()));
    }

    // ---- connections

    private record Found(End end, Interface face) {}

    private void checkConnection(Connection connection) {
        Connection earlier = connections.putIfAbsent(connection.name(), connection);
        if (earlier != null) {
            add(
                    connection.location(),
                    "connection " + connection.name() + " is there twice, first at " + earlier.location(),
                    "give one of them another name");
        }
        if (connection.from().isEmpty() || connection.to().isEmpty()) {
            add(connection.location(), connection.name() + " has one side only", "(from A.x, to B.y)");
        }
        List<Found> from = connection.from().stream()
                .flatMap(end -> find(connection, end).stream())
                .toList();
        List<Found> to = connection.to().stream()
                .flatMap(end -> find(connection, end).stream())
                .toList();
        Optional<Connector> connector = Connector.of(connection.connector());
        if (connector.isEmpty()) {
            add(
                    connection.location(),
                    "there is no connector " + connection.connector(),
                    Similar.didYouMean(connection.connector(), Connector.names(), "seL4Notification connects events"));
            return;
        }
        checkSides(connection, connector.get(), from, to);
        if (connector.get().typed()) {
            checkTypes(connection, from, to);
        }
    }

    private Optional<Found> find(Connection connection, End end) {
        Instance instance = instances.get(end.instance());
        if (instance == null) {
            add(
                    end.location(),
                    "there is no instance " + end.instance(),
                    Similar.didYouMean(end.instance(), instances.keySet(), "component TYPE " + end.instance() + ";"));
            return Optional.empty();
        }
        ComponentType type = types.get(instance.type());
        if (type == null) {
            return Optional.empty();
        }
        Optional<Interface> face = type.face(end.face()).filter(f -> !f.kind().isLock());
        if (face.isEmpty()) {
            List<String> names = type.interfaces().stream()
                    .filter(f -> !f.kind().isLock())
                    .map(Interface::name)
                    .toList();
            add(
                    end.location(),
                    "component " + type.name() + " has no interface " + end.face(),
                    Similar.didYouMean(end.face(), names, "it has " + String.join(", ", names)));
        }
        return face.map(f -> used(connection, end, f));
    }

    private Found used(Connection connection, End end, Interface face) {
        Connection earlier = users.putIfAbsent(end.path(), connection);
        if (earlier != null && !earlier.connector().equals(connection.connector())) {
            add(
                    end.location(),
                    end.path() + " is connected by " + earlier.name() + " already, a " + earlier.connector(),
                    "use one connector for both, or another interface");
        }
        return new Found(end, face);
    }

    private void checkSides(Connection connection, Connector connector, List<Found> from, List<Found> to) {
        from.forEach(found -> checkSide(
                connection,
                found,
                "from",
                connector.kind().from(),
                connector.kind().to()));
        to.forEach(found -> checkSide(
                connection, found, "to", connector.kind().to(), connector.kind().from()));
        if (connection.from().size() > 1 && !connector.manyFrom()) {
            add(connection.location(), connector.name() + " has one end on its from side", "make several connections");
        }
        if (connection.to().size() > 1 && !connector.manyTo()) {
            add(connection.location(), connector.name() + " has one end on its to side", "make several connections");
        }
    }

    private void checkSide(
            Connection connection, Found found, String side, Interface.Kind wanted, Interface.Kind opposite) {
        Interface.Kind kind = found.face.kind();
        if (kind == wanted) {
            return;
        }
        String is = found.end.path() + " " + (kind == Interface.Kind.DATAPORT ? "is a dataport" : kind.words() + " it");
        if (kind == opposite) {
            add(
                    found.end.location(),
                    is + ", but stands on the " + side + " side",
                    "swap from and to of " + connection.name());
        } else {
            add(
                    found.end.location(),
                    is + ", which " + connection.connector() + " doesn't connect",
                    "its " + side + " side takes what a component "
                            + (wanted == Interface.Kind.DATAPORT ? "has as dataport" : wanted.words()));
        }
    }

    private void checkTypes(Connection connection, List<Found> from, List<Found> to) {
        List<Found> all = new ArrayList<>(from);
        all.addAll(to);
        for (Found found : all) {
            Found first = all.get(0);
            if (!found.face.type().equals(first.face.type())) {
                add(
                        found.end.location(),
                        "%s is of type %s, but %s of type %s"
                                .formatted(found.end.path(), found.face.type(), first.end.path(), first.face.type()),
                        "both ends of " + connection.name() + " need one type");
            }
        }
    }

    private void checkUnconnected() {
        for (Instance instance : instances.values()) {
            typeOf(instance.name())
                    .ifPresent(type -> type.interfaces().stream()
                            .filter(CompositionChecker::mustBeConnected)
                            .filter(face -> !users.containsKey(instance.name() + "." + face.name())
                                    && !loose.contains(instance.name() + "." + face.name()))
                            .forEach(face -> add(
                                    face.location(),
                                    "%s.%s is not connected".formatted(instance.name(), face.name()),
                                    "connect it, or write: maybe " + face.kind().words() + " …")));
        }
    }

    private static boolean mustBeConnected(Interface face) {
        return !face.optional()
                && (face.kind() == Interface.Kind.USES
                        || face.kind() == Interface.Kind.CONSUMES
                        || face.kind() == Interface.Kind.DATAPORT);
    }

    // ---- settings

    private void checkSettings(List<InstanceSetting> settings) {
        Map<String, InstanceSetting> seen = new HashMap<>();
        for (InstanceSetting setting : settings) {
            String path = setting.instance() + "." + setting.setting().attribute();
            InstanceSetting earlier = seen.putIfAbsent(path, setting);
            if (earlier != null) {
                add(
                        setting.setting().location(),
                        path + " is set twice, first at " + earlier.setting().location(),
                        "remove one of the lines");
            }
            checkOwner(setting);
        }
        for (Instance instance : instances.values()) {
            typeOf(instance.name()).ifPresent(type -> checkDataports(instance, type, settings));
        }
        connections.values().forEach(connection -> checkSizes(connection, settings));
    }

    /** Both ends of a dataport have one memory: what is said of its size must be one size. */
    private void checkSizes(Connection connection, List<InstanceSetting> settings) {
        List<InstanceSetting> sizes = settings.stream()
                .filter(s -> s.setting().value() instanceof Number)
                .filter(s -> connection.ends().stream()
                        .anyMatch(end -> end.instance().equals(s.instance())
                                && s.setting().attribute().equals(end.face() + "_size")))
                .toList();
        for (InstanceSetting size : sizes) {
            InstanceSetting first = sizes.get(0);
            if (bytes(size) != bytes(first)) {
                add(
                        size.setting().location(),
                        "%s is %d, but %s is %d".formatted(path(size), bytes(size), path(first), bytes(first)),
                        "both ends of " + connection.name() + " are one memory: make them equal");
            }
        }
    }

    private static long bytes(InstanceSetting size) {
        return ((Number) size.setting().value()).longValue();
    }

    private static String path(InstanceSetting setting) {
        return setting.instance() + "." + setting.setting().attribute();
    }

    private void checkOwner(InstanceSetting setting) {
        String owner = setting.instance();
        if (owner.endsWith(VmSpec.CONFIG)
                && isVirtualMachine(owner.substring(0, owner.length() - VmSpec.CONFIG.length()))) {
            owner = owner.substring(0, owner.length() - VmSpec.CONFIG.length());
        }
        if (!instances.containsKey(owner) && !connections.containsKey(owner)) {
            // Several settings of one that isn't there are one mistake.
            if (!strangers.add(owner)) {
                return;
            }
            Set<String> names = new HashSet<>(instances.keySet());
            names.addAll(connections.keySet());
            add(
                    setting.setting().location(),
                    "there is no instance " + owner,
                    Similar.didYouMean(owner, names, "component TYPE " + owner + ";"));
            return;
        }
        Optional<ComponentType> type = typeOf(owner);
        String attribute = setting.setting().attribute();
        if (type.isPresent() && isVirtualMachine(type.get()) && !isKnown(type.get(), attribute)) {
            add(
                    setting.setting().location(),
                    owner + " has no attribute " + attribute,
                    Similar.didYouMean(attribute, Attribute.words(), "CAmkES would take it and nobody would read it"));
        }
    }

    private boolean isVirtualMachine(String instance) {
        return typeOf(instance).filter(CompositionChecker::isVirtualMachine).isPresent();
    }

    private static boolean isVirtualMachine(ComponentType type) {
        return type.name().matches("Init\\d+");
    }

    private static boolean isKnown(ComponentType type, String attribute) {
        return Attribute.exists(attribute)
                || type.attributes().stream().anyMatch(a -> a.name().equals(attribute))
                || type.interfaces().stream().anyMatch(face -> face.owns(attribute));
    }

    /** The guest counts dataports from 1 in the order in which it makes them: a gap shifts all that follow. */
    private void checkDataports(Instance instance, ComponentType type, List<InstanceSetting> settings) {
        Map<Long, InstanceSetting> ids = new HashMap<>();
        for (InstanceSetting setting : settings) {
            Matcher m = OF_DATAPORT.matcher(setting.setting().attribute());
            if (!setting.instance().equals(instance.name()) || !m.matches()) {
                continue;
            }
            type.face(m.group(1))
                    .filter(f -> f.kind() == Interface.Kind.DATAPORT)
                    .ifPresent(face -> {
                        if (m.group(2).equals("size")) {
                            checkSize(face, setting);
                        } else {
                            checkId(setting, ids);
                        }
                    });
        }
        for (long id = 1; id <= ids.size(); id++) {
            if (!ids.containsKey(id)) {
                long last = ids.keySet().stream().mapToLong(n -> n).max().orElse(0);
                add(
                        ids.get(last).setting().location(),
                        "the ids of %s's dataports leave out %d".formatted(instance.name(), id),
                        "ids are contiguous, starting from 1");
                return;
            }
        }
    }

    private void checkId(InstanceSetting setting, Map<Long, InstanceSetting> ids) {
        String path = setting.instance() + "." + setting.setting().attribute();
        if (!(setting.setting().value() instanceof Number n) || n.longValue() < 1) {
            add(
                    setting.setting().location(),
                    path + " is " + setting.setting().value(),
                    "ids are whole numbers from 1 on");
            return;
        }
        InstanceSetting earlier = ids.putIfAbsent(n.longValue(), setting);
        boolean again = earlier != null
                && earlier.setting().attribute().equals(setting.setting().attribute());
        if (earlier != null && !again) {
            add(
                    setting.setting().location(),
                    path + " is " + n + ", as " + earlier.setting().attribute() + " is",
                    "each dataport of a VM has an id of its own");
        }
    }

    private void checkSize(Interface face, InstanceSetting setting) {
        SourceLocation location = setting.setting().location();
        String path = setting.instance() + "." + setting.setting().attribute();
        if (!(setting.setting().value() instanceof Number size)) {
            add(location, path + " is " + setting.setting().value(), "a size is a whole number of bytes");
        } else if (size.longValue() <= 0 || size.longValue() % PAGE != 0) {
            add(location, path + " is " + size, "a dataport is a whole number of pages: 4096, 8192 …");
        } else {
            // Buf alone is as large as it is set to be.
            long declared = face.type().equals("Buf") ? 0 : bytes(face.type());
            if (declared > 0 && declared != size.longValue()) {
                add(
                        location,
                        "%s is %d, but %s has %d bytes".formatted(path, size.longValue(), face.type(), declared),
                        "make them equal: the guest's size is compared with it");
            }
        }
    }

    /** The size that a dataport's type says; 0 if it is a C type. */
    static long bytes(String type) {
        Matcher m = BUFFER.matcher(type);
        return m.matches() ? Long.parseLong(m.group(1)) : type.equals("Buf") ? PLAIN_BUFFER : 0;
    }
}
