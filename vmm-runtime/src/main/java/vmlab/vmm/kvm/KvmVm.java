// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vmlab.vmm.AddressRange;
import vmlab.vmm.ChipSet;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.IoEvent;
import vmlab.vmm.IrqEvent;
import vmlab.vmm.Vcpu;
import vmlab.vmm.Vm;
import vmlab.vmm.kvm.KvmApi.Cap;
import vmlab.vmm.kvm.KvmApi.EnableCap;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.MsrFilter;
import vmlab.vmm.kvm.KvmApi.Value;
import vmlab.vmm.kvm.KvmApi.XenHvmConfig;
import vmlab.vmm.kvm.KvmVcpu.Shared;

/** One VM of KVM: its memory slots and its CPUs. */
final class KvmVm implements Vm {
    /**
     * Three pages and one that KVM on Intel hides in the guest's physical memory; below 4 GB and above all devices, where
     * a PC has its BIOS.
     */
    static final long TSS_ADDRESS = 0xFFFBD000L;

    static final long IDENTITY_MAP_ADDRESS = 0xFFFBC000L;

    private record Need(String name, int capability) {}

    private static final Need[] NEEDS = {
        new Need("KVM_CAP_USER_MEMORY", Cap.KVM_CAP_USER_MEMORY),
        new Need("KVM_CAP_SET_TSS_ADDR", Cap.KVM_CAP_SET_TSS_ADDR),
        new Need("KVM_CAP_SET_IDENTITY_MAP_ADDR", Cap.KVM_CAP_SET_IDENTITY_MAP_ADDR),
        new Need("KVM_CAP_EXT_CPUID", Cap.KVM_CAP_EXT_CPUID),
        new Need("KVM_CAP_DESTROY_MEMORY_REGION_WORKS", Cap.KVM_CAP_DESTROY_MEMORY_REGION_WORKS),
        new Need("KVM_CAP_VCPU_EVENTS", Cap.KVM_CAP_VCPU_EVENTS),
        new Need("KVM_CAP_DEBUGREGS", Cap.KVM_CAP_DEBUGREGS),
        new Need("KVM_CAP_XSAVE", Cap.KVM_CAP_XSAVE),
        new Need("KVM_CAP_IMMEDIATE_EXIT", Cap.KVM_CAP_IMMEDIATE_EXIT)
    };

    private final KvmDescriptor vm;
    private final List<KvmVcpu> vcpus;
    private final Optional<KvmChips> chips;

    private KvmVm(KvmDescriptor vm, List<KvmVcpu> vcpus, Optional<KvmChips> chips) {
        this.vm = vm;
        this.vcpus = List.copyOf(vcpus);
        this.chips = chips;
    }

    /**
     * Makes a VM.
     *
     * @throws HostMistake if the host has no KVM, or one that lacks what is needed
     */
    static KvmVm open(Board board, KvmHypervisor.Chips wanted) {
        try (KvmDescriptor system = KvmDescriptor.system()) {
            check(system);
            KvmDescriptor vm = system.create("KVM_CREATE_VM", Ioctl.KVM_CREATE_VM, 0);
            try {
                return configure(system, vm, board, wanted);
            } catch (RuntimeException | Error e) {
                vm.close();
                throw e;
            }
        }
    }

    private static void check(KvmDescriptor system) {
        int version = system.call("KVM_GET_API_VERSION", Ioctl.KVM_GET_API_VERSION, 0);
        if (version != KvmApi.API_VERSION) {
            throw new HostMistake(
                    "KVM here speaks version %d of its interface, not %d".formatted(version, KvmApi.API_VERSION),
                    "update the host's kernel, or take the CPU in Java: --backend soft");
        }
        for (Need need : NEEDS) {
            if (system.capability(need.capability) == 0) {
                throw new HostMistake(
                        "KVM here has no " + need.name,
                        "update the host's kernel (4.13 or newer), or take the CPU in Java: --backend soft");
            }
        }
    }

