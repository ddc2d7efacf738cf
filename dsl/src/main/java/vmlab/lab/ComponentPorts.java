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
        AtomicReference<String> taken = new AtomicReference<>();
        BooleanSupplier take = () -> take(consumed, taken);
        if (!take.getAsBoolean()) {
            String names = String.join(" ", consumed);
            consumed.forEach(
                    face -> lab.record(Timeline.Kind.WAIT, component.name(), component.name() + "." + face, ""));
            awaiting.accept(names);
            try {
                lab.wiring().gate(component.name()).await(take);
            } catch (InterruptedException e) {
                throw new Behaviour.Stopped();
            } finally {
                awaiting.accept("");
            }
        }
        return taken.get();
    }

    /** Takes the first of some events or calls that has come. */
    private boolean take(List<String> faces, AtomicReference<String> taken) {
        faces.stream().filter(this::poll).findFirst().ifPresent(taken::set);
        return taken.get() != null;
    }

    @Override
    public boolean poll(String consumed) {
        return provides(consumed)
                ? component.calls().begin(consumed)
                : event(consumed, Interface.Kind.CONSUMES).channel().poll();
    }

    private boolean provides(String face) {
        return component
                .spec()
                .type()
                .face(face)
                .filter(f -> f.kind() == Interface.Kind.PROVIDES)
                .isPresent();
    }

    @Override
    public Behaviour.Call call(String provided) {
        return component.calls().begun(provided);
    }

    @Override
    public Object call(String used, String method, List<Object> arguments) {
        component.calls().servedHere();
        return lab.wiring()
                .port(component.name(), used)
                .filter(LabProcedure.class::isInstance)
                .map(LabProcedure.class::cast)
                .orElseThrow()
                .call(method, arguments);
    }

    @Override
    public Optional<Object> attribute(String name) {
        return component.attribute(name);
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
