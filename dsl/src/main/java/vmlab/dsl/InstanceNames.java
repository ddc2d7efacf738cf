// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import vmlab.lab.Lab;

/**
 * Has the VMs, components and connections of a lab be variables under their names. One that is gone is no variable any
 * more; what a script has assigned to the name since stays.
 */
final class InstanceNames {
    private final Lab lab;
    private final Binding binding;
    private Map<String, Object> known = Map.of();

    InstanceNames(Lab lab, Binding binding) {
        this.lab = Objects.requireNonNull(lab);
        this.binding = Objects.requireNonNull(binding);
    }

    /** Brings the variables up to date. */
    void refresh() {
        Map<String, Object> now = new HashMap<>();
        lab.connections().forEach(connection -> now.put(connection.name(), connection));
        lab.components().forEach(component -> now.put(component.name(), component));
        lab.vms().forEach(vm -> now.put(vm.name(), vm));
        known.forEach((name, object) -> {
            if (!now.containsKey(name) && binding.getVariables().get(name) == object) {
                binding.removeVariable(name);
            }
        });
        now.forEach((name, object) -> {
            if (known.get(name) != object) {
                binding.setVariable(name, object);
            }
        });
        known = now;
    }
}
