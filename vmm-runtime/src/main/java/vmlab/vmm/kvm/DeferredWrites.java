// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.lang.invoke.VarHandle;
import java.util.Objects;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.IoBus;
import vmlab.vmm.RawMemory;
import vmlab.vmm.kvm.KvmApi.Cap;
import vmlab.vmm.kvm.KvmApi.CoalescedRing;
import vmlab.vmm.kvm.KvmApi.CoalescedZone;
import vmlab.vmm.kvm.KvmApi.Ioctl;

/**
 * Writes to ports that KVM only notes down, in a page shared with it, and that are done at the next exit: so writes that a guest
 * makes for their delay cost it no more than that.
 *
 * <p>Threads: a vCPU's, in turn.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.116 KVM_(UN)REGISTER_COALESCED_MMIO
 */
final class DeferredWrites {
    private static final int ENTRIES = (GuestMemory.PAGE_BYTES - CoalescedRing.ENTRIES) / CoalescedRing.ENTRY_SIZE;

    private final KvmDescriptor vm;
    private final IoBus ports;
    private final long ring;

    /**
     * Where KVM keeps such notes.
     *
     * @param ring the shared page
     */
    DeferredWrites(KvmDescriptor vm, IoBus ports, long ring) {
        this.vm = Objects.requireNonNull(vm);
        this.ports = Objects.requireNonNull(ports);
        this.ring = ring;
    }

    /** At which page of a vCPU's mapping the notes are; 0 where KVM makes none. */
    static int page(KvmDescriptor system) {
        return system.capability(Cap.KVM_CAP_COALESCED_PIO) == 0 ? 0 : system.capability(Cap.KVM_CAP_COALESCED_MMIO);
    }

    /** Has writes to these ports noted down from now on. */
    void defer(AddressRange range) {
        try (NativeStruct zone = new NativeStruct(CoalescedZone.SIZE)) {
            zone.put64(CoalescedZone.ADDR, range.base());
            zone.put32(CoalescedZone.BYTES, (int) range.sizeBytes());
            zone.put32(CoalescedZone.PIO, 1);
            vm.call("KVM_REGISTER_COALESCED_MMIO", Ioctl.KVM_REGISTER_COALESCED_MMIO, zone.address());
        }
    }

    /** Does what has been noted down, in the guest's order. */
    void flush() {
        int first = RawMemory.get32(ring + CoalescedRing.FIRST);
        while (first != RawMemory.get32(ring + CoalescedRing.LAST)) {
            // Another CPU may be noting one down: what is counted is whole.
            VarHandle.acquireFence();
            long entry = ring + CoalescedRing.ENTRIES + (long) first * CoalescedRing.ENTRY_SIZE;
            int bytes = RawMemory.get32(entry + CoalescedRing.LEN);
            long mask = bytes == Long.BYTES ? -1 : (1L << 8 * bytes) - 1;
            long value = RawMemory.get64(entry + CoalescedRing.DATA) & mask;
            ports.write(RawMemory.get64(entry + CoalescedRing.PHYS_ADDR), bytes, value);
            first = (first + 1) % ENTRIES;
            RawMemory.put32(ring + CoalescedRing.FIRST, first);
        }
    }
}
