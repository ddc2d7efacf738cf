// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.CpuState;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.kvm.KvmApi.GuestDebug;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.Translation;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * Has KVM stop after one instruction, or at the first of an interrupt's handler.
 *
 * <p>KVM steps with the trap flag. That flag would be in the image that an interrupt pushes, and the handler would run untraced:
 * the way into a handler is therefore taken with a breakpoint on its first instruction. And a KVM that interprets forgets to
 * halt after a HLT that it steps over: a HLT runs as it is, it exits by itself.
 *
 * <p>Not modelled: task gates as handlers, {@link #stopAtHandler} refuses them; a HLT behind prefixes.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.87 KVM_SET_GUEST_DEBUG, 4.34 KVM_TRANSLATE
 */
final class Stepper implements AutoCloseable {
    private static final int HLT = 0xF4;
    private static final long LONG_MODE = CpuState.Control.EFER_LMA;
    /** DR7: breakpoint 0 on execution, in all tasks. */
    private static final long EXECUTE_0 = 0x402;

    private final KvmDescriptor vcpu;
    private final GuestMemory memory;
    private final NativeStruct debug = new NativeStruct(GuestDebug.SIZE);
    private final NativeStruct translation = new NativeStruct(Translation.SIZE);

    Stepper(KvmDescriptor vcpu, GuestMemory memory) {
        this.vcpu = vcpu;
        this.memory = memory;
    }

    /** For the instruction at which the CPU is. */
    void stopAfter(CpuState s) {
        boolean halt = s.privilege() == 0 && octet(s.cs().base() + s.general().rip()) == HLT;
        set(halt ? 0 : Value.KVM_GUESTDBG_ENABLE | Value.KVM_GUESTDBG_SINGLESTEP, 0);
    }

    /** For the interrupt or exception that comes next; false if where it leads can't be told. */
    boolean stopAtHandler(CpuState s, int vector) {
        long at = handler(s, vector);
        if (at >= 0) {
            set(Value.KVM_GUESTDBG_ENABLE | Value.KVM_GUESTDBG_USE_HW_BP, at);
        }
        return at >= 0;
    }

    void off() {
        set(0, 0);
    }

    private void set(int control, long breakpoint) {
        debug.clear();
        debug.put32(GuestDebug.CONTROL, control);
        if (breakpoint != 0) {
            debug.put64(GuestDebug.ARCH, breakpoint);
            debug.put64(GuestDebug.ARCH + 7 * Long.BYTES, EXECUTE_0);
        }
        vcpu.call("KVM_SET_GUEST_DEBUG", Ioctl.KVM_SET_GUEST_DEBUG, debug.address());
    }

    /** The linear address of a vector's first instruction; -1 if it has none. */
    private long handler(CpuState s, int vector) {
        if ((s.cr0() & 1) == 0) {
            long entry = word(s.idtr().base() + 4L * vector);
            return entry < 0 ? -1 : (entry >>> 16) * 16 + (entry & 0xFFFF);
        }
        boolean wide = (s.control().efer() & LONG_MODE) != 0;
        long gate = s.idtr().base() + (wide ? 16L : 8L) * vector;
        long low = word(gate);
        long high = word(gate + 4);
        long type = high >> 8 & 0x1F;
        if (low < 0 || high < 0 || type != 14 && type != 15 && (type != 6 && type != 7 || wide)) {
            return -1;
        }
        long offset = low & 0xFFFF | (type >= 14 ? high & 0xFFFF0000L : 0);
        return wide ? offset | word(gate + 8) << 32 : codeBase(s, low >>> 16) + offset & 0xFFFFFFFFL;
    }

    private long codeBase(CpuState s, long selector) {
        long table = (selector & 4) != 0 ? s.ldtr().base() : s.gdtr().base();
        long low = word(table + (selector & 0xFFF8));
        long high = word(table + (selector & 0xFFF8) + 4);
        return low >>> 16 | (high & 0xFF) << 16 | high & 0xFF000000L;
    }

    /** Four bytes, unsigned; -1 if they aren't in RAM. */
    private long word(long linear) {
        long value = 0;
        for (int i = 3; i >= 0; i--) {
            int octet = octet(linear + i);
            if (octet < 0) {
                return -1;
            }
            value = value << 8 | octet;
        }
        return value;
    }

    private int octet(long linear) {
        translation.put64(Translation.LINEAR_ADDRESS, linear);
        vcpu.call("KVM_TRANSLATE", Ioctl.KVM_TRANSLATE, translation.address());
        long physical = translation.get64(Translation.PHYSICAL_ADDRESS);
        return translation.get8(Translation.VALID) != 0 && memory.contains(physical, 1) ? memory.read8(physical) : -1;
    }

    @Override
    public void close() {
        debug.close();
        translation.close();
    }
}
