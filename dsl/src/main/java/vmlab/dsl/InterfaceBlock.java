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

    public void dataport(String type, String face) {
        add(Interface.Kind.DATAPORT, "dataport", type, face);
    }

    public void emits(String type, String face) {
        add(Interface.Kind.EMITS, "emits", type, face);
    }

    public void consumes(String type, String face) {
        add(Interface.Kind.CONSUMES, "consumes", type, face);
    }

    /** {@code has mutex('m')}: the lock has been added when this is called. */
    public void has(Interface lock) {
        if (!interfaces.contains(lock)) {
            throw new IllegalArgumentException("no lock of this component: " + lock.name());
        }
    }

    public Interface mutex(String face) {
        return add(Interface.Kind.MUTEX, "mutex", "", face);
    }

    public Interface semaphore(String face) {
        return add(Interface.Kind.SEMAPHORE, "semaphore", "", face);
    }

    private Interface add(Interface.Kind kind, String word, String type, String name) {
        Interface face = new Interface(kind, type, name, false, here(word));
        interfaces.add(face);
        return face;
    }
}
