// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;
import java.util.function.Consumer;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.VmSpec;
import vmlab.lab.LabPlan.Action;
import vmlab.lab.LabPlan.Subject;

/** Does what a plan says, with guests running or not. The plan has been found good. */
final class Rebuild {
    private final Lab lab;
    private final LabPlan plan;

    Rebuild(Lab lab, LabPlan plan) {
        this.lab = Objects.requireNonNull(lab);
        this.plan = Objects.requireNonNull(plan);
    }

    /** Takes away what goes, from the connections inwards, then adds what comes, outwards to the connections. */
    void run() {
        lab.assembly(plan.after());
        each(Action.REMOVE, Subject.CONNECTION, this::disconnect);
        each(Action.REPLACE, Subject.CONNECTION, this::disconnect);
        each(Action.REMOVE, Subject.COMPONENT, this::removeComponent);
        each(Action.REMOVE, Subject.VM, this::removeVm);
        declareAll();
        each(Action.ADD, Subject.CONNECTION, this::connect);
        each(Action.REPLACE, Subject.CONNECTION, this::connect);
        each(Action.UNPLUG, Subject.CONNECTION, name -> lab.connection(name).ifPresent(LabConnection::unplug));
        each(Action.REPLACE, Subject.VM, name -> lab.vm(name).orElseThrow().respecified(vm(name)));
        each(Action.ADD, Subject.VM, name -> lab.add(new LabVm(vm(name), lab)));
        each(
                Action.REPLACE,
                Subject.COMPONENT,
                name -> lab.component(name).orElseThrow().replace(component(name)));
        each(Action.ADD, Subject.COMPONENT, this::addComponent);
    }

    private void each(Action action, Subject subject, Consumer<String> step) {
        plan.names(action, subject).forEach(step);
    }

    private VmSpec vm(String name) {
        return plan.after().settled().vms().stream()
                .filter(vm -> vm.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private ComponentSpec component(String name) {
        Instance instance = plan.after().composition().instances().stream()
                .filter(i -> i.name().equals(name))
                .findFirst()
                .orElseThrow();
        return plan.after().component(instance.type()).orElseThrow();
    }

    private void declareAll() {
        Assembly after = plan.after();
        after.wholeComposition()
                .instances()
                .forEach(instance -> after.types().stream()
                        .filter(type -> type.name().equals(instance.type()))
                        .flatMap(type -> type.interfaces().stream())
                        .forEach(face -> lab.wiring().declare(instance.name(), face, after::sizeBytes)));
    }

    private void connect(String name) {
        Connection connection = plan.after().composition().connections().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
        LabConnection live = lab.wiring().connect(connection, plan.after()::sizeBytes);
        if (!plan.names(Action.UNPLUG, Subject.CONNECTION).contains(name)) {
            live.plug();
        }
    }

    private void disconnect(String name) {
        lab.connection(name).ifPresent(lab.wiring()::disconnect);
    }

    private void addComponent(String name) {
        LabComponent component = new LabComponent(name, component(name), lab);
        lab.add(component);
        component.start();
    }

    private void removeComponent(String name) {
        LabComponent component = lab.component(name).orElseThrow();
        component.close();
        lab.remove(component);
        lab.wiring().forget(name);
    }

    private void removeVm(String name) {
        LabVm vm = lab.vm(name).orElseThrow();
        vm.stop();
        lab.remove(vm);
        lab.wiring().forget(name);
    }
}
