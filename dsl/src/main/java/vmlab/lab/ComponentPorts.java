// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import vmlab.crossvm.Dataport;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.Similar;

/** A component's interfaces for its own code. Threads: its run's, or who calls a procedure of it. */
final class ComponentPorts implements Behaviour.Ports {
    private final LabComponent component;
    private final Lab lab;
    private final Consumer<String> awaiting;

    /**
     * Those of a component.
     *
     * @param awaiting is told what the code waits for, and with an empty text when it goes on
     */
    ComponentPorts(LabComponent component, Lab lab, Consumer<String> awaiting) {
        this.component = component;
        this.lab = lab;
        this.awaiting = awaiting;
    }

    private LabEvent event(String face, Interface.Kind kind) {
        Optional<LabEvent> event = component.event(face).filter(e -> e.sends() == (kind == Interface.Kind.EMITS));
        return event.orElseThrow(() -> {
            List<String> names = component.spec().type().interfaces().stream()
                    .filter(f -> f.kind() == kind)
                    .map(Interface::name)
                    .toList();
            return new LabMistake(
                    "component " + component.type() + " " + kind.words() + " no " + face,
                    Similar.didYouMean(face, names, "it " + kind.words() + " " + names));
        });
    }

    @Override
    public void await(String consumed) {
        LabEvent event = event(consumed, Interface.Kind.CONSUMES);
        if (event.channel().poll()) {
            return;
        }
        lab.record(Timeline.Kind.WAIT, component.name(), event.path(), "");
        awaiting.accept(consumed);
        try {
            event.gate().await(event.channel()::poll);
        } catch (InterruptedException e) {
            throw new Behaviour.Stopped();
        } finally {
            awaiting.accept("");
        }
    }

    @Override
    public boolean poll(String consumed) {
        return event(consumed, Interface.Kind.CONSUMES).channel().poll();
    }

    @Override
    public void emit(String emitted) {
        event(emitted, Interface.Kind.EMITS).emit();
    }

    @Override
    public boolean hasDataport(String face) {
        return lab.wiring().dataport(component.name(), face).isPresent();
    }

    @Override
    public Dataport dataport(String face) {
        return component.dataport(face).orElseThrow();
    }

    @Override
    public void print(String text) {
        component.print(text);
    }
}