    private static KvmVm configure(KvmDescriptor system, KvmDescriptor vm, Board board, KvmHypervisor.Chips wanted) {
        vm.call("KVM_SET_TSS_ADDR", Ioctl.KVM_SET_TSS_ADDR, TSS_ADDRESS);
        try (NativeStruct address = new NativeStruct(8)) {
            address.put64(0, IDENTITY_MAP_ADDRESS);
            vm.call("KVM_SET_IDENTITY_MAP_ADDR", Ioctl.KVM_SET_IDENTITY_MAP_ADDR, address.address());
        }
        new MemorySlots(vm, board.memory()).open();
        takeModelSpecificRegisters(system, vm);
        if (HypercallTransport.of(system) == HypercallTransport.INTERCEPTED) {
            try (NativeStruct config = new NativeStruct(XenHvmConfig.SIZE)) {
                config.put32(XenHvmConfig.FLAGS, Value.KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL);
                vm.call("KVM_XEN_HVM_CONFIG", Ioctl.KVM_XEN_HVM_CONFIG, config.address());
            }
        }
        // Before the CPUs, which get their local APICs with them.
        Optional<KvmChips> chips = wanted == KvmHypervisor.Chips.KVM_IF_OFFERED && KvmChips.offered(system)
                ? Optional.of(KvmChips.create(vm))
                : Optional.empty();
        if (board.cpus() > 1 && chips.isEmpty()) {
            throw new HostMistake(
                    "KVM here brings no interrupt chips, without which a machine has one CPU, not " + board.cpus(),
                    "update the host's kernel, or take one CPU");
        }
        return new KvmVm(vm, createVcpus(system, new Shared(vm, board, new GuestTime(board.clock()), chips)), chips);
    }

    private static List<KvmVcpu> createVcpus(KvmDescriptor system, Shared shared) {
        List<KvmVcpu> vcpus = new ArrayList<>();
        try {
            for (int number = 0; number < shared.board().cpus(); number++) {
                vcpus.add(KvmVcpu.create(system, shared, number));
            }
            return vcpus;
        } catch (RuntimeException | Error e) {
            vcpus.forEach(KvmVcpu::close);
            throw e;
        }
    }

    /** Where KVM can't pass them on (before Linux 5.10) unknown ones fault unseen, and Linux lives with that. */
    private static void takeModelSpecificRegisters(KvmDescriptor system, KvmDescriptor vm) {
        if (system.capability(Cap.KVM_CAP_X86_USER_SPACE_MSR) == 0
                || system.capability(Cap.KVM_CAP_X86_MSR_FILTER) == 0) {
            return;
        }
        try (NativeStruct enable = new NativeStruct(EnableCap.SIZE);
                NativeStruct filter = new NativeStruct(MsrFilter.SIZE);
                NativeStruct denied = new NativeStruct(8)) {
            enable.put32(EnableCap.CAP, Cap.KVM_CAP_X86_USER_SPACE_MSR);
            enable.put64(
                    EnableCap.ARGS,
                    Value.KVM_MSR_EXIT_REASON_INVAL
                            | Value.KVM_MSR_EXIT_REASON_UNKNOWN
                            | Value.KVM_MSR_EXIT_REASON_FILTER);
            vm.call("KVM_CAP_X86_USER_SPACE_MSR", Ioctl.KVM_ENABLE_CAP, enable.address());
            filter.put32(MsrFilter.RANGE_FLAGS, Value.KVM_MSR_FILTER_READ | Value.KVM_MSR_FILTER_WRITE);
            filter.put32(MsrFilter.RANGE_NMSRS, ModelSpecificRegisters.FILTERED);
            filter.put32(MsrFilter.RANGE_BASE, ModelSpecificRegisters.FIRST_FILTERED);
            filter.put64(MsrFilter.RANGE_BITMAP, denied.address());
            vm.call("KVM_X86_SET_MSR_FILTER", Ioctl.KVM_X86_SET_MSR_FILTER, filter.address());
        }
    }

    @Override
    public Vcpu vcpu() {
        return vcpus.get(0);
    }

    @Override
    public List<Vcpu> vcpus() {
        return List.copyOf(vcpus);
    }

    @Override
    public Optional<ChipSet> chips() {
        return chips.map(c -> c);
    }

    @Override
    public void deferWrites(AddressRange ofPorts) {
        vcpus.get(0).deferWrites(ofPorts);
    }

    @Override
    public Optional<IoEvent> ioEvent(AddressRange register, boolean port) {
        return vm.capability(Cap.KVM_CAP_IOEVENTFD) == 0
                ? Optional.empty()
                : Optional.of(EventCounter.ofRegister(vm, register, port));
    }

    @Override
    public Optional<IrqEvent> irqEvent(int line) {
        return chips.isEmpty() || vm.capability(Cap.KVM_CAP_IRQFD) == 0
                ? Optional.empty()
                : Optional.of(EventCounter.ofLine(vm, line));
    }

    @Override
    public void close() {
        vcpus.forEach(KvmVcpu::close);
        chips.ifPresent(KvmChips::close);
        vm.close();
    }
}
