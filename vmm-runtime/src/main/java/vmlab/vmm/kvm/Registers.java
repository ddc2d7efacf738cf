// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.Debug;
import vmlab.vmm.CpuState.Event;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Shadow;
import vmlab.vmm.FxImage;
import vmlab.vmm.kvm.KvmApi.Debugregs;
import vmlab.vmm.kvm.KvmApi.Dtable;
import vmlab.vmm.kvm.KvmApi.Regs;
import vmlab.vmm.kvm.KvmApi.Sregs;
import vmlab.vmm.kvm.KvmApi.Value;
import vmlab.vmm.kvm.KvmApi.VcpuEvents;
import vmlab.vmm.kvm.KvmApi.Xsave;

/**
 * The parts of a {@link CpuState} to KVM's structures and back.
 *
 * <p>The task register's type goes through as it is: hardware wants the busy type of
 * {@link CpuState#reset} (11), a nested KVM on an emulated CPU the one a descriptor has before LTR (9).
 *
 * @spec SDM 3A, 3.4.5 (descriptors), figure 3-8
 */
final class Registers {
    /** XSTATE_BV of the header: which parts the image has (SDM 1, 13.4.2). */
    private static final int PRESENT_PARTS = Xsave.REGION + FxImage.BYTES;

    private static final int X87_AND_SSE = 3;

    /** How the general registers of {@link CpuState} lie in kvm_regs. */
    private static final int[] GENERAL = {Regs.RAX, Regs.RCX, Regs.RDX, Regs.RBX, Regs.RSP, Regs.RBP, Regs.RSI, Regs.RDI
    };

    private Registers() {}

    private static int general(int number) {
        return number < GENERAL.length ? GENERAL[number] : Regs.R8 + 8 * (number - GENERAL.length);
    }

    static void store(General s, NativeStruct regs) {
        regs.clear();
        for (int number = 0; number < General.COUNT; number++) {
            regs.put64(general(number), s.register(number));
        }
        regs.put64(Regs.RIP, s.rip());
        regs.put64(Regs.RFLAGS, s.rflags());
    }

    static General general(NativeStruct regs) {
        List<Long> registers = new ArrayList<>();
        for (int number = 0; number < General.COUNT; number++) {
            registers.add(regs.get64(general(number)));
        }
        return new General(registers, regs.get64(Regs.RIP), regs.get64(Regs.RFLAGS));
    }

    /** Fills kvm_sregs, with the local APIC switched off. */
    static void store(Segments s, Control control, NativeStruct sregs) {
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
        sregs.put64(Sregs.CR0, control.cr0());
        sregs.put64(Sregs.CR2, control.cr2());
        sregs.put64(Sregs.CR3, control.cr3());
        sregs.put64(Sregs.CR4, control.cr4());
        sregs.put64(Sregs.EFER, control.efer());
    }

    static Segments segments(NativeStruct sregs) {
        return new Segments(
                segment(sregs, Sregs.ES),
                segment(sregs, Sregs.CS),
                segment(sregs, Sregs.SS),
                segment(sregs, Sregs.DS),
                segment(sregs, Sregs.FS),
                segment(sregs, Sregs.GS),
                segment(sregs, Sregs.LDT),
                segment(sregs, Sregs.TR),
                table(sregs, Sregs.GDT),
                table(sregs, Sregs.IDT));
    }

    static Control control(NativeStruct sregs) {
        return new Control(
                sregs.get64(Sregs.CR0),
                sregs.get64(Sregs.CR2),
                sregs.get64(Sregs.CR3),
                sregs.get64(Sregs.CR4),
                sregs.get64(Sregs.EFER));
    }

    static void store(Debug s, NativeStruct debug) {
        debug.clear();
        debug.put64(Debugregs.DB, s.dr0());
        debug.put64(Debugregs.DB + 8, s.dr1());
        debug.put64(Debugregs.DB + 16, s.dr2());
        debug.put64(Debugregs.DB + 24, s.dr3());
        debug.put64(Debugregs.DR6, s.dr6());
        debug.put64(Debugregs.DR7, s.dr7());
    }

    static Debug debug(NativeStruct debug) {
        return new Debug(
                debug.get64(Debugregs.DB),
                debug.get64(Debugregs.DB + 8),
                debug.get64(Debugregs.DB + 16),
                debug.get64(Debugregs.DB + 24),
                debug.get64(Debugregs.DR6),
                debug.get64(Debugregs.DR7));
    }

