// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.SourceLocation;

/** The words that give a component its interfaces, the same for VMs and others. */
final class InterfaceWords {
    private final Function<String, SourceLocation> here;
    private final List<Interface> all = new ArrayList<>();

    InterfaceWords(Function<String, SourceLocation> here) {
        this.here = here;
    }

    List<Interface> all() {
        return all;
    }

    static String buffer(Number sizeBytes) {
        return "Buf(" + sizeBytes.longValue() + ")";
    }

    void dataport(String type, String name) {
        add(Interface.Kind.DATAPORT, "dataport", type, name);
    }

    void emits(String type, String name) {
        add(Interface.Kind.EMITS, "emits", type, name);
    }

    void consumes(String type, String name) {
        add(Interface.Kind.CONSUMES, "consumes", type, name);
    }

    /** {@code has mutex('m')}: the lock has been added when this is called. */
    void has(Interface lock) {
        if (!all.contains(lock)) {
            throw new IllegalArgumentException("no lock of this component: " + lock.name());
        }
    }

    Interface mutex(String name) {
        return add(Interface.Kind.MUTEX, "mutex", "", name);
    }

    Interface semaphore(String name) {
        return add(Interface.Kind.SEMAPHORE, "semaphore", "", name);
    }

    private Interface add(Interface.Kind kind, String word, String type, String name) {
        Interface face = new Interface(kind, type, name, false, here.apply(word));
        all.add(face);
        return face;
    }
}
