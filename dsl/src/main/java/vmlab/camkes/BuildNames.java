// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.KernelSource;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.VmSpec;

/** Finds what a VM's attributes only name: its kernel, its initrd, its command line. */
final class BuildNames {
    /** What the field's applications call their command line, in a header of theirs. */
    private static final String COMMAND_LINE = "VM_GUEST_CMDLINE";

    private final ProjectFolder folder;
    private final LoadOptions options;
    private final Consumer<Problem> problems;
    private final Consumer<String> notes;

    BuildNames(ProjectFolder folder, LoadOptions options, Consumer<Problem> problems, Consumer<String> notes) {
        this.folder = folder;
        this.options = options;
        this.problems = problems;
        this.notes = notes;
    }

    VmSpec resolve(VmSpec vm) {
        List<Setting> settings = new ArrayList<>(vm.settings());
        addMissing(vm, settings, Attribute.KERNEL_IMAGE, "bzimage");
        addMissing(vm, settings, Attribute.INITRD_IMAGE, "rootfs.cpio");
        List<Setting> given = options.overrides().stream()
                .filter(override -> override.isFor(vm.name()))
                .map(override -> given(vm, override))
                .toList();
        settings.removeIf(s -> given.stream().anyMatch(g -> g.attribute().equals(s.attribute())));
        List<Setting> resolved = new ArrayList<>();
        settings.forEach(setting -> resolved(vm, setting).ifPresent(resolved::add));
        resolved.addAll(given);
        return new VmSpec(vm.index(), resolved, vm.interfaces(), vm.attributes(), vm.location());
    }

    /** What somebody asks for is taken at their word: a name that is no file isn't another's kernel. */
    private Setting given(VmSpec vm, LoadOptions.Override override) {
        Object value = override.value();
        if (override.attribute().equals(Attribute.INITRD_IMAGE.word()) && !"".equals(value)) {
            Optional<Path> folder = value instanceof Path path
                    ? Optional.of(path)
                    : Optional.of(value).filter(String.class::isInstance).map(text -> Path.of((String) text));
            value = folder.filter(Files::isDirectory)
                    .<Object>map(path -> rootfs(vm, Optional.of(path)))
                    .orElse(value);
        }
        return new Setting(override.attribute(), value, options.location());
    }

    private static void addMissing(VmSpec vm, List<Setting> settings, Attribute attribute, String value) {
        if (vm.setting(attribute.word()).isEmpty()) {
            settings.add(new Setting(attribute.word(), value, vm.location()));
        }
    }

    private Optional<Setting> resolved(VmSpec vm, Setting setting) {
        Object value = setting.value();
        Optional<Attribute> attribute = Attribute.of(setting.attribute());
        if (value instanceof String name && !name.isEmpty()) {
            if (attribute.equals(Optional.of(Attribute.KERNEL_IMAGE))) {
                return Optional.of(with(setting, kernel(vm, name)));
            }
            if (attribute.equals(Optional.of(Attribute.INITRD_IMAGE))) {
                return Optional.of(with(setting, initrd(vm, name)));
            }
        }
        if (!(value instanceof Expressions.Name name)) {
            return Optional.of(setting);
        }
        if (name.text().equals(COMMAND_LINE)) {
            notes.accept(vm.name() + ": nothing defines VM_GUEST_CMDLINE; its command line is vmlab's own");
        } else {
            problems.accept(new Problem(
                    setting.location(),
                    "nothing defines " + name,
                    "define it in configurations/*.h beside the file, or by -D " + name + "=VALUE"));
        }
        return Optional.empty();
    }

    private static Setting with(Setting setting, Object value) {
        return new Setting(setting.attribute(), value, setting.location());
    }

    private Object kernel(VmSpec vm, String name) {
        Optional<Path> file = folder.file(name);
        if (file.isPresent()) {
            return file.get();
        }
        boolean relocated = vm.setting(Attribute.KERNEL_RELOCS.word())
                .filter(relocs -> "".equals(relocs.value()))
                .isEmpty();
        KernelSource kernel = relocated ? KernelSource.DEBIAN : KernelSource.DEBIAN64;
        notes.accept(vm.name() + ": the kernel \"" + name + "\" is " + kernel);
        return kernel;
    }

    private Object initrd(VmSpec vm, String name) {
        Optional<Path> file = folder.file(name);
        if (file.isPresent()) {
            return file.get();
        }
        Optional<Path> guest = Optional.of(folder.path().resolve(name))
                .filter(Files::isDirectory)
                .or(() -> folder.guest(vm.name()));
        RootFs rootfs = rootfs(vm, guest);
        notes.accept(vm.name() + ": the initrd \"" + name + "\" is "
                + guest.map(path -> "built from " + path).orElse("vmlab's own"));
        return rootfs;
    }

    /** A folder's init_template says itself which modules are loaded. */
    private static RootFs rootfs(VmSpec vm, Optional<Path> guest) {
        List<GuestSource> sources = new ArrayList<>();
        guest.ifPresent(path -> sources.add(new GuestSource(GuestSource.Kind.FOLDER, path, vm.location())));
        if (guest.filter(path -> Files.exists(path.resolve("init_template"))).isEmpty()) {
            for (String module : modules(vm)) {
                if (guest.filter(path -> Files.exists(path.resolve("modules").resolve(module)))
                        .isEmpty()) {
                    sources.add(new GuestSource(GuestSource.Kind.MODULE, Path.of(module), vm.location()));
                }
            }
        }
        return new RootFs(List.of(), sources);
    }

    private static List<String> modules(VmSpec vm) {
        if (vm.setting(Attribute.CROSSVM_CONNECTIONS.word()).isPresent()) {
            return List.of("connection");
        }
        List<String> modules = new ArrayList<>();
        if (has(vm, Interface.Kind.DATAPORT)) {
            modules.add("dataport");
        }
        if (has(vm, Interface.Kind.CONSUMES)) {
            modules.add("consumes_event");
        }
        if (has(vm, Interface.Kind.EMITS)) {
            modules.add("emits_event");
        }
        return modules;
    }

    private static boolean has(VmSpec vm, Interface.Kind kind) {
        return vm.interfaces().stream().anyMatch(face -> face.kind() == kind);
    }
}
