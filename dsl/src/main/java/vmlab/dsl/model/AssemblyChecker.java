// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Says everything that is wrong with an assembly, in the order of the script. */
public final class AssemblyChecker {
    private static final Comparator<Problem> SCRIPT_ORDER = Comparator.comparingInt(
                    (Problem problem) -> problem.location().line())
            .thenComparingInt(problem -> problem.location().column());

    /** What keeps Linux from its other CPUs (Documentation/admin-guide/kernel-parameters). */
    private static final Pattern ONE_CPU = Pattern.compile("nosmp|maxcpus=0|nr_cpus=[01]|nolapic|disableapic|apic=off");

    private final List<Problem> problems = new ArrayList<>();

    private AssemblyChecker() {}

    /** All problems; empty if the assembly can be built. Looks whether the files it names are there. */
    public static List<Problem> check(Assembly assembly) {
        AssemblyChecker checker = new AssemblyChecker();
        Map<Integer, VmSpec> seen = new HashMap<>();
        for (VmSpec vm : assembly.vms()) {
            checker.checkIndex(vm, seen.putIfAbsent(vm.index(), vm), assembly);
            vm.settings().forEach(setting -> checker.check(vm, setting));
            checker.problems.addAll(PassthroughChecker.check(vm));
            checker.checkKernel(vm);
            checker.checkSeveralCpus(vm);
            checker.checkPrograms(vm);
        }
        checker.problems.sort(SCRIPT_ORDER);
        return List.copyOf(checker.problems);
    }

    private void add(SourceLocation location, String found, String remedy) {
        problems.add(new Problem(location, found, remedy));
    }

    private void checkIndex(VmSpec vm, VmSpec earlier, Assembly assembly) {
        if (earlier != null) {
            int free = assembly.vms().stream().mapToInt(VmSpec::index).max().orElse(0) + 1;
            add(
                    vm.location(),
                    "vm(" + vm.index() + ") is there twice, first at " + earlier.location(),
                    "give it another number, as in vm(" + free + ")");
        }
    }

    private void checkKernel(VmSpec vm) {
        if (vm.setting(Attribute.KERNEL_IMAGE.word()).isEmpty()) {
            add(vm.location(), "vm(" + vm.index() + ") has no kernel", "add: kernel_image = debian.kernel");
        }
    }

    /** Of vmlab's own kernels it is known how many bits they have, without looking into them. */
    private void checkPrograms(VmSpec vm) {
        Object kernel =
                vm.setting(Attribute.KERNEL_IMAGE.word()).map(Setting::value).orElse(Setting.NOTHING);
        Object initrd =
                vm.setting(Attribute.INITRD_IMAGE.word()).map(Setting::value).orElse(Setting.NOTHING);
        if (kernel == KernelSource.DEBIAN64 && initrd instanceof RootFs rootfs) {
            rootfs.sources().stream()
                    .filter(source -> source.kind() != GuestSource.Kind.TEXT)
                    .forEach(source -> add(
                            source.location(),
                            "'" + source.path() + "' would be built for 32-bit kernels, and " + kernel
                                    + " is a 64-bit one",
                            "kernel_image = " + KernelSource.DEBIAN
                                    + ", or add what you built: file 'path', new File('…')"));
        } else if (kernel == KernelSource.DEBIAN && initrd instanceof RootFs rootfs) {
            rootfs.files().stream()
                    .filter(file -> Elf64.isHeldBy(file.content()))
                    .forEach(file -> add(
                            file.location(),
                            "'" + file.path() + "' is a 64-bit program, and the kernel " + kernel + " a 32-bit one",
                            "build it with gcc -m32 -static, or boot kernel_image = " + KernelSource.DEBIAN64));
        }
    }

    private void check(VmSpec vm, Setting setting) {
        String word = setting.attribute();
        if (!Attribute.exists(word) && !isOfComponent(vm, word)) {
            add(
                    setting.location(),
                    "vm(" + vm.index() + ") has no attribute " + word,
                    Similar.didYouMean(
                            word, Attribute.words(), "attributes are named as in CAmkES, like guest_ram_mb"));
            return;
        }
        switch (Attribute.of(word).map(Attribute::use).orElse(Attribute.Use.KEPT)) {
            case RAM -> checkRam(setting);
            case CPUS -> checkCpus(setting);
            case TEXT -> checkCommandLine(setting);
            case KERNEL -> checkImage(setting, KernelSource.class, "debian.kernel");
            case INITRD -> checkImage(setting, RootFs.class, "rootfs { }");
            case CONNECTIONS -> problems.addAll(CrossvmChecker.check(vm, setting));
            case NUMBER -> checkNumber(setting);
            case KEPT -> {
                // Whatever it is: it means nothing here.
            }
        }
    }

    /** Declared, or named after an interface as CAmkES does: {@code data_id}, {@code data_size}. */
    private static boolean isOfComponent(VmSpec vm, String word) {
        return vm.attributes().stream().anyMatch(a -> a.name().equals(word))
                || vm.interfaces().stream().anyMatch(face -> face.owns(word));
    }

