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
 * <p>KVM steps with the trap flag. That flag gets into the image that PUSHF, an interrupt or a fault pushes, and handlers run
 * untraced: so there are breakpoints on the first instructions of the likely ones, and the image is repaired. And a KVM that interprets forgets to
 * halt after a HLT that it steps over: a HLT runs as it is, it exits by itself.
 *
 * <p>Not modelled: task gates as handlers, {@link #stopAtHandler} refuses them; a HLT behind prefixes; faults other than #UD, #NM, #GP
 * and #PF, which run to their handler's IRET; the guest's own breakpoints meanwhile.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.87 KVM_SET_GUEST_DEBUG, 4.34 KVM_TRANSLATE
 */
final class Stepper implements AutoCloseable {
    private static final int OPERAND_SIZE = 0x66;
    private static final int HLT = 0xF4;
    private static final long LONG_MODE = CpuState.Control.EFER_LMA;
    private static final int INT3 = 0xCC;
    private static final int INT = 0xCD;
    private static final int INTO = 0xCE;
    private static final int PUSHF = 0x9C;
    private static final int TF = 1 << 8;
    /** DR7: bit 2n+1 has breakpoint n stop execution, in all tasks. */
    private static final long DR7_ONES = 0x400;

    private static final int GENERAL_PROTECTION = 13;
    private static final int PAGE_FAULT = 14;
    /** Invalid opcode, device not available, and those two; there are four breakpoints. */
    private static final int[] FAULTS = {6, 7, GENERAL_PROTECTION, PAGE_FAULT};

    private final KvmDescriptor vcpu;
    private final GuestMemory memory;
    private final NativeStruct debug = new NativeStruct(GuestDebug.SIZE);
    private final NativeStruct translation = new NativeStruct(Translation.SIZE);

    Stepper(KvmDescriptor vcpu, GuestMemory memory) {
        this.vcpu = vcpu;
        this.memory = memory;
    }

    /** For the instruction at which the CPU is, and for the handlers of the faults that it most likely may have. */
    void stopAfter(CpuState s) {
        int opcode = opcode(s.cs().base() + s.general().rip());
        if (s.privilege() == 0 && opcode == HLT) {
            set(0);
            return;
        }
        long[] handlers = new long[FAULTS.length];
        for (int i = 0; i < handlers.length; i++) {
            handlers[i] = handler(s, i == 0 ? interruptOf(s, opcode) : FAULTS[i]);
        }
        set(Value.KVM_GUESTDBG_ENABLE | Value.KVM_GUESTDBG_SINGLESTEP | Value.KVM_GUESTDBG_USE_HW_BP, handlers);
    }

    /** A software interrupt has the place of the invalid opcode, which it can't be. */
    private int interruptOf(CpuState s, int opcode) {
        return switch (opcode) {
            case INT3 -> 3;
            case INTO -> 4;
            case INT -> Math.max(0, octet(s.cs().base() + s.general().rip() + 1));
            default -> FAULTS[0];
        };
    }

    /** Takes back what the trap flag did to a pushed image of the flags. */
    void repair(CpuState before, CpuState after) {
        if ((before.eflags() & TF) != 0) {
            return;
        }
        long top = after.ss().base() + after.general().register(CpuState.General.RSP);
        boolean wide = (after.cr0() & 1) != 0;
        int opcode = opcode(before.cs().base() + before.general().rip());
        long at = after.cs().base() + after.general().rip();
        if (opcode == PUSHF && after.general().rip() != before.general().rip()) {
            clearTrap(top);
        }
        for (int i = 0; i < FAULTS.length; i++) {
            int vector = i == 0 ? interruptOf(before, opcode) : FAULTS[i];
            if (at == handler(before, vector)) {
                boolean coded = wide && (vector == GENERAL_PROTECTION || vector == PAGE_FAULT);
                clearTrap(top + (wide ? 8 : 4) + (coded ? 4 : 0));
                return;
            }
        }
    }

    private void clearTrap(long flags) {
        long physical = physical(flags + 1);
        if (physical >= 0) {
            memory.write8(physical, memory.read8(physical) & ~(TF >> 8));
        }
    }

    /** For the interrupt or exception that comes next; false if where it leads can't be told. */
    boolean stopAtHandler(CpuState s, int vector) {
        long at = handler(s, vector);
        if (at >= 0) {
            set(Value.KVM_GUESTDBG_ENABLE | Value.KVM_GUESTDBG_USE_HW_BP, at);
        }
        return at >= 0;
    }

    private void set(int control, long... breakpoints) {
        debug.clear();
        debug.put32(GuestDebug.CONTROL, control);
        long enabled = DR7_ONES;
        for (int i = 0; i < breakpoints.length; i++) {
            if (breakpoints[i] >= 0) {
                debug.put64(GuestDebug.DEBUGREG + i * Long.BYTES, breakpoints[i]);
                enabled |= 2L << 2 * i;
            }
        }
        debug.put64(GuestDebug.DEBUGREG + 7 * Long.BYTES, enabled);
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

    /** The byte behind operand-size prefixes; -1 if it isn't in RAM. */
    private int opcode(long linear) {
        int first = octet(linear);
        return first == OPERAND_SIZE ? octet(linear + 1) : first;
    }

    private int octet(long linear) {
        long physical = physical(linear);
        return physical >= 0 ? memory.read8(physical) : -1;
    }

    /** In RAM; -1 if it isn't. */
    private long physical(long linear) {
        translation.put64(Translation.LINEAR_ADDRESS, linear);
        vcpu.call("KVM_TRANSLATE", Ioctl.KVM_TRANSLATE, translation.address());
        long physical = translation.get64(Translation.PHYSICAL_ADDRESS);
        return translation.get8(Translation.VALID) != 0 && memory.contains(physical, 1) ? physical : -1;
    }

    @Override
    public void close() {
        debug.close();
        translation.close();
    }
}
