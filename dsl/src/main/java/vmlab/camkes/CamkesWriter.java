// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.ByteSize;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.KernelSource;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.VmSpec;

/**
 * Writes a system as a {@code .camkes} file.
 *
 * <p>Not written: what such a file leaves to its build. A kernel of vmlab's is {@code "bzimage"}, an image that is built is
 * {@code "rootfs.cpio"}, and the code of components is elsewhere; comments tell what it was.
 */
public final class CamkesWriter {
    private final StringBuilder text = new StringBuilder();

    private CamkesWriter() {}

    /**
     * One file without imports and macros. Reading it gives the same system, but for the components that nothing is an
     * instance of.
     */
    public static String write(CamkesSystem system) {
        CamkesWriter writer = new CamkesWriter();
        Composition whole = system.composition();
        Set<String> used = whole.instances().stream().map(Instance::type).collect(Collectors.toSet());
        writer.procedures(system.procedures());
        system.types().stream().filter(type -> used.contains(type.name())).forEach(writer::component);
        writer.line(0, "assembly {");
        writer.line(1, "composition {");
        writer.contents(whole);
        writer.line(1, "}");
        writer.line(1, "configuration {");
        whole.settings().forEach(writer::setting);
        writer.line(1, "}");
        writer.line(0, "}");
        return writer.text.toString();
    }

    /** A file as applications have it: its VMs and what surrounds them by the words of {@code configurations/vm.h}. */
    public static String write(Assembly assembly) {
        CamkesWriter writer = new CamkesWriter();
        List<VmSpec> vms = assembly.vms();
        Surroundings surroundings =
                Surroundings.of(vms.stream().map(VmSpec::index).toList());
        Composition rest = new Composition(
                assembly.composition().instances().stream()
                        .filter(instance -> !surroundings.have(instance))
                        .toList(),
                assembly.composition().connections(),
                assembly.composition().settings(),
                List.of());
        writer.head(assembly, rest);
        writer.procedures(assembly.procedures());
        vms.forEach(writer::vm);
        writer.components(assembly, rest).forEach(writer::component);
        writer.line(0, "assembly {");
        writer.line(1, "composition {");
        writer.macro(vms, "COMPOSITION_DEF", "COMP_DEF");
        writer.contents(rest);
        writer.line(1, "}");
        writer.line(1, "configuration {");
        writer.macro(vms, "CONFIGURATION_DEF", "CONFIG_DEF");
        vms.forEach(writer::settings);
        rest.settings().forEach(writer::setting);
        writer.line(1, "}");
        writer.line(0, "}");
        return writer.text.toString();
    }

    private void line(int depth, String content) {
        text.append(content.isEmpty() ? "" : "    ".repeat(depth))
                .append(content)
                .append('\n');
    }

    // ---- applications

    private void head(Assembly assembly, Composition rest) {
        Set<String> imports = new LinkedHashSet<>();
        if (!assembly.vms().isEmpty()) {
            imports.add("VM/vm.camkes");
        }
        used(assembly, rest)
                .forEach(component -> ProjectFile.ofLibrary(
                                component.type().location().file())
                        .ifPresent(imports::add));
        imports.forEach(name -> line(0, "import <" + name + ">;"));
        if (!assembly.vms().isEmpty()) {
            line(0, "#include <configurations/vm.h>");
        }
        line(0, "");
    }

    private static List<ComponentSpec> used(Assembly assembly, Composition rest) {
        Set<String> types = rest.instances().stream().map(Instance::type).collect(Collectors.toSet());
        return assembly.components().stream()
                .filter(component -> types.contains(component.type().name()))
                .toList();
    }

    private List<ComponentType> components(Assembly assembly, Composition rest) {
        return used(assembly, rest).stream()
                .map(ComponentSpec::type)
                .filter(type -> ProjectFile.ofLibrary(type.location().file()).isEmpty())
                .toList();
    }

    private void macro(List<VmSpec> vms, String common, String perVm) {
        if (!vms.isEmpty()) {
            line(2, "VM_" + common + "()");
            vms.forEach(vm -> line(2, "VM_PER_VM_" + perVm + "(" + vm.index() + ")"));
        }
    }

    private void vm(VmSpec vm) {
        line(0, "component " + vm.component() + " {");
        line(1, "VM_INIT_DEF()");
        vm.interfaces().forEach(face -> line(1, declaration(face)));
        vm.attributes().forEach(attribute -> line(1, declaration(attribute)));
        line(0, "}");
        line(0, "");
    }

