// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.Similar;
import vmlab.dsl.model.VmSpec;

/** Holds a VM's declarations against the tables of its {@code cross_vm.c}, which say what the guest's ids mean. */
final class ConnectionTables {
    private static final List<String> PLACES = List.of("cross_vm*.c", "src/cross_vm*.c");

    private final ProjectFolder folder;
    private final BuildFiles build;
    private final Consumer<Problem> problems;

    ConnectionTables(ProjectFolder folder, Consumer<Problem> problems) {
        this.folder = folder;
        build = new BuildFiles(folder);
        this.problems = problems;
    }

    /** The VM with its interfaces in the order of their ids, having told where file and tables disagree. */
    VmSpec ordered(VmSpec vm, Assembly assembly) {
        List<CrossVmTable> tables = files(vm, assembly).stream()
                .map(CText::of)
                .flatMap(c -> CrossVmTable.read(c).stream())
                .toList();
        tables.forEach(table -> check(vm, table));
        checkComplete(vm, tables);
        return tables.isEmpty() ? vm : withTables(vm, tables);
    }

    private static VmSpec withTables(VmSpec vm, List<CrossVmTable> tables) {
        Map<String, Long> order = new HashMap<>();
        for (CrossVmTable table : tables) {
            table.entries().forEach(entry -> order.put(entry.face(), entry.id()));
        }
        List<Interface> interfaces = new ArrayList<>(vm.interfaces());
        interfaces.sort(Comparator.comparing(Interface::kind)
                .thenComparing(face -> order.getOrDefault(face.name(), Long.MAX_VALUE)));
        List<Setting> settings = new ArrayList<>(vm.settings());
        boolean said = vm.setting(Attribute.CROSSVM_CONNECTIONS.word()).isPresent();
        tables.stream()
                .filter(table -> table.pci() && !said)
                .findFirst()
                .ifPresent(table -> settings.add(
                        new Setting(Attribute.CROSSVM_CONNECTIONS.word(), functions(table), table.place())));
        return new VmSpec(vm.index(), settings, interfaces, vm.attributes(), vm.location());
    }

    /** The interfaces of each PCI function. */
    private static List<List<String>> functions(CrossVmTable table) {
        Map<Long, List<String>> rows = new TreeMap<>();
        table.entries()
                .forEach(entry -> rows.computeIfAbsent(entry.id(), id -> new ArrayList<>())
                        .add(entry.face()));
        return List.copyOf(rows.values());
    }

    /** As the build says; else those by the field's name, if only one VM can be meant. */
    private List<Path> files(VmSpec vm, Assembly assembly) {
        List<Path> named = build.sources(vm.component());
        long candidates = assembly.vms().stream()
                .filter(each -> !each.interfaces().isEmpty())
                .count();
        boolean only = candidates == 1 && !vm.interfaces().isEmpty();
        Stream<Path> byName = PLACES.stream().flatMap(place -> folder.matching(place).stream());
        return named.isEmpty() && only ? byName.toList() : named;
    }

    private void check(VmSpec vm, CrossVmTable table) {
        boolean contiguous = table.pci() || isContiguous(table);
        for (CrossVmTable.Entry entry : table.entries()) {
            List<String> names = vm.interfaces().stream()
                    .filter(face -> face.kind() == entry.kind())
                    .map(Interface::name)
                    .toList();
            if (!names.contains(entry.face())) {
                problems.accept(new Problem(
                        entry.place(),
                        "%s names %s, but %s at %s has no %s of that name"
                                .formatted(
                                        table.name(), entry.face(), vm.component(), vm.location(), noun(entry.kind())),
                        Similar.didYouMean(
                                entry.face(),
                                names,
                                "it has " + (names.isEmpty() ? "none" : String.join(", ", names)))));
            } else if (entry.kind() == Interface.Kind.DATAPORT && !table.pci() && contiguous) {
                vm.setting(entry.face() + "_id").ifPresent(id -> checkId(vm, id, entry, table));
            }
        }
    }

    private void checkId(VmSpec vm, Setting id, CrossVmTable.Entry entry, CrossVmTable table) {
        if (id.value() instanceof Number number && number.longValue() != entry.id()) {
            problems.accept(new Problem(
                    id.location(),
                    "%s.%s is %s, but %s at %s has %s at %d"
                            .formatted(
                                    vm.name(),
                                    id.attribute(),
                                    number,
                                    table.name(),
                                    entry.place(),
                                    entry.face(),
                                    entry.id()),
                    "make them one: the guest counts the table's entries, NULL being 0"));
        }
    }

    /** Tells of the first gap. */
    private boolean isContiguous(CrossVmTable table) {
        List<CrossVmTable.Entry> byId = table.entries().stream()
                .sorted(Comparator.comparingLong(CrossVmTable.Entry::id))
                .toList();
        for (int i = 0; i < byId.size(); i++) {
            CrossVmTable.Entry entry = byId.get(i);
            if (entry.id() != i + 1) {
                problems.accept(new Problem(
                        entry.place(),
                        "%s of %s has the id %d, where %d is expected"
                                .formatted(entry.face(), table.name(), entry.id(), i + 1),
                        "ids are contiguous, starting from 1: what stands for 0 is NULL"));
                return false;
            }
        }
        return true;
    }

    private void checkComplete(VmSpec vm, List<CrossVmTable> tables) {
        for (Interface face : vm.interfaces()) {
            tables.stream()
                    .filter(table -> table.pci() || table.kind() == face.kind())
                    .filter(table -> isForGuests(face.kind()))
                    .findFirst()
                    .filter(table -> table.entries().stream()
                            .noneMatch(entry -> entry.face().equals(face.name())))
                    .ifPresent(table -> problems.accept(new Problem(
                            face.location(),
                            "%s has the %s %s, but %s at %s leaves it out"
                                    .formatted(
                                            vm.component(),
                                            noun(face.kind()),
                                            face.name(),
                                            table.name(),
                                            table.place()),
                            "add it there, or the guest never sees it")));
        }
    }

    private static boolean isForGuests(Interface.Kind kind) {
        return kind == Interface.Kind.DATAPORT || kind == Interface.Kind.EMITS || kind == Interface.Kind.CONSUMES;
    }

    private static String noun(Interface.Kind kind) {
        return switch (kind) {
            case DATAPORT -> "dataport";
            case EMITS -> "emitted event";
            case CONSUMES -> "consumed event";
            default -> kind.words();
        };
    }
}
