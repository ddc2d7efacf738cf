// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayList;
import java.util.List;
import vmlab.dsl.model.Interface;

/** The words that give a component its interfaces, the same for VMs and others. */
abstract class InterfaceBlock extends Block {
    private final List<Interface> interfaces = new ArrayList<>();

    InterfaceBlock(LabScript script) {
        super(script);
    }

    List<Interface> interfaces() {
        return interfaces;
    }

    /** The type of a dataport of so many bytes. */
    public String Buf(Number sizeBytes) {
        return "Buf(" + sizeBytes.longValue() + ")";
    }

    public Interface dataport(String type, String face) {
        return add(Interface.Kind.DATAPORT, "dataport", type, face);
    }

    public Interface emits(String type, String face) {
        return add(Interface.Kind.EMITS, "emits", type, face);
    }

    public Interface consumes(String type, String face) {
        return add(Interface.Kind.CONSUMES, "consumes", type, face);
    }

    /** A procedure of others' that it calls. */
    public Interface uses(String type, String face) {
        return add(Interface.Kind.USES, "uses", type, face);
    }

    /** A procedure of its own that others call. */
    public Interface provides(String type, String face) {
        return add(Interface.Kind.PROVIDES, "provides", type, face);
    }

    /** {@code maybe consumes('Go', 'go')}: what may stay unconnected. */
    public void maybe(Interface face) {
        has(face);
        interfaces.set(
                interfaces.indexOf(face), new Interface(face.kind(), face.type(), face.name(), true, face.location()));
    }

    /** {@code has mutex('m')}: the lock has been added when this is called. */
    public void has(Interface lock) {
        if (!interfaces.contains(lock)) {
            throw new IllegalArgumentException("no interface of this component: " + lock.name());
        }
    }

    public Interface mutex(String face) {
        return add(Interface.Kind.MUTEX, "mutex", "", face);
    }

    public Interface semaphore(String face) {
        return add(Interface.Kind.SEMAPHORE, "semaphore", "", face);
    }

    public Interface binary_semaphore(String face) {
        return add(Interface.Kind.BINARY_SEMAPHORE, "binary_semaphore", "", face);
    }

    private Interface add(Interface.Kind kind, String word, String type, String name) {
        Interface face = new Interface(kind, type, name, false, here(word));
        interfaces.add(face);
        return face;
    }
}
