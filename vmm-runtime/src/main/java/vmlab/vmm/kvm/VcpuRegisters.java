// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import vmlab.vmm.CpuState;
import vmlab.vmm.kvm.KvmApi.Debugregs;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Msrs;
import vmlab.vmm.kvm.KvmApi.Regs;
import vmlab.vmm.kvm.KvmApi.Sregs;
import vmlab.vmm.kvm.KvmApi.VcpuEvents;
import vmlab.vmm.kvm.KvmApi.Xsave;

/**
 * Fetches and sets all that KVM keeps of a vCPU, but for the time stamp counter, which {@link TimeStampCounter} sees to.
 *
 * <p>Not modelled: non-maskable interrupts; nobody here raises one. Threads: the vCPU's, or any while it doesn't run.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.11 to 4.14, 4.19, 4.31, 4.33, 4.42
 */
final class VcpuRegisters implements AutoCloseable {
    /** What a snapshot needs beyond the other structures, and the values after RESET (SDM 3A, table 10-1). */
    private static final SortedMap<Integer, Long> KEPT = new TreeMap<>(Map.of(
            0x174, 0L, // SYSENTER_CS, ESP, EIP
            0x175, 0L,
            0x176, 0L,
            0x277, 0x0007040600070406L, // PAT
            0xC0000081, 0L, // STAR, LSTAR, CSTAR, FMASK
            0xC0000082, 0L,
            0xC0000083, 0L,
            0xC0000084, 0L,
            0xC0000102, 0L)); // KERNEL_GS_BASE

    private final KvmDescriptor vcpu;
    private final ModelSpecificRegisters ours;
    private final long apicBase;
    private final NativeStruct regs = new NativeStruct(Regs.SIZE);
    private final NativeStruct sregs = new NativeStruct(Sregs.SIZE);
    private final NativeStruct debug = new NativeStruct(Debugregs.SIZE);
    private final NativeStruct xsave = new NativeStruct(Xsave.SIZE);
    private final NativeStruct events = new NativeStruct(VcpuEvents.SIZE);
    private final NativeStruct msrs = new NativeStruct(Msrs.ENTRIES + KEPT.size() * Msrs.ENTRY_SIZE);

    /**
     * Those of a new vCPU.
     *
     * @param apic whether its local APIC is to be used, which of a machine's only CPU it isn't
     */
    VcpuRegisters(KvmDescriptor vcpu, ModelSpecificRegisters ours, boolean apic) {
        this.vcpu = vcpu;
        this.ours = ours;
        vcpu.call("KVM_GET_SREGS", Ioctl.KVM_GET_SREGS, sregs.address());
        apicBase = apic ? sregs.get64(Sregs.APIC_BASE) : 0;
    }

    CpuState read(boolean halted, CpuState.TimeStamp timeStamp) {
        vcpu.call("KVM_GET_REGS", Ioctl.KVM_GET_REGS, regs.address());
        vcpu.call("KVM_GET_SREGS", Ioctl.KVM_GET_SREGS, sregs.address());
        vcpu.call("KVM_GET_DEBUGREGS", Ioctl.KVM_GET_DEBUGREGS, debug.address());
        vcpu.call("KVM_GET_XSAVE", Ioctl.KVM_GET_XSAVE, xsave.address());
        vcpu.call("KVM_GET_VCPU_EVENTS", Ioctl.KVM_GET_VCPU_EVENTS, events.address());
        return new CpuState(
                Registers.general(regs),
                Registers.segments(sregs),
                Registers.control(sregs),
                Registers.debug(debug),
                Registers.floats(xsave),
                modelSpecific(),
                timeStamp,
                new CpuState.Activity(halted, Registers.shadow(events), Registers.undelivered(events)));
    }

    private SortedMap<Integer, Long> modelSpecific() {
        SortedMap<Integer, Long> found = ours.state();
        fillModelSpecific(KEPT);
        // KVM stops at the first register that the host's CPU hasn't.
        int read = vcpu.call("KVM_GET_MSRS", Ioctl.KVM_GET_MSRS, msrs.address());
        for (int i = 0; i < read; i++) {
            int at = Msrs.ENTRIES + i * Msrs.ENTRY_SIZE;
            int index = msrs.get32(at + Msrs.INDEX);
            long value = msrs.get64(at + Msrs.DATA);
            if (value != KEPT.get(index)) {
                found.put(index, value);
            }
        }
        return found;
    }

    private void fillModelSpecific(SortedMap<Integer, Long> values) {
        msrs.put32(Msrs.NMSRS, KEPT.size());
        int at = Msrs.ENTRIES;
        for (Map.Entry<Integer, Long> register : KEPT.entrySet()) {
            msrs.put32(at + Msrs.INDEX, register.getKey());
            msrs.put64(at + Msrs.DATA, values.getOrDefault(register.getKey(), register.getValue()));
            at += Msrs.ENTRY_SIZE;
        }
    }

    /**
     * Sets all of it.
     *
     * @throws IllegalArgumentException if it has registers that KVM hasn't or that nobody here knows
     */
    void write(CpuState s) {
        SortedMap<Integer, Long> theirs = new TreeMap<>(s.modelSpecific());
        ours.restore(theirs);
        theirs.keySet().stream()
                .filter(index -> !KEPT.containsKey(index))
                .findFirst()
                .ifPresent(index -> {
                    throw new IllegalArgumentException("KVM keeps no model-specific register %#x".formatted(index));
                });
        Registers.store(s.segments(), s.control(), sregs);
        sregs.put64(Sregs.APIC_BASE, apicBase);
        vcpu.call("KVM_SET_SREGS", Ioctl.KVM_SET_SREGS, sregs.address());
        Registers.store(s.general(), regs);
        vcpu.call("KVM_SET_REGS", Ioctl.KVM_SET_REGS, regs.address());
        Registers.store(s.floats(), xsave);
        vcpu.call("KVM_SET_XSAVE", Ioctl.KVM_SET_XSAVE, xsave.address());
        fillModelSpecific(theirs);
        vcpu.call("KVM_SET_MSRS", Ioctl.KVM_SET_MSRS, msrs.address());
        Registers.store(s.debug(), debug);
        vcpu.call("KVM_SET_DEBUGREGS", Ioctl.KVM_SET_DEBUGREGS, debug.address());
        // Last: setting RIP forgets a shadow, and an exception that was to come.
        Registers.store(s.activity(), events);
        vcpu.call("KVM_SET_VCPU_EVENTS", Ioctl.KVM_SET_VCPU_EVENTS, events.address());
    }

    @Override
    public void close() {
        regs.close();
        sregs.close();
        debug.close();
        xsave.close();
        events.close();
        msrs.close();
    }
}
