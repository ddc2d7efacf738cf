// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import vmlab.vmm.CpuState;
import vmlab.vmm.kvm.KvmApi.Dtable;
import vmlab.vmm.kvm.KvmApi.Regs;
import vmlab.vmm.kvm.KvmApi.Sregs;

/**
 * {@link CpuState} to KVM's structures and back.
 *
 * <p>Not converted: what 64-bit mode adds. The task register's type goes through as it is: hardware wants the busy type of
 * {@link CpuState#reset} (11), a nested KVM on an emulated CPU the one a descriptor has before LTR (9).
 *
 * @spec SDM 3A, 3.4.5 (descriptors), figure 3-8
 */
final class Registers {
    private static final long LOW = 0xFFFFFFFFL;
    /** How the general registers of {@link CpuState} lie in kvm_regs. */
    private static final int[] GENERAL = {
        Regs.RAX, Regs.RCX, Regs.RDX, Regs.RBX, Regs.RSP, Regs.RBP, Regs.RSI, Regs.RDI, Regs.RIP, Regs.RFLAGS
    };

    private Registers() {}

    /** Fills kvm_regs. */
    static void store(CpuState s, NativeStruct regs) {
        int[] values = {s.eax(), s.ecx(), s.edx(), s.ebx(), s.esp(), s.ebp(), s.esi(), s.edi(), s.eip(), s.eflags()};
        regs.clear();
        for (int i = 0; i < values.length; i++) {
            regs.put64(GENERAL[i], values[i] & LOW);
        }
    }

    /** Fills kvm_sregs; the local APIC is switched off, as there is none. */
    static void storeSystem(CpuState s, NativeStruct sregs) {
        sregs.clear();
        segment(sregs, Sregs.ES, s.es());
        segment(sregs, Sregs.CS, s.cs());
        segment(sregs, Sregs.SS, s.ss());
        segment(sregs, Sregs.DS, s.ds());
        segment(sregs, Sregs.FS, s.fs());
        segment(sregs, Sregs.GS, s.gs());
        segment(sregs, Sregs.LDT, s.ldtr());
        segment(sregs, Sregs.TR, s.tr());
        table(sregs, Sregs.GDT, s.gdtr());
        table(sregs, Sregs.IDT, s.idtr());
        sregs.put64(Sregs.CR0, s.cr0() & LOW);
        sregs.put64(Sregs.CR2, s.cr2() & LOW);
        sregs.put64(Sregs.CR3, s.cr3() & LOW);
        sregs.put64(Sregs.CR4, s.cr4() & LOW);
    }

    static CpuState load(NativeStruct regs, NativeStruct sregs) {
        int[] r = new int[GENERAL.length];
        for (int i = 0; i < r.length; i++) {
            r[i] = (int) regs.get64(GENERAL[i]);
        }
        return new CpuState(
                r[0],
                r[1],
                r[2],
                r[3],
                r[4],
                r[5],
                r[6],
                r[7],
                r[8],
                r[9],
                segment(sregs, Sregs.ES),
                segment(sregs, Sregs.CS),
                segment(sregs, Sregs.SS),
                segment(sregs, Sregs.DS),
                segment(sregs, Sregs.FS),
                segment(sregs, Sregs.GS),
                segment(sregs, Sregs.LDT),
                segment(sregs, Sregs.TR),
                table(sregs, Sregs.GDT),
                table(sregs, Sregs.IDT),
                (int) sregs.get64(Sregs.CR0),
                (int) sregs.get64(Sregs.CR2),
                (int) sregs.get64(Sregs.CR3),
                (int) sregs.get64(Sregs.CR4));
    }

    private static void segment(NativeStruct sregs, int at, CpuState.Segment s) {
        int a = s.attributes();
        boolean present = bit(a, 15) != 0;
        sregs.put64(at + KvmApi.Segment.BASE, s.base() & LOW)
                .put32(at + KvmApi.Segment.LIMIT, s.limit())
                .put16(at + KvmApi.Segment.SELECTOR, s.selector())
                .put8(at + KvmApi.Segment.TYPE, a >> 8 & 0xF)
                .put8(at + KvmApi.Segment.PRESENT, bit(a, 15))
                .put8(at + KvmApi.Segment.DPL, a >> 13 & 3)
                .put8(at + KvmApi.Segment.DB, bit(a, 22))
                .put8(at + KvmApi.Segment.S, bit(a, 12))
                .put8(at + KvmApi.Segment.L, bit(a, 21))
                .put8(at + KvmApi.Segment.G, bit(a, 23))
                .put8(at + KvmApi.Segment.AVL, bit(a, 20))
                .put8(at + KvmApi.Segment.UNUSABLE, present ? 0 : 1);
    }

    /** What KVM calls unusable is a register that was loaded with a null selector: nothing of it means anything. */
    private static CpuState.Segment segment(NativeStruct sregs, int at) {
        int selector = sregs.get16(at + KvmApi.Segment.SELECTOR);
        if (sregs.get8(at + KvmApi.Segment.UNUSABLE) != 0 || sregs.get8(at + KvmApi.Segment.PRESENT) == 0) {
            return new CpuState.Segment(selector, 0, 0, 0);
        }
        int attributes = sregs.get8(at + KvmApi.Segment.TYPE) << 8
                | sregs.get8(at + KvmApi.Segment.S) << 12
                | sregs.get8(at + KvmApi.Segment.DPL) << 13
                | sregs.get8(at + KvmApi.Segment.PRESENT) << 15
                | sregs.get8(at + KvmApi.Segment.AVL) << 20
                | sregs.get8(at + KvmApi.Segment.L) << 21
                | sregs.get8(at + KvmApi.Segment.DB) << 22
                | sregs.get8(at + KvmApi.Segment.G) << 23;
        return new CpuState.Segment(
                selector,
                (int) sregs.get64(at + KvmApi.Segment.BASE),
                sregs.get32(at + KvmApi.Segment.LIMIT),
                attributes);
    }

    private static void table(NativeStruct sregs, int at, CpuState.Table t) {
        sregs.put64(at + Dtable.BASE, t.base() & LOW);
        sregs.put16(at + Dtable.LIMIT, t.limit());
    }

    private static CpuState.Table table(NativeStruct sregs, int at) {
        return new CpuState.Table((int) sregs.get64(at + Dtable.BASE), sregs.get16(at + Dtable.LIMIT));
    }

    private static int bit(int word, int number) {
        return word >> number & 1;
    }
}
