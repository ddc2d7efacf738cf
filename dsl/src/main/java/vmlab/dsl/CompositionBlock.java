// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connection.End;
import vmlab.dsl.model.Connector;

/** The words of {@code composition { }} and {@code configuration { }}. */
public final class CompositionBlock extends Block {
    /** The names that are known besides those of this block. */
    record Known(Set<String> types, Set<String> instances) {}

    private final Known known;
    private final List<Instance> instances = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final List<InstanceSetting> settings = new ArrayList<>();

    CompositionBlock(LabScript script, Known known) {
        super(script);
        this.known = known;
    }

    /** An instance: {@code component PrintServer, 'print_server'}. */
    public void component(String type, String name) {
        instances.add(new Instance(type, name, here("component")));
        known.instances().add(name);
    }

    /** The same where Groovy takes the type's name for a class of Java's: {@code component Timer, 'timer'}. */
    public void component(Class<?> type, String name) {
        component(type.getSimpleName(), name);
    }

    /** An instance whose name is a word of Groovy's own: {@code instance('new').ready}. */
    public InstanceName instance(String name) {
        return new InstanceName(this, name);
    }

    /** A connection, which has a name as instances have: {@code connection seL4Notification, 'conn', from: vm0.ready, to: server.ready}. */
    public void connection(Map<String, Object> sides, String connector, String name) {
        for (String side : sides.keySet()) {
            if (!side.equals("from") && !side.equals("to")) {
                throw new ScriptMistake("a connection has no side " + side, "from: A.x, to: B.y", side);
            }
        }
        known.instances().add(name);
        connections.add(new Connection(
                connector, name, ends("from", sides.get("from")), ends("to", sides.get("to")), here("connection")));
    }

    private static List<End> ends(String side, Object given) {
        Collection<?> all =
                given instanceof Collection<?> several ? several : given == null ? List.of() : List.of(given);
        return all.stream().map(each -> end(side, each)).toList();
    }

    private static End end(String side, Object given) {
        if (given instanceof End end) {
            return end;
        }
        throw new ScriptMistake(side + ": " + given + " is no interface of an instance", side + ": vm0.do_print", side);
    }

    // CAmkES's macros for what stands around its VMs: file server, serial server, timers. The machines here have it
    // built in.

    public void VM_COMPOSITION_DEF() {
        // Nothing is left to do.
    }

    public void VM_PER_VM_COMP_DEF(int vm) {
        mustBe("VM_PER_VM_COMP_DEF", vm);
    }

    public void VM_CONFIGURATION_DEF() {
        // Nothing is left to do.
    }

    public void VM_PER_VM_CONFIG_DEF(int vm) {
        mustBe("VM_PER_VM_CONFIG_DEF", vm);
    }

    /** With the number of a timer's client, as until 2017. */
    public void VM_PER_VM_CONFIG_DEF(int vm, int timerClient) {
        mustBe("VM_PER_VM_CONFIG_DEF", vm);
    }

    private void mustBe(String macro, int vm) {
        if (!known.instances().contains("vm" + vm)) {
            throw new ScriptMistake(
                    macro + "(" + vm + ") is for a vm" + vm + ", which isn't there",
                    "vm(" + vm + ") { … } makes it",
                    macro);
        }
    }

    /** Instances, types and connectors by their names. */
    @Override
    public Object propertyMissing(String name) {
        boolean ofVm =
                name.matches("vm\\d+_config") && known.instances().contains(name.substring(0, name.indexOf('_')));
        if (known.instances().contains(name) || ofVm) {
            return new InstanceName(this, name);
        }
        return known.types().contains(name) || Connector.of(name).isPresent()
                ? name
                : Optional.ofNullable(script().getBinding().getVariables().get(name))
                        .orElseGet(() -> unknown(name));
    }

    private Object unknown(String name) {
        List<String> names = new ArrayList<>(known.instances());
        names.addAll(known.types());
        names.addAll(Connector.names());
        throw new ScriptMistake(
                "there is no instance, component or connector " + name,
                vmlab.dsl.model.Similar.didYouMean(name, names, "component TYPE, '" + name + "' makes an instance"),
                name);
    }

    void set(String instance, String attribute, Object value) {
        settings.add(new InstanceSetting(
                instance, new vmlab.dsl.model.Setting(attribute, VmBlock.plain(value), here(attribute))));
    }

    Composition composition() {
        return new Composition(instances, connections, settings, List.of());
    }
}
