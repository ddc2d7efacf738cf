// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
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
    public String instance() {
        return component.name();
    }

    @Override
    public void await(String consumed) {
        await(List.of(consumed));
    }

    @Override
    public String await(List<String> consumed) {
        List<LabEvent> events = consumed.stream()
                .map(face -> event(face, Interface.Kind.CONSUMES))
                .toList();
        AtomicReference<LabEvent> taken = new AtomicReference<>();
        BooleanSupplier take = () -> take(events, taken);
        if (!take.getAsBoolean()) {
            String names = String.join(" ", consumed);
            events.forEach(event -> lab.record(Timeline.Kind.WAIT, component.name(), event.path(), ""));
            awaiting.accept(names);
            try {
                lab.wiring().gate(component.name()).await(take);
            } catch (InterruptedException e) {
                throw new Behaviour.Stopped();
            } finally {
                awaiting.accept("");
            }
        }
        return consumed.get(events.indexOf(taken.get()));
    }

    /** Takes the first of some events that has come. */
    private static boolean take(List<LabEvent> events, AtomicReference<LabEvent> taken) {
        events.stream().filter(event -> event.channel().poll()).findFirst().ifPresent(taken::set);
        return taken.get() != null;
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
    public Optional<Object> live(String name) {
        return component.port(name);
    }

    @Override
    public void print(String text) {
        component.print(text);
    }
}