    private void settings(VmSpec vm) {
        List<Setting> settings = new ArrayList<>(vm.settings());
        boolean sixtyFour = vm.setting(Attribute.KERNEL_IMAGE.word())
                .filter(kernel -> kernel.value() == KernelSource.DEBIAN64)
                .isPresent();
        if (sixtyFour && vm.setting(Attribute.KERNEL_RELOCS.word()).isEmpty()) {
            settings.add(new Setting(Attribute.KERNEL_RELOCS.word(), "", vm.location()));
        }
        if (vm.setting(Attribute.INITRD_IMAGE.word()).isEmpty()) {
            settings.add(new Setting(Attribute.INITRD_IMAGE.word(), "", vm.location()));
        }
        // Of two for one attribute the later counts; CAmkES takes one only.
        settings.stream()
                .filter(s -> settings.stream()
                                .filter(other -> other.attribute().equals(s.attribute()))
                                .reduce((earlier, later) -> later)
                                .orElseThrow()
                        == s)
                .map(s -> inMegabytes(vm, s))
                .forEach(s -> setting(new InstanceSetting(vm.name(), s)));
    }

    private static Setting inMegabytes(VmSpec vm, Setting s) {
        return s.attribute().equals(Attribute.GUEST_RAM_MB.word())
                ? new Setting(s.attribute(), vm.guestRamMb(), s.location())
                : s;
    }

    // ---- parts

    private void procedures(List<Procedure> procedures) {
        for (Procedure procedure : procedures) {
            line(0, "procedure " + procedure.name() + " {");
            procedure.words().forEach(method -> line(1, method + ";"));
            line(0, "}");
            line(0, "");
        }
    }

    private void component(ComponentType type) {
        line(0, "component " + type.name() + " {");
        if (type.control()) {
            line(1, "control;");
        }
        if (type.hardware()) {
            line(1, "hardware;");
        }
        type.interfaces().forEach(face -> line(1, declaration(face)));
        type.attributes().forEach(attribute -> line(1, declaration(attribute)));
        line(0, "}");
        line(0, "");
    }

    private static String declaration(Interface face) {
        String words = (face.optional() ? "maybe " : "") + face.kind().words();
        return words + (face.type().isEmpty() ? "" : " " + face.type()) + " " + face.name() + ";";
    }

    private static String declaration(AttributeDeclaration a) {
        boolean array = a.type().endsWith("[]");
        String type = array ? a.type().substring(0, a.type().length() - 2) : a.type();
        return "attribute " + type + " " + a.name() + (array ? "[]" : "")
                + a.value().map(v -> " = " + value(v)).orElse("") + ";";
    }

    private void contents(Composition composition) {
        composition.instances().forEach(i -> line(2, "component " + i.type() + " " + i.name() + ";"));
        composition.connections().forEach(c -> line(2, connection(c)));
    }

    private static String connection(Connection c) {
        String from = c.from().stream().map(e -> "from " + e.path()).collect(Collectors.joining(", "));
        String to = c.to().stream().map(e -> "to " + e.path()).collect(Collectors.joining(", "));
        String both = from.isEmpty() || to.isEmpty() ? from + to : from + ", " + to;
        return "connection " + c.connector() + " " + c.name() + "(" + both + ");";
    }

    private void setting(InstanceSetting s) {
        Object value = s.setting().value();
        String path = s.instance() + "." + s.setting().attribute();
        if (value == Setting.NOTHING || String.valueOf(value).indexOf('"') >= 0) {
            line(
                    2,
                    "// " + path + " is " + String.valueOf(value).replace('\n', ' ')
                            + ", for which there are no words here");
            return;
        }
        String note = value instanceof RootFs rootfs ? " // " + rootfs : "";
        line(2, path + " = " + value(value) + ";" + note);
    }

    /** A value as it is written in a configuration. */
    static String value(Object value) {
        if (value instanceof CharSequence || value instanceof Path) {
            return "\"" + value + '"';
        }
        if (value instanceof List<?> list) {
            return list.stream().map(CamkesWriter::value).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(e -> value(e.getKey()) + ": " + value(e.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof Double || value instanceof BigDecimal) {
            return new BigDecimal(value.toString()).toPlainString();
        }
        if (value instanceof ByteSize size) {
            return String.valueOf(size.bytes());
        }
        return value instanceof KernelSource
                ? "\"bzimage\""
                : value instanceof RootFs ? "\"rootfs.cpio\"" : otherwise(value);
    }

    private static String otherwise(Object value) {
        return Optional.of(value)
                .filter(Expressions.Query.class::isInstance)
                .map(q -> ((Expressions.Query) q).text())
                .orElse(String.valueOf(value));
    }
}