    private void checkRam(Setting setting) {
        Object value = setting.value();
        String sample = "guest_ram_mb = " + VmSpec.DEFAULT_RAM_MB;
        if (value instanceof ByteSize size && size.bytes() % VmSpec.MB != 0) {
            add(setting.location(), "guest_ram_mb is " + size + ", which is no whole number of MB", sample);
        } else if (!(value instanceof Integer || value instanceof Long || value instanceof ByteSize)) {
            add(setting.location(), "guest_ram_mb is " + named(value) + ", not a whole number", sample);
        } else {
            long mb = value instanceof ByteSize size ? size.bytes() / VmSpec.MB : ((Number) value).longValue();
            if (mb < 1 || mb > VmSpec.MOST_RAM_MB) {
                add(
                        setting.location(),
                        "guest_ram_mb is " + mb + ", but a guest has 1 to " + VmSpec.MOST_RAM_MB + " MB",
                        sample);
            }
        }
    }

    private void checkNumber(Setting setting) {
        boolean number = setting.value() instanceof Number || setting.value() instanceof ByteSize;
        if (!number) {
            add(
                    setting.location(),
                    setting.attribute() + " is " + named(setting.value()) + ", not a number",
                    setting.attribute() + " = 0x10000");
        }
    }

    private void checkCpus(Setting setting) {
        Object value = setting.value();
        if (!(value instanceof Integer)) {
            add(setting.location(), "num_vcpus is " + named(value) + ", not a whole number", "num_vcpus = 2");
        } else if (!isNumberOfCpus(value)) {
            add(
                    setting.location(),
                    "num_vcpus is " + value + ", but a guest has 1 to " + VmSpec.MOST_VCPUS + " CPUs",
                    "num_vcpus = 2");
        }
    }

    private static boolean isNumberOfCpus(Object value) {
        return value instanceof Integer cpus && cpus >= 1 && cpus <= VmSpec.MOST_VCPUS;
    }

    /** With {@code maxcpus=1} the others can be brought up later; by these words they never can. */
    private void checkSeveralCpus(VmSpec vm) {
        Optional<Setting> cpus = vm.setting(Attribute.NUM_VCPUS.word()).filter(s -> isNumberOfCpus(s.value()));
        Optional<Setting> words = vm.setting(Attribute.KERNEL_CMDLINE.word());
        if (cpus.isEmpty()
                || vm.numVcpus() == 1
                || words.isEmpty()
                || !(words.get().value() instanceof String text)) {
            return;
        }
        List<String> against = Arrays.stream(text.split(" "))
                .filter(word -> ONE_CPU.matcher(word).matches())
                .toList();
        if (!against.isEmpty()) {
            String found = String.join(" ", against);
            add(
                    words.get().location(),
                    "with " + found + " the kernel uses one CPU, and num_vcpus is " + vm.numVcpus(),
                    "leave out " + found + ", or num_vcpus = 1");
        }
    }

    private void checkCommandLine(Setting setting) {
        if (!(setting.value() instanceof String text)) {
            add(
                    setting.location(),
                    "kernel_cmdline is " + named(setting.value()) + ", not a text",
                    "kernel_cmdline = 'console=ttyS0'");
        } else if (text.chars().anyMatch(c -> c < ' ' || c > '~')) {
            add(
                    setting.location(),
                    "kernel_cmdline has a character that isn't printable ASCII",
                    "one line of options with blanks between, like 'console=ttyS0 quiet'");
        }
    }

    private void checkImage(Setting setting, Class<?> source, String word) {
        Object value = setting.value();
        String sample = setting.attribute() + " = " + word + ", or a file's path";
        if (value instanceof RootFs rootfs && source == RootFs.class) {
            rootfs.files().forEach(this::checkFile);
            rootfs.sources().forEach(this::checkSource);
        } else if (VmSpec.file(value).isPresent()) {
            Path file = VmSpec.file(value).get();
            if (!Files.isRegularFile(file)) {
                add(setting.location(), setting.attribute() + ": there is no file " + file, sample);
            }
        } else if (!source.isInstance(value) && !isNoInitrd(setting)) {
            add(setting.location(), setting.attribute() + " is " + named(value) + ", not a file", sample);
        }
    }

    /** CAmkES says "no initrd" with an empty name. */
    private static boolean isNoInitrd(Setting setting) {
        return "".equals(setting.value()) && setting.attribute().equals(Attribute.INITRD_IMAGE.word());
    }

    private void checkFile(GuestFile file) {
        if (file.content() instanceof Path path && !Files.isRegularFile(path)) {
            add(file.location(), "there is no file " + path, "file 'path/in/guest', new File('path/on/host')");
        }
        if (file.path().isBlank() || List.of(file.path().split("/")).contains("..")) {
            add(
                    file.location(),
                    "'" + file.path() + "' is no path in a guest",
                    "file 'usr/bin/hello', … makes /usr/bin/hello");
        }
    }

    /** A program or module may be meant by its name alone: whether that is known, its builder says. */
    private void checkSource(GuestSource source) {
        Path path = source.path();
        switch (source.kind()) {
            case FOLDER -> {
                if (!Files.isDirectory(path)) {
                    add(
                            source.location(),
                            "there is no folder " + path,
                            "from 'folder' names one with pkg, modules, …");
                }
            }
            case TEXT -> {
                if (!Files.exists(path)) {
                    add(
                            source.location(),
                            "there is no file or folder " + path,
                            "text 'notes.txt' makes /opt/notes.txt");
                }
            }
            case PROGRAM, MODULE -> {
                if (path.toString().isBlank() || Files.isRegularFile(path)) {
                    add(source.location(), "'" + path + "' is no folder", "give the folder that holds its Makefile");
                }
            }
        }
    }

    private static String named(Object value) {
        return value instanceof String ? "'" + value + "'" : String.valueOf(value);
    }
}
