// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import vmlab.vmm.CpuIdentity;
import vmlab.vmm.CpuModel;
import vmlab.vmm.HostMistake;
import vmlab.vmm.kvm.KvmApi.Cpuid;
import vmlab.vmm.kvm.KvmApi.Ioctl;

/**
 * Tells KVM what CPUID answers: {@link CpuIdentity}, as far as the host's CPU has it.
 *
 * <p>Not in our hands: a para-virtual KVM shows the host's features all the same, and leaf 0xD's EBX is always KVM's own.
 *
 * <p>Leaves behind the last one are given as zeros up to 0x1F in each row, the hypervisors' own (0x40000000) included. KVM would answer them with the last leaf, as Intel
 * parts do; the Java CPU answers zero, and a C library that counts caches by leaf 4 until it reads zero would never end.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, KVM_SET_CPUID2; SDM 2, CPUID
 */
final class GuestCpuid {
    private static final int MOST_ENTRIES = 256;
    private static final int HYPERVISOR_LEAF = 0x40000000;
    private static final int ZEROS_UP_TO = 0x1F;
    /** In EBX of leaf 1, where two numbers are; in EDX a bit. */
    private static final int APIC_ID = 24;

    private static final int LOGICAL_CPUS = 16;
    private static final int APIC = 1 << 9;
    private static final Set<Integer> FEATURES = Set.of(CpuIdentity.FEATURES_LEAF, CpuIdentity.EXTENDED_FEATURES_LEAF);
    private static final CpuIdentity.Leaf NOTHING = new CpuIdentity.Leaf(0, 0, 0, 0);

    private GuestCpuid() {}

    /** The leaves that are given to KVM. */
    static List<Integer> leaves() {
        List<Integer> leaves = new ArrayList<>();
        for (int row : new int[] {0, HYPERVISOR_LEAF, CpuIdentity.FIRST_EXTENDED_LEAF}) {
            for (int n = 0; n <= ZEROS_UP_TO; n++) {
                leaves.add(row + n);
            }
        }
        return leaves;
    }

    /** A model's answer to a leaf on a host with this one; features are those that both have. */
    static CpuIdentity.Leaf answer(CpuModel cpu, int leaf, CpuIdentity.Leaf host) {
        CpuIdentity.Leaf ours = CpuIdentity.leaf(cpu, leaf);
        return FEATURES.contains(leaf)
                ? new CpuIdentity.Leaf(ours.eax(), ours.ebx(), ours.ecx() & host.ecx(), ours.edx() & host.edx())
                : ours;
    }

    /**
     * Gives a new vCPU its answers.
     *
     * @param number the vCPU's, of so many
     * @throws HostMistake if the host's CPU can't be such a model
     */
    static void set(KvmDescriptor system, KvmDescriptor vcpu, CpuModel cpu, int number, int cpus) {
        Map<Integer, CpuIdentity.Leaf> host = hostFeatures(system);
        if (cpu == CpuModel.AMD64
                && (host.get(CpuIdentity.EXTENDED_FEATURES_LEAF).edx() & CpuIdentity.LM) == 0) {
            throw new HostMistake("KVM here offers no 64-bit mode", "use a host with a 64-bit CPU and kernel");
        }
        List<Integer> leaves = leaves();
        try (NativeStruct table = new NativeStruct(Cpuid.ENTRIES + leaves.size() * Cpuid.ENTRY_SIZE)) {
            table.put32(Cpuid.NENT, leaves.size());
            int at = Cpuid.ENTRIES;
            for (int leaf : leaves) {
                CpuIdentity.Leaf answer =
                        ofSeveral(leaf, answer(cpu, leaf, host.getOrDefault(leaf, NOTHING)), number, cpus);
                table.put32(at + Cpuid.FUNCTION, leaf)
                        .put32(at + Cpuid.EAX, answer.eax())
                        .put32(at + Cpuid.EBX, answer.ebx())
                        .put32(at + Cpuid.ECX, answer.ecx())
                        .put32(at + Cpuid.EDX, answer.edx());
                at += Cpuid.ENTRY_SIZE;
            }
            vcpu.call("KVM_SET_CPUID2", Ioctl.KVM_SET_CPUID2, table.address());
        }
    }

    /**
     * Where there are several CPUs, a CPU says that it has a local APIC and of what number. Each is a package of its own: none
     * says that it shares one, so the count of those that do doesn't matter.
     */
    static CpuIdentity.Leaf ofSeveral(int leaf, CpuIdentity.Leaf only, int number, int cpus) {
        return cpus == 1 || leaf != CpuIdentity.FEATURES_LEAF
                ? only
                : new CpuIdentity.Leaf(
                        only.eax(), only.ebx() | number << APIC_ID | 1 << LOGICAL_CPUS, only.ecx(), only.edx() | APIC);
    }

    private static Map<Integer, CpuIdentity.Leaf> hostFeatures(KvmDescriptor system) {
        Map<Integer, CpuIdentity.Leaf> found = new HashMap<>();
        try (NativeStruct table = new NativeStruct(Cpuid.ENTRIES + MOST_ENTRIES * Cpuid.ENTRY_SIZE)) {
            table.put32(Cpuid.NENT, MOST_ENTRIES);
            system.call("KVM_GET_SUPPORTED_CPUID", Ioctl.KVM_GET_SUPPORTED_CPUID, table.address());
            for (int i = 0; i < table.get32(Cpuid.NENT); i++) {
                int at = Cpuid.ENTRIES + i * Cpuid.ENTRY_SIZE;
                int leaf = table.get32(at + Cpuid.FUNCTION);
                if (FEATURES.contains(leaf)) {
                    found.put(
                            leaf,
                            new CpuIdentity.Leaf(
                                    table.get32(at + Cpuid.EAX),
                                    table.get32(at + Cpuid.EBX),
                                    table.get32(at + Cpuid.ECX),
                                    table.get32(at + Cpuid.EDX)));
                }
            }
        }
        if (!found.keySet().equals(FEATURES)) {
            throw new HostMistake("KVM doesn't say what the host's CPU has", "update the host's kernel");
        }
        return found;
    }
}
