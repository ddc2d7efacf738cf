// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Activity;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.Debug;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Shadow;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.CpuState.TimeStamp;
import vmlab.vmm.FxImage;

/** {@link Cpu}'s registers to a {@link CpuState} and back. */
final class CpuStates {
    private static final long LOW = 0xFFFFFFFFL;

    private CpuStates() {}

    static CpuState of(Cpu c) {
        int[] r = c.r;
        return new CpuState(
                General.of32(
                        c.eip,
                        c.eflags(),
                        r[Cpu.EAX],
                        r[Cpu.ECX],
                        r[Cpu.EDX],
                        r[Cpu.EBX],
                        r[Cpu.ESP],
                        r[Cpu.EBP],
                        r[Cpu.ESI],
                        r[Cpu.EDI]),
                new Segments(
                        segment(c, Cpu.ES),
                        segment(c, Cpu.CS),
                        segment(c, Cpu.SS),
                        segment(c, Cpu.DS),
                        segment(c, Cpu.FS),
                        segment(c, Cpu.GS),
                        segment(c.ldt),
                        segment(c.task),
                        new Table(c.gdtBase & LOW, c.gdtLimit),
                        new Table(c.idtBase & LOW, c.idtLimit)),
                Control.of32(c.cr0, c.cr2, c.cr3, c.cr4),
                new Debug(c.dr[0] & LOW, c.dr[1] & LOW, c.dr[2] & LOW, c.dr[3] & LOW, c.dr[6] & LOW, c.dr[7] & LOW),
                floats(c),
                modelSpecific(c),
                new TimeStamp(c.timeStamp.ticks(), c.timeStamp.kilohertz()),
                new Activity(c.halted, shadow(c), Optional.ofNullable(c.undelivered)));
    }

    private static Segment segment(Cpu c, int register) {
        return new Segment(c.selector[register], c.base[register] & LOW, c.limit[register], c.attributes[register]);
    }

    private static Segment segment(Cpu.SystemSegment s) {
        return new Segment(s.selector, s.base & LOW, s.limit, s.attributes);
    }

    private static FxImage floats(Cpu c) {
        ByteBuffer image = FxImage.buffer();
        c.floats.x87.store(image);
        c.floats.simd.store(image);
        return FxImage.of(image);
    }

    private static SortedMap<Integer, Long> modelSpecific(Cpu c) {
        SortedMap<Integer, Long> registers = new TreeMap<>();
        registers.put(ModelSpecific.SYSENTER_CS, c.sysenterCs & LOW);
        registers.put(ModelSpecific.SYSENTER_ESP, c.sysenterEsp & LOW);
        registers.put(ModelSpecific.SYSENTER_EIP, c.sysenterEip & LOW);
        registers.put(ModelSpecific.FCR, c.featureControl);
        registers.values().removeIf(value -> value == 0);
        return registers;
    }

    private static Shadow shadow(Cpu c) {
        if (!c.inShadow()) {
            return Shadow.NONE;
        }
        return c.quietAt == c.count() ? Shadow.MOV_SS : Shadow.STI;
    }

    /**
     * Takes a state over.
     *
     * @throws IllegalArgumentException if it is of 64-bit mode, or has registers that this CPU hasn't
     */
    static void restore(Cpu c, CpuState s) {
        s.beyond32Bits().ifPresent(what -> {
            throw new IllegalArgumentException("the Java CPU has 32 bits, and this state needs more: " + what);
        });
        restoreModelSpecific(c, s.modelSpecific());
        for (int number = 0; number < 8; number++) {
            c.r[number] = (int) s.general().register(number);
        }
        c.eip = s.eip();
        c.eflags(s.eflags(), Eflags.SETTABLE);
        restoreSystem(c, s);
        c.floats.x87.load(s.floats().bytes());
        c.floats.simd.load(s.floats().bytes());
        c.timeStamp.restore(s.timeStamp());
        c.halted = s.activity().halted();
        c.undelivered = s.activity().undelivered().orElse(null);
        c.shadowAt = s.activity().shadow() == Shadow.NONE ? -1 : c.count();
        c.quietAt = s.activity().shadow() == Shadow.MOV_SS ? c.count() : -1;
        c.repeatedAt = -1;
        c.mmu.dropAll();
        c.mmu.code.clear();
    }

    private static void restoreSystem(Cpu c, CpuState s) {
        c.cr0 = s.cr0();
        c.cr2 = s.cr2();
        c.cr3 = s.cr3();
        c.cr4 = s.cr4();
        c.gdtBase = (int) s.gdtr().base();
        c.gdtLimit = s.gdtr().limit();
        c.idtBase = (int) s.idtr().base();
        c.idtLimit = s.idtr().limit();
        Segment[] segments = {s.es(), s.cs(), s.ss(), s.ds(), s.fs(), s.gs()};
        for (int k = 0; k < segments.length; k++) {
            Segment x = segments[k];
            c.segment(k, x.selector(), (int) x.base(), x.limit(), x.attributes());
        }
        restore(c.ldt, s.ldtr());
        restore(c.task, s.tr());
        c.privilege(s.privilege());
        Debug debug = s.debug();
        c.dr[0] = (int) debug.dr0();
        c.dr[1] = (int) debug.dr1();
        c.dr[2] = (int) debug.dr2();
        c.dr[3] = (int) debug.dr3();
        c.dr[6] = (int) debug.dr6();
        c.dr[7] = (int) debug.dr7();
    }

    private static void restore(Cpu.SystemSegment register, Segment s) {
        Descriptors.set(register, s.selector(), (int) s.base(), s.limit(), s.attributes());
    }

    private static void restoreModelSpecific(Cpu c, SortedMap<Integer, Long> registers) {
        for (int index : registers.keySet()) {
            if (!ModelSpecific.KEPT.contains(index)) {
                throw new IllegalArgumentException(
                        "the Java CPU has no model-specific register %#x, which this state uses".formatted(index));
            }
        }
        c.sysenterCs = registers.getOrDefault(ModelSpecific.SYSENTER_CS, 0L).intValue();
        c.sysenterEsp = registers.getOrDefault(ModelSpecific.SYSENTER_ESP, 0L).intValue();
        c.sysenterEip = registers.getOrDefault(ModelSpecific.SYSENTER_EIP, 0L).intValue();
        c.featureControl = registers.getOrDefault(ModelSpecific.FCR, 0L);
    }
}