    static void store(FxImage s, NativeStruct xsave) {
        ByteBuffer image = s.bytes();
        xsave.clear();
        for (int i = 0; i < FxImage.BYTES; i += Long.BYTES) {
            xsave.put64(Xsave.REGION + i, image.getLong(i));
        }
        xsave.put64(PRESENT_PARTS, X87_AND_SSE);
    }

    static FxImage floats(NativeStruct xsave) {
        ByteBuffer image = FxImage.buffer();
        for (int i = 0; i < FxImage.BYTES; i += Long.BYTES) {
            image.putLong(i, xsave.get64(Xsave.REGION + i));
        }
        return FxImage.of(image);
    }

    /** The shadow and what is to be delivered; no other event is under way. */
    static void store(CpuState.Activity s, NativeStruct events) {
        events.clear();
        events.put32(VcpuEvents.FLAGS, Value.KVM_VCPUEVENT_VALID_SHADOW);
        events.put8(
                VcpuEvents.INTERRUPT_SHADOW,
                switch (s.shadow()) {
                    case NONE -> 0;
                    case STI -> Value.KVM_X86_SHADOW_INT_STI;
                    case MOV_SS -> Value.KVM_X86_SHADOW_INT_MOV_SS;
                });
        s.undelivered().ifPresent(event -> store(event, events));
    }

    private static void store(Event event, NativeStruct events) {
        if (event.external()) {
            events.put8(VcpuEvents.INTERRUPT_INJECTED, 1).put8(VcpuEvents.INTERRUPT_NR, event.vector());
            return;
        }
        events.put8(VcpuEvents.EXCEPTION_INJECTED, 1)
                .put8(VcpuEvents.EXCEPTION_NR, event.vector())
                .put8(VcpuEvents.EXCEPTION_HAS_ERROR_CODE, event.errorCode().isPresent() ? 1 : 0)
                .put32(VcpuEvents.EXCEPTION_ERROR_CODE, event.errorCode().orElse(0));
    }

    /** AMD's CPUs don't tell one shadow from the other, and KVM then says both. */
    static Shadow shadow(NativeStruct events) {
        int shadow = events.get8(VcpuEvents.INTERRUPT_SHADOW);
        if (shadow == 0) {
            return Shadow.NONE;
        }
        return (shadow & Value.KVM_X86_SHADOW_INT_STI) != 0 ? Shadow.STI : Shadow.MOV_SS;
    }

    static Optional<Event> undelivered(NativeStruct events) {
        if (events.get8(VcpuEvents.EXCEPTION_INJECTED) != 0) {
            boolean coded = events.get8(VcpuEvents.EXCEPTION_HAS_ERROR_CODE) != 0;
            int code = events.get32(VcpuEvents.EXCEPTION_ERROR_CODE);
            return Optional.of(new Event(
                    events.get8(VcpuEvents.EXCEPTION_NR), false, coded ? OptionalInt.of(code) : OptionalInt.empty()));
        }
        if (events.get8(VcpuEvents.INTERRUPT_INJECTED) != 0) {
            return Optional.of(new Event(events.get8(VcpuEvents.INTERRUPT_NR), true, OptionalInt.empty()));
        }
        return Optional.empty();
    }

    private static void segment(NativeStruct sregs, int at, CpuState.Segment s) {
        int a = s.attributes();
        sregs.put64(at + KvmApi.Segment.BASE, s.base())
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
                .put8(at + KvmApi.Segment.UNUSABLE, s.isPresent() ? 0 : 1);
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
                selector, sregs.get64(at + KvmApi.Segment.BASE), sregs.get32(at + KvmApi.Segment.LIMIT), attributes);
    }

    private static void table(NativeStruct sregs, int at, CpuState.Table t) {
        sregs.put64(at + Dtable.BASE, t.base());
        sregs.put16(at + Dtable.LIMIT, t.limit());
    }

    private static CpuState.Table table(NativeStruct sregs, int at) {
        return new CpuState.Table(sregs.get64(at + Dtable.BASE), sregs.get16(at + Dtable.LIMIT));
    }

    private static int bit(int word, int number) {
        return word >> number & 1;
    }
}
