// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.List;
import java.util.stream.Collectors;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection.End;

/** Assemblies without the places where they were written, to be compared. */
public final class Placeless {
    private static final SourceLocation NOWHERE = new SourceLocation("", 0, 0);

    private Placeless() {}

    public static Assembly of(Assembly a) {
        return new Assembly(
                a.vms().stream().map(Placeless::of).toList(),
                a.components().stream()
                        .map(c -> new ComponentSpec(of(c.type()), c.behaviour()))
                        .toList(),
                a.procedures().stream().map(Placeless::of).toList(),
                of(a.composition()),
                NOWHERE);
    }

    private static Procedure of(Procedure procedure) {
        return new Procedure(
                procedure.name(),
                procedure.signatures().stream()
                        .map(s -> new Procedure.Signature(s.type(), s.name(), s.parameters(), NOWHERE))
                        .toList(),
                NOWHERE);
    }

    private static VmSpec of(VmSpec vm) {
        return new VmSpec(
                vm.index(),
                vm.settings().stream().map(Placeless::of).toList(),
                faces(vm.interfaces()),
                attributes(vm.attributes()),
                NOWHERE);
    }

    private static ComponentType of(ComponentType type) {
        return new ComponentType(
                type.name(),
                type.control(),
                type.hardware(),
                faces(type.interfaces()),
                attributes(type.attributes()),
                type.inside(),
                NOWHERE);
    }

    private static List<Interface> faces(List<Interface> faces) {
        return faces.stream()
                .map(f -> new Interface(f.kind(), f.type(), f.name(), f.optional(), NOWHERE))
                .toList();
    }

    private static List<AttributeDeclaration> attributes(List<AttributeDeclaration> attributes) {
        return attributes.stream()
                .map(a -> new AttributeDeclaration(a.type(), a.name(), a.value(), NOWHERE))
                .toList();
    }

    private static Composition of(Composition composition) {
        return new Composition(
                composition.instances().stream()
                        .map(i -> new Instance(i.type(), i.name(), NOWHERE))
                        .toList(),
                composition.connections().stream()
                        .map(c -> new Connection(c.connector(), c.name(), ends(c.from()), ends(c.to()), NOWHERE))
                        .toList(),
                composition.settings().stream()
                        .map(s -> new InstanceSetting(s.instance(), of(s.setting())))
                        .toList(),
                List.of());
    }

    private static List<End> ends(List<End> ends) {
        return ends.stream()
                .map(end -> new End(end.instance(), end.face(), NOWHERE))
                .collect(Collectors.toList());
    }

    private static Setting of(Setting setting) {
        Object value = setting.value() instanceof RootFs rootfs ? of(rootfs) : setting.value();
        return new Setting(setting.attribute(), value, NOWHERE);
    }

    private static RootFs of(RootFs rootfs) {
        return new RootFs(
                rootfs.files().stream()
                        .map(f -> new GuestFile(f.path(), f.content(), NOWHERE))
                        .toList(),
                rootfs.sources().stream()
                        .map(s -> new GuestSource(s.kind(), s.path(), NOWHERE))
                        .toList());
    }
}
