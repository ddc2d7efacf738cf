// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import groovy.lang.DelegatesTo;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.Behaviour;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.SourceLocation;

/** The words of {@code component('Name') { }}. */
public final class ComponentBlock extends Block {
    private final String name;
    private final SourceLocation location;
    private final InterfaceWords interfaces = new InterfaceWords(this::here);
    private boolean control;
    private Behaviour behaviour;

    ComponentBlock(LabScript script, String name) {
        super(script);
        this.name = name;
        location = here("component");
    }

    /** CAmkES's {@code control;}: the component has a thread of its own. */
    public Object getControl() {
        control = true;
        return null;
    }

    /** The type of a dataport of so many bytes. */
    public String Buf(Number sizeBytes) {
        return InterfaceWords.buffer(sizeBytes);
    }

    public void dataport(String type, String face) {
        interfaces.dataport(type, face);
    }

    public void emits(String type, String face) {
        interfaces.emits(type, face);
    }

    public void consumes(String type, String face) {
        interfaces.consumes(type, face);
    }

    /** {@code has mutex('m')}. */
    public void has(Interface lock) {
        interfaces.has(lock);
    }

    public Interface mutex(String face) {
        return interfaces.mutex(face);
    }

    public Interface semaphore(String face) {
        return interfaces.semaphore(face);
    }

    /** What the component does, from its start to its end. */
    public void run(@DelegatesTo(value = ComponentWords.class, strategy = Closure.DELEGATE_ONLY) Closure<?> body) {
        control = true;
        behaviour = ports -> new ComponentWords(script(), ports).run(body);
    }

    ComponentSpec spec() {
        ComponentType type =
                new ComponentType(name, control, false, interfaces.all(), List.of(), Optional.empty(), location);
        return new ComponentSpec(type, Optional.ofNullable(behaviour));
    }
}
