// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import vmlab.vmm.CpuState.Activity;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Shadow;

/**
 * Two CPUs' states side by side.
 *
 * <p>Not compared, as CPUs may differ in it: the time stamp; the hidden part of a register that holds no segment; the accessed
 * bit of one that was set and never loaded; the busy bit of the task register, which not every KVM takes; the type of real mode's
 * CS, which a far jump leaves or sets to data; which of the two shadows it is, that AMD's parts don't tell; the x87's pointers and
 * opcode, which are kept after every instruction, after those that failed, or in part.
 */
public final class StateComparison {
    private static final int ACCESSED = 0x100;
    private static final int TYPE = 0xF00;
    private static final int BUSY = 0x200;
    private static final String[] NAMES = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};

    private record Line(String name, String first, String second) {
        boolean differs() {
            return !first.equals(second);
        }
    }

    private StateComparison() {}

    /** The state without what may differ. */
    public static CpuState comparable(CpuState s) {
        Segments r = s.segments();
        boolean real = (s.cr0() & 1) == 0;
        Segment cs = real ? without(r.cs(), TYPE) : comparable(r.cs());
        return s.with(new Segments(
                        comparable(r.es()),
                        cs,
                        comparable(r.ss()),
                        comparable(r.ds()),
                        comparable(r.fs()),
                        comparable(r.gs()),
                        comparable(r.ldtr()),
                        without(r.tr(), BUSY),
                        r.gdtr(),
                        r.idtr()))
                .with(comparable(s.floats()))
                .with(comparable(s.activity()))
                .with(CpuState.TimeStamp.RESET);
    }

    private static Segment comparable(Segment s) {
        return s.isPresent() ? without(s, ACCESSED) : new Segment(s.selector(), 0, 0, 0);
    }

    private static Segment without(Segment s, int attributes) {
        return new Segment(s.selector(), s.base(), s.limit(), s.attributes() & ~attributes);
    }

    private static FxImage comparable(FxImage image) {
        ByteBuffer copy = FxImage.buffer();
        copy.put(0, toArray(image), 0, FxImage.BYTES);
        copy.putShort(FxImage.OPCODE, (short) 0);
        copy.putLong(FxImage.INSTRUCTION_POINTER, 0);
        copy.putLong(FxImage.DATA_POINTER, 0);
        return FxImage.of(copy);
    }

    private static byte[] toArray(FxImage image) {
        byte[] all = new byte[FxImage.BYTES];
        image.bytes().get(all);
        return all;
    }

    private static Activity comparable(Activity a) {
        return a.shadow() == Shadow.NONE ? a : new Activity(a.halted(), Shadow.STI, a.undelivered());
    }

    /** Whether nothing differs that must not, but for these flags. */
    public static boolean same(CpuState first, CpuState second, int ignoredFlags) {
        return comparable(withoutFlags(first, ignoredFlags)).equals(comparable(withoutFlags(second, ignoredFlags)));
    }

    private static CpuState withoutFlags(CpuState s, int flags) {
        General g = s.general();
        return s.with(g.withRflags(g.rflags() & ~(long) flags));
    }

    /** Both states, a register a line; those that differ are marked. */
    public static String table(String firstName, CpuState first, String secondName, CpuState second) {
        StringBuilder text = new StringBuilder("  %-8s %-34s %s%n".formatted("", firstName, secondName));
        for (Line line : lines(comparable(first), comparable(second))) {
            text.append("%s %-8s %-34s %s%n".formatted(line.differs() ? "*" : " ", line.name, line.first, line.second));
        }
        return text.toString();
    }

    private static List<Line> lines(CpuState a, CpuState b) {
        List<Line> lines = new ArrayList<>();
        add(lines, "rip", a.general().rip(), b.general().rip());
        add(lines, "rflags", a.general().rflags(), b.general().rflags());
        for (int n = 0; n < General.COUNT; n++) {
            boolean shown =
                    n < NAMES.length || (a.general().register(n) | b.general().register(n)) != 0;
            if (shown) {
                String name = n < NAMES.length ? NAMES[n] : "r" + n;
                add(lines, name, a.general().register(n), b.general().register(n));
            }
        }
        segments(lines, a.segments(), b.segments());
        add(lines, "cr0", a.control().cr0(), b.control().cr0());
        add(lines, "cr2", a.control().cr2(), b.control().cr2());
        add(lines, "cr3", a.control().cr3(), b.control().cr3());
        add(lines, "cr4", a.control().cr4(), b.control().cr4());
        add(lines, "efer", a.control().efer(), b.control().efer());
        add(lines, "dr6", a.debug().dr6(), b.debug().dr6());
        add(lines, "dr7", a.debug().dr7(), b.debug().dr7());
        TreeSet<Integer> indices = new TreeSet<>(a.modelSpecific().keySet());
        indices.addAll(b.modelSpecific().keySet());
        for (int index : indices) {
            add(
                    lines,
                    "%x".formatted(index),
                    a.modelSpecific().getOrDefault(index, 0L),
                    b.modelSpecific().getOrDefault(index, 0L));
        }
        floats(lines, a.floats().bytes(), b.floats().bytes());
        lines.add(new Line("does", activity(a.activity()), activity(b.activity())));
        return lines;
    }

    private static void add(List<Line> lines, String name, long first, long second) {
        lines.add(new Line(name, "%x".formatted(first), "%x".formatted(second)));
    }

    private static void segments(List<Line> lines, Segments a, Segments b) {
        segment(lines, "cs", a.cs(), b.cs());
        segment(lines, "ss", a.ss(), b.ss());
        segment(lines, "ds", a.ds(), b.ds());
        segment(lines, "es", a.es(), b.es());
        segment(lines, "fs", a.fs(), b.fs());
        segment(lines, "gs", a.gs(), b.gs());
        segment(lines, "ldtr", a.ldtr(), b.ldtr());
        segment(lines, "tr", a.tr(), b.tr());
        lines.add(new Line("gdtr", text(a.gdtr()), text(b.gdtr())));
        lines.add(new Line("idtr", text(a.idtr()), text(b.idtr())));
    }

    private static void segment(List<Line> lines, String name, Segment a, Segment b) {
        lines.add(new Line(name, text(a), text(b)));
    }

    private static String text(Segment s) {
        return "%04x base %x limit %x is %06x".formatted(s.selector(), s.base(), s.limit(), s.attributes());
    }

    private static String text(CpuState.Table t) {
        return "%x limit %x".formatted(t.base(), t.limit());
    }

    /** A line for the control words, and for each register that is used. */
    private static void floats(List<Line> lines, ByteBuffer a, ByteBuffer b) {
        lines.add(new Line("fpu", words(a), words(b)));
        for (int n = 0; n < 8; n++) {
            register(lines, "st" + n, a, b, FxImage.STACK + 16 * n);
        }
        for (int n = 0; n < 16; n++) {
            register(lines, "xmm" + n, a, b, FxImage.XMM + 16 * n);
        }
    }

    private static String words(ByteBuffer image) {
        return "fcw %x fsw %x tags %x mxcsr %x"
                .formatted(
                        image.getShort(FxImage.CONTROL),
                        image.getShort(FxImage.STATUS),
                        image.get(FxImage.TAGS),
                        image.getInt(FxImage.MXCSR));
    }

    private static void register(List<Line> lines, String name, ByteBuffer a, ByteBuffer b, int at) {
        boolean used = (a.getLong(at) | a.getLong(at + 8) | b.getLong(at) | b.getLong(at + 8)) != 0;
        if (used) {
            lines.add(new Line(name, hex(a, at), hex(b, at)));
        }
    }

    private static String hex(ByteBuffer image, int at) {
        return "%016x_%016x".formatted(image.getLong(at + 8), image.getLong(at));
    }

    private static String activity(Activity a) {
        return (a.halted() ? "halted" : "runs")
                + (a.shadow() == Shadow.NONE ? "" : ", interrupts shadowed")
                + a.undelivered()
                        .map(e -> ", vector %#x to come".formatted(e.vector()))
                        .orElse("");
    }
}
