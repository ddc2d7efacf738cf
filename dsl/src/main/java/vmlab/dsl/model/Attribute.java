// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The attributes CAmkES knows for a VM's component, under their CAmkES names.
 *
 * @spec camkes-vm, components/VM/configurations/vm.h ({@code VM_INIT_DEF}, {@code VM_PER_VM_CONFIG_DEF}) and
 *     components/Init/templates
 */
public enum Attribute {
    GUEST_RAM_MB(Use.RAM),
    NUM_VCPUS(Use.CPUS),
    KERNEL_IMAGE(Use.KERNEL),
    KERNEL_CMDLINE(Use.TEXT),
    INITRD_IMAGE(Use.INITRD),
    /** With CAmkES a table in a C file, {@code src/cross_vm_connections.c}: no attribute of a {@code .camkes} file. */
    CROSSVM_CONNECTIONS(Use.CONNECTIONS),
    KERNEL_RELOCS,
    IOSPACE_DOMAIN(Use.NUMBER),
    CNODE_SIZE_BITS(Use.NUMBER),
    VSWITCH_LAYOUT,
    VSWITCH_MAC_ADDRESS,
    SERIAL_LAYOUT,
    SOCKET_LAYOUT,
    GUEST_CID(Use.NUMBER),
    PCI_DEVICES,
    PCI_DEVICES_IOSPACE,
    VM_IOPORTS,
    IOPORTS,
    VM_IRQS,
    IRQS,
    INIT_CONS,
    RAM,
    EXCLUDE_PADDR,
    GUEST_MAPPINGS,
    HEAP_SIZE(Use.NUMBER),
    SIMPLE,
    ASID_POOL,
    FS_SHMEM_SIZE(Use.NUMBER),
    SERIAL_GETCHAR_SHMEM_SIZE(Use.NUMBER),
    SERIAL_GETCHAR_ATTRIBUTES,
    GLOBAL_ENDPOINT_BASE,
    GLOBAL_ENDPOINT_MASK,
    UNTYPED_MMIOS,
    SIMPLE_EXTRA_BOOTINFO,
    ETHDRIVER_MAC,
    DMA_POOL,
    SCHED_CTRL,
    SATASERVER_IFACE_PARTITIONS;

    /** What a value is for, which says what it must be. */
    enum Use {
        RAM,
        CPUS,
        KERNEL,
        TEXT,
        INITRD,
        /** A number that means nothing here. */
        NUMBER,
        CONNECTIONS,
        /** For seL4, CAmkES or hardware that isn't here: accepted with any value and kept. */
        KEPT
    }

    /** A pool per size of untyped memory: {@code simple_untyped24_pool}. */
    private static final Pattern UNTYPED_POOL = Pattern.compile("simple_untyped\\d+_pool");

    private final Use use;

    Attribute() {
        this(Use.KEPT);
    }

    Attribute(Use use) {
        this.use = use;
    }

    Use use() {
        return use;
    }

    /** Its name in CAmkES. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The attribute of that name. */
    public static Optional<Attribute> of(String word) {
        return Arrays.stream(values()).filter(a -> a.word().equals(word)).findFirst();
    }

    /** Whether CAmkES has an attribute of that name. */
    public static boolean exists(String word) {
        return of(word).isPresent() || UNTYPED_POOL.matcher(word).matches();
    }

    /** All names, those that matter here first. */
    public static List<String> words() {
        return Arrays.stream(values()).map(Attribute::word).toList();
    }
}
