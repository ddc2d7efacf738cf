// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One VM of an assembly: the component {@code InitN} and its instance {@code vmN}.
 *
 * <p>It holds what the user wrote; {@link AssemblyChecker} says whether that makes sense. The typed readings of it
 * ({@link #guestRamMb} and so on) are for specs that were found good.
 *
 * @param index the N
 * @param settings in the order of the script; of two for one attribute the later counts
 * @param interfaces what its component connects to others by
 * @param attributes what its component declares besides the attributes that every VM has
 */
public record VmSpec(
        int index,
        List<Setting> settings,
        List<Interface> interfaces,
        List<ComponentType.AttributeDeclaration> attributes,
        SourceLocation location) {
    /** RAM if the script doesn't say. */
    public static final int DEFAULT_RAM_MB = 128;

    /** CPUs that a VM can have, if its back end can. */
    public static final int MOST_VCPUS = 8;

    /** Device registers live above 3 GB. */
    public static final int MOST_RAM_MB = 3072;

    /** The command line if the script doesn't give one: what shortens Debian's boot. One that is given is used as it is. */
    public static final String DEFAULT_CMDLINE = "console=ttyS0 quiet nolapic noapic tsc=reliable no_timer_check"
            + " lpj=4000000 mitigations=off cryptomgr.notests random.trust_cpu=on noreplace-smp maxcpus=0 nosmp"
            + " i8042.noaux i8042.nokbd acpi=off noisapnp";

    /** What of it suits one CPU only. */
    private static final Set<String> FOR_ONE_CPU = Set.of("nolapic", "noapic", "noreplace-smp", "maxcpus=0", "nosmp");

    /** What the name of CAmkES's second instance for a VM ends in, which had the attributes of its hardware. */
    static final String CONFIG = "_config";

    static final int MB = 1 << 20;

    public VmSpec {
        if (index < 0) {
            throw new IllegalArgumentException("no VM has the number " + index);
        }
        settings = List.copyOf(settings);
        interfaces = List.copyOf(interfaces);
        attributes = List.copyOf(attributes);
        Objects.requireNonNull(location);
    }

    /** A VM without attributes of its own. */
    public VmSpec(int index, List<Setting> settings, List<Interface> interfaces, SourceLocation location) {
        this(index, settings, interfaces, List.of(), location);
    }

    /** A VM without connections. */
    public VmSpec(int index, List<Setting> settings, SourceLocation location) {
        this(index, settings, List.of(), List.of(), location);
    }

    /** Whether a setting is of a dataport of its own: {@code data_id}, {@code data_size}. */
    boolean isOfDataport(Setting setting) {
        return interfaces.stream()
                .filter(face -> face.kind() == Interface.Kind.DATAPORT)
                .anyMatch(face -> setting.attribute().equals(face.name() + "_id")
                        || setting.attribute().equals(face.name() + "_size"));
    }

    /** With more settings. */
    VmSpec with(List<Setting> more) {
        List<Setting> all = Stream.concat(settings.stream(), more.stream()).toList();
        return new VmSpec(index, all, interfaces, attributes, location);
    }

    /** Its component. */
    public ComponentType type() {
        return new ComponentType(component(), true, false, interfaces, attributes, Optional.empty(), location);
    }

    /** The instance's name. */
    public String name() {
        return "vm" + index;
    }

    /** The component's name. */
    public String component() {
        return "Init" + index;
    }

    /** What was set for its dataports, last: {@code data_id}, {@code data_size}. */
    List<Setting> dataportSettings() {
        return interfaces.stream()
                .flatMap(face -> Stream.of("_id", "_size").flatMap(end -> setting(face.name() + end).stream()))
                .toList();
    }

    /** What was set for the attribute, if anything. */
    public Optional<Setting> setting(String attribute) {
        return settings.stream().filter(s -> s.attribute().equals(attribute)).reduce((earlier, later) -> later);
    }

    private Optional<Object> value(Attribute attribute) {
        return setting(attribute.word()).map(Setting::value);
    }

    /** Guest RAM in MB. */
    public int guestRamMb() {
        return value(Attribute.GUEST_RAM_MB)
                .map(v -> v instanceof ByteSize size ? (int) (size.bytes() / MB) : ((Number) v).intValue())
                .orElse(DEFAULT_RAM_MB);
    }

    /** How many CPUs it has. */
    public int numVcpus() {
        return value(Attribute.NUM_VCPUS).map(v -> ((Number) v).intValue()).orElse(1);
    }

    /** The kernel's command line. */
    public String kernelCmdline() {
        return value(Attribute.KERNEL_CMDLINE)
                .map(String.class::cast)
                .orElseGet(() -> numVcpus() == 1 ? DEFAULT_CMDLINE : defaultOfSeveralCpus());
    }

    private static String defaultOfSeveralCpus() {
        return Arrays.stream(DEFAULT_CMDLINE.split(" "))
                .filter(word -> !FOR_ONE_CPU.contains(word))
                .collect(Collectors.joining(" "));
    }

    /** The kernel: a {@link KernelSource} or a {@link Path}. */
    public Object kernelImage() {
        return fileOrElse(value(Attribute.KERNEL_IMAGE).orElseThrow());
    }

    /** The initrd, if there is one: a {@link RootFs} or a {@link Path}. */
    public Optional<Object> initrdImage() {
        return value(Attribute.INITRD_IMAGE).filter(v -> !"".equals(v)).map(VmSpec::fileOrElse);
    }

    /**
     * Its connections as PCI functions, in the order of their device numbers; empty if its guest reaches dataports and
     * events by hypercalls, as in the tutorials.
     */
    public Optional<List<CrossvmConnection>> crossvmConnections() {
        return value(Attribute.CROSSVM_CONNECTIONS)
                .map(rows -> ((List<?>) rows)
                        .stream()
                                .map(row -> CrossvmConnection.of(row, interfaces))
                                .toList());
    }

    private static Object fileOrElse(Object value) {
        return file(value).map(Object.class::cast).orElse(value);
    }

    /** The file that a value names, if it does. */
    static Optional<Path> file(Object value) {
        if (value instanceof String text && !text.isEmpty()) {
            return Optional.of(Path.of(text));
        }
        return value instanceof Path path ? Optional.of(path) : Optional.empty();
    }

    /** The attributes and interfaces in which another differs, by their names; in the order of that one. */
    public List<String> differences(VmSpec other) {
        Set<String> names = new LinkedHashSet<>();
        Stream.concat(other.settings.stream(), settings.stream())
                .map(Setting::attribute)
                .filter(name -> !value(name).equals(other.value(name)))
                .forEach(names::add);
        List<String> mine = interfaces.stream().map(Interface::words).toList();
        List<String> others = other.interfaces.stream().map(Interface::words).toList();
        others.stream().filter(words -> !mine.contains(words)).forEach(names::add);
        mine.stream()
                .filter(words -> !others.contains(words))
                .map("no "::concat)
                .forEach(names::add);
        return List.copyOf(names);
    }

    private Optional<Object> value(String attribute) {
        return setting(attribute)
                .map(Setting::value)
                .map(value -> value instanceof RootFs rootfs ? rootfs.content() : value);
    }
}
