// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.MemoryRegion;

/**
 * Which of the host's memory KVM shows to the guest: a slot for the RAM and one for each piece of shared memory above it.
 * Shared memory over RAM needs none: KVM follows what the host maps at the RAM's addresses.
 *
 * <p>Threads: the machine's own; vCPUs may run meanwhile. Errors: what KVM refuses is a {@link vmlab.vmm.HostMistake}.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.35 KVM_SET_USER_MEMORY_REGION
 */
final class MemorySlots implements GuestMemory.WindowListener {
    private final KvmDescriptor vm;
    private final GuestMemory memory;
    /** By slot; null where one is free. */
    private final List<AddressRange> slots = new ArrayList<>();

    MemorySlots(KvmDescriptor vm, GuestMemory memory) {
        this.vm = Objects.requireNonNull(vm);
        this.memory = Objects.requireNonNull(memory);
    }

    /** Gives KVM what there is, and what comes as long as the VM is open. */
    void open() {
        opened(new AddressRange(0, memory.sizeBytes()));
        memory.windows().forEach(this::opened);
        memory.onWindow(this);
    }

    @Override
    public void opened(AddressRange range) {
        // The memory may outlive the VM.
        if (vm.isOpen()) {
            int slot = freeSlot();
            set(slot, range, range.sizeBytes());
            slots.set(slot, range);
        }
    }

    @Override
    public void closed(AddressRange range) {
        if (vm.isOpen()) {
            int slot = slots.indexOf(range);
            set(slot, range, 0);
            slots.set(slot, null);
        }
    }

    private int freeSlot() {
        if (!slots.contains(null)) {
            slots.add(null);
        }
        return slots.indexOf(null);
    }

    /** KVM takes its own hold of the host's addresses; a size of zero gives them back. */
    private void set(int slot, AddressRange range, long sizeBytes) {
        try (NativeStruct region = new NativeStruct(MemoryRegion.SIZE)) {
            region.put32(MemoryRegion.SLOT, slot);
            region.put64(MemoryRegion.GUEST_PHYS_ADDR, range.base());
            region.put64(MemoryRegion.MEMORY_SIZE, sizeBytes);
            region.put64(MemoryRegion.USERSPACE_ADDR, memory.address() + range.base());
            vm.call("KVM_SET_USER_MEMORY_REGION", Ioctl.KVM_SET_USER_MEMORY_REGION, region.address());
        }
    }
}
