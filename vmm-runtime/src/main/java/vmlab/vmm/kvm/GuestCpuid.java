// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import vmlab.vmm.CpuIdentity;
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

    /** A leaf's answer on a host with these features in EDX of leaf 1. */
    static CpuIdentity.Leaf answer(int leaf, int hostFeatures) {
        CpuIdentity.Leaf ours = CpuIdentity.leaf(leaf);
        return leaf == CpuIdentity.FEATURES_LEAF
                ? new CpuIdentity.Leaf(ours.eax(), ours.ebx(), ours.ecx(), ours.edx() & hostFeatures)
                : ours;
    }

    static void set(KvmDescriptor system, KvmDescriptor vcpu, int number, int cpus) {
        int features = hostFeatures(system);
        List<Integer> leaves = leaves();
        try (NativeStruct table = new NativeStruct(Cpuid.ENTRIES + leaves.size() * Cpuid.ENTRY_SIZE)) {
            table.put32(Cpuid.NENT, leaves.size());
            int at = Cpuid.ENTRIES;
            for (int leaf : leaves) {
                CpuIdentity.Leaf answer = ofSeveral(leaf, answer(leaf, features), number, cpus);
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

    private static int hostFeatures(KvmDescriptor system) {
        try (NativeStruct table = new NativeStruct(Cpuid.ENTRIES + MOST_ENTRIES * Cpuid.ENTRY_SIZE)) {
            table.put32(Cpuid.NENT, MOST_ENTRIES);
            system.call("KVM_GET_SUPPORTED_CPUID", Ioctl.KVM_GET_SUPPORTED_CPUID, table.address());
            for (int i = 0; i < table.get32(Cpuid.NENT); i++) {
                int at = Cpuid.ENTRIES + i * Cpuid.ENTRY_SIZE;
                if (table.get32(at + Cpuid.FUNCTION) == CpuIdentity.FEATURES_LEAF) {
                    return table.get32(at + Cpuid.EDX);
                }
            }
        }
        throw new HostMistake("KVM doesn't say what the host's CPU has", "update the host's kernel");
    }
}
