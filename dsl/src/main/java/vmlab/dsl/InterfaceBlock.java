// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Interface;

/** The words that give a component its interfaces, the same for VMs and others. */
abstract class InterfaceBlock extends Block {
    private final List<Interface> interfaces = new ArrayList<>();
    private final List<AttributeDeclaration> attributes = new ArrayList<>();

    InterfaceBlock(LabScript script) {
        super(script);
    }

    List<Interface> interfaces() {
        return interfaces;
    }

    List<AttributeDeclaration> attributes() {
        return attributes;
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

    /** {@code maybe uses('PutChar', 'putchar')}: it may stay unconnected. The interface has been added when this is called. */
    public void maybe(Interface face) {
        interfaces.set(
                interfaces.lastIndexOf(face),
                new Interface(face.kind(), face.type(), face.name(), true, face.location()));
    }

    /** An attribute that instances can be given: {@code attribute 'int', 'rate'}. */
    public void attribute(String type, String name) {
        attributes.add(new AttributeDeclaration(type, name, Optional.empty(), here("attribute")));
    }

    /** An attribute with a default. */
    public void attribute(String type, String name, Object value) {
        attributes.add(new AttributeDeclaration(type, name, Optional.of(VmBlock.plain(value)), here("attribute")));
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
