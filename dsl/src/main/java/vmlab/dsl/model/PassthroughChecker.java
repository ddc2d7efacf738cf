// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says what is wrong with the lists of a VM's hardware, which nobody reads here but which go into a {@code .camkes} file:
 * {@code vm_ioports}, {@code vm_irqs}, {@code pci_devices}, under their old names too.
 *
 * @spec camkes-vm, components/Init/templates (seL4VMIOPorts, seL4VMIRQs, seL4VMPCIDevices)
 */
final class PassthroughChecker {
    private static final int LINES = 16;
    private static final int EVENT_LINE = 12;

    /** The keys of a row by attribute. */
    private static final Map<Attribute, Set<String>> KEYS = Map.of(
            Attribute.VM_IOPORTS, Set.of("start", "end", "pci_device", "name"),
            Attribute.IOPORTS, Set.of("start", "end", "pci_device", "name"),
            Attribute.VM_IRQS, Set.of("name", "ioapic", "source", "level_trig", "active_low", "dest"),
            Attribute.IRQS, Set.of("name", "ioapic", "source", "level_trig", "active_low", "dest"),
            Attribute.PCI_DEVICES, Set.of("name", "bus", "dev", "fun", "irq", "memory"));

    private final VmSpec vm;
    private final List<Problem> problems = new ArrayList<>();

    private PassthroughChecker(VmSpec vm) {
        this.vm = vm;
    }

    static List<Problem> check(VmSpec vm) {
        PassthroughChecker checker = new PassthroughChecker(vm);
        vm.settings()
                .forEach(setting -> Attribute.of(setting.attribute())
                        .filter(KEYS::containsKey)
                        .ifPresent(a -> checker.check(a, setting)));
        return checker.problems;
    }

    private void add(Setting setting, String found, String remedy) {
        problems.add(new Problem(setting.location(), found, remedy));
    }

    private void check(Attribute attribute, Setting setting) {
        String word = setting.attribute();
        if (!(setting.value() instanceof Collection<?> rows)) {
            add(setting, word + " is " + setting.value() + ", not a list", word + " = [[name: '…'], …]");
            return;
        }
        Map<Object, Object> lines = new HashMap<>();
        for (Object row : rows) {
            if (row instanceof Map<?, ?> map) {
                checkKeys(attribute, setting, map);
                checkPorts(setting, map);
                checkLine(setting, map, lines);
            } else {
                add(setting, "a row of " + word + " is " + row + ", not a map", "[name: '…', …]");
            }
        }
    }

    private void checkKeys(Attribute attribute, Setting setting, Map<?, ?> row) {
        Set<String> known = KEYS.get(attribute);
        for (Object key : row.keySet()) {
            if (!known.contains(String.valueOf(key))) {
                add(
                        setting,
                        "a row of " + setting.attribute() + " has no " + key,
                        Similar.didYouMean(
                                String.valueOf(key),
                                known,
                                "it has "
                                        + String.join(
                                                ", ", known.stream().sorted().toList())));
            }
        }
    }

    /** The end is the first port behind the range. */
    private void checkPorts(Setting setting, Map<?, ?> row) {
        if (row.get("start") instanceof Number start
                && row.get("end") instanceof Number end
                && start.longValue() >= end.longValue()) {
            add(
                    setting,
                    "the ports of a row begin at %#x and end before %#x".formatted(start.longValue(), end.longValue()),
                    "end is the first port behind the range");
        }
    }

    private void checkLine(Setting setting, Map<?, ?> row, Map<Object, Object> lines) {
        if (!(row.get("dest") instanceof Number dest)) {
            return;
        }
        long line = dest.longValue();
        Object name = row.get("name");
        Object earlier = lines.putIfAbsent(line, String.valueOf(name));
        if (line < 0 || line >= LINES) {
            add(setting, "the interrupt " + name + " goes to line " + line, "a guest's 8259 has lines 0 to 15");
        } else if (earlier != null) {
            add(setting, "the interrupts " + earlier + " and " + name + " go to line " + line, "each has its own");
        } else if (line == EVENT_LINE && !vm.interfaces().isEmpty()) {
            add(setting, "the interrupt " + name + " goes to line 12, as all connections do", "choose another line");
        }
    }
}
