// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole architectural state of a CPU between two instructions, of 32 or 64 bits, on either back end.
 *
 * <p>Not here: the local APIC (a device of its own), caches and TLBs, performance counters, machine-check banks.
 *
 * @param modelSpecific the model-specific registers of a snapshot by index: those that are neither at their reset value nor
 *     said elsewhere. FS and GS base are the segments', EFER is {@link Control}'s, the time stamp {@link TimeStamp}'s.
 */
public record CpuState(
        General general,
        Segments segments,
        Control control,
        Debug debug,
        FxImage floats,
        SortedMap<Integer, Long> modelSpecific,
        TimeStamp timeStamp,
        Activity activity) {
    private static final long LOW = 0xFFFFFFFFL;
    private static final long CR4_PAE = 1 << 5;

    public CpuState {
        Objects.requireNonNull(general);
        Objects.requireNonNull(segments);
        Objects.requireNonNull(control);
        Objects.requireNonNull(debug);
        Objects.requireNonNull(floats);
        Objects.requireNonNull(timeStamp);
        Objects.requireNonNull(activity);
        modelSpecific = Collections.unmodifiableSortedMap(new TreeMap<>(modelSpecific));
    }

    /**
     * The general registers.
     *
     * @param registers RAX to R15, in the order of their encoding
     * @param rflags bit 1 is always set
     */
    public record General(List<Long> registers, long rip, long rflags) {
        public static final int RAX = 0;
        public static final int RCX = 1;
        public static final int RDX = 2;
        public static final int RBX = 3;
        public static final int RSP = 4;
        public static final int RBP = 5;
        public static final int RSI = 6;
        public static final int RDI = 7;
        /** How many there are, in 64-bit mode. */
        public static final int COUNT = 16;

        public General {
            registers = List.copyOf(registers);
            if (registers.size() != COUNT) {
                throw new IllegalArgumentException("there are 16 general registers, not " + registers.size());
            }
        }

        /** Of 32 bits, in the order of their encoding; those that aren't given are 0. */
        public static General of32(int eip, int eflags, int... registers) {
            Long[] all = new Long[COUNT];
            Arrays.fill(all, 0L);
            for (int i = 0; i < registers.length; i++) {
                all[i] = registers[i] & LOW;
            }
            return new General(List.of(all), eip & LOW, eflags & LOW);
        }

        public long register(int number) {
            return registers.get(number);
        }

        public General with(int number, long value) {
            List<Long> changed = new ArrayList<>(registers);
            changed.set(number, value);
            return new General(changed, rip, rflags);
        }

        public General withRip(long newRip) {
            return new General(registers, newRip, rflags);
        }

        public General withRflags(long newRflags) {
            return new General(registers, rip, newRflags);
        }
    }

    /**
     * A segment register with its hidden part.
     *
     * @param base unsigned
     * @param limit last valid offset, in bytes
     * @param attributes bits 8 to 23 of the descriptor's second word, in place: type 8-11, S 12, DPL 13-14, P 15, AVL
     *     20, L 21, D/B 22, G 23 (bits 16-19, part of the limit there, are 0)
     */
    public record Segment(int selector, long base, int limit, int attributes) {
        /** A null segment: any access through it faults. */
        public static final Segment NULL = new Segment(0, 0, 0, 0);

        /** The attribute that makes a code segment one of 64-bit mode. */
        public static final int LONG = 1 << 21;

        private static final int PRESENT = 1 << 15;

        /** As after reset or a load in real mode: 64 KB of readable, writable data or code. */
        public static Segment real(int selector) {
            return new Segment(selector, (long) selector << 4, 0xFFFF, 0x9300);
        }

        public boolean isPresent() {
            return (attributes & PRESENT) != 0;
        }
    }

    /** GDTR or IDTR. */
    public record Table(long base, int limit) {}

    /** The segment registers and what they are loaded from. */
    public record Segments(
            Segment es,
            Segment cs,
            Segment ss,
            Segment ds,
            Segment fs,
            Segment gs,
            Segment ldtr,
            Segment tr,
            Table gdtr,
            Table idtr) {
        public Segments {
            for (Record part : new Record[] {es, cs, ss, ds, fs, gs, ldtr, tr, gdtr, idtr}) {
                Objects.requireNonNull(part);
            }
        }

        /** As after RESET, but for these: one for CS, one for the five of data and stack. */
        public static Segments of(Segment code, Segment data, Table gdtr, Table idtr) {
            return new Segments(
                    data,
                    code,
                    data,
                    data,
                    data,
                    data,
                    new Segment(0, 0, 0xFFFF, 0x8200),
                    new Segment(0, 0, 0xFFFF, 0x8B00),
                    gdtr,
                    idtr);
        }

        public Segments withCode(Segment code) {
            return new Segments(es, code, ss, ds, fs, gs, ldtr, tr, gdtr, idtr);
        }

        public Segments withSystem(Segment newLdtr, Segment newTr) {
            return new Segments(es, cs, ss, ds, fs, gs, newLdtr, newTr, gdtr, idtr);
        }

        public Segments withTables(Table newGdtr, Table newIdtr) {
            return new Segments(es, cs, ss, ds, fs, gs, ldtr, tr, newGdtr, newIdtr);
        }
    }

    /** The control registers; 0 in EFER where a CPU has none. */
    public record Control(long cr0, long cr2, long cr3, long cr4, long efer) {
        public static final long EFER_LME = 1 << 8;
        public static final long EFER_LMA = 1 << 10;

        /** Without 64-bit mode. */
        public static Control of32(int cr0, int cr2, int cr3, int cr4) {
            return new Control(cr0 & LOW, cr2 & LOW, cr3 & LOW, cr4 & LOW, 0);
        }
    }

    public record Debug(long dr0, long dr1, long dr2, long dr3, long dr6, long dr7) {
        /** No breakpoints (SDM 3A, table 10-1). */
        public static final Debug RESET = new Debug(0, 0, 0, 0, 0xFFFF0FF0L, 0x400);
    }

    /**
     * The time stamp counter when the state was taken.
     *
     * @param kilohertz its rate, which the guest may have measured; 0 for whatever the CPU has
     */
    public record TimeStamp(long ticks, long kilohertz) {
        public static final TimeStamp RESET = new TimeStamp(0, 0);
    }

    /** What keeps interrupts off for one instruction. */
    public enum Shadow {
        NONE,
        /** The instruction before set IF. */
        STI,
        /** The instruction before loaded SS: debug exceptions wait, too. */
        MOV_SS
    }

    /**
     * An interrupt that was acknowledged, or an exception, whose delivery hasn't begun or was broken off.
     *
     * @param external an interrupt from the INTR pin
     */
    public record Event(int vector, boolean external, OptionalInt errorCode) {
        public Event {
            Objects.requireNonNull(errorCode);
            if (vector < 0 || vector > 0xFF) {
                throw new IllegalArgumentException("no vector: " + vector);
            }
        }
    }

    /**
     * What the CPU is about, besides executing.
     *
     * @param halted it waits in a HLT
     * @param undelivered what comes before the next instruction
     */
    public record Activity(boolean halted, Shadow shadow, Optional<Event> undelivered) {
        public static final Activity RUNNING = new Activity(false, Shadow.NONE, Optional.empty());

        public Activity {
            Objects.requireNonNull(shadow);
            Objects.requireNonNull(undelivered);
        }
    }

    /** With reset values in what boot protocols have nothing to say about. */
    public static CpuState of(General general, Segments segments, Control control) {
        return new CpuState(
                general,
                segments,
                control,
                Debug.RESET,
                FxImage.RESET,
                new TreeMap<>(),
                TimeStamp.RESET,
                Activity.RUNNING);
    }

    /** After RESET: real mode at F000:FFF0 (Intel SDM 3A, table 10-1). The FPU is as FNINIT leaves it. */
    public static CpuState reset() {
        Table table = new Table(0, 0xFFFF);
        return of(
                General.of32(0xFFF0, 2, 0, 0, 0x600),
                Segments.of(new Segment(0xF000, 0xFFFF0000L, 0xFFFF, 0x9B00), Segment.real(0), table, table),
                Control.of32(0x60000010, 0, 0, 0));
    }

    /**
     * Protected mode without paging, flat 4 GB segments with the given selectors, interrupts off: how boot protocols
     * enter a 32-bit kernel.
     */
    public static CpuState flat(int eip, int codeSelector, int dataSelector, Table gdtr) {
        Segment code = new Segment(codeSelector, 0, -1, 0xC09B00);
        Segment data = new Segment(dataSelector, 0, -1, 0xC09300);
        return of(
                General.of32(eip, 2), Segments.of(code, data, gdtr, new Table(0, 0xFFFF)), Control.of32(0x11, 0, 0, 0));
    }

    /** The same with other values in the registers that boot protocols use. */
    public CpuState with(int newEax, int newEbx, int newEsi, int newEsp) {
        return with(general.with(General.RAX, newEax & LOW)
                .with(General.RBX, newEbx & LOW)
                .with(General.RSI, newEsi & LOW)
                .with(General.RSP, newEsp & LOW));
    }

    public CpuState with(General other) {
        return new CpuState(other, segments, control, debug, floats, modelSpecific, timeStamp, activity);
    }

    public CpuState with(Segments other) {
        return new CpuState(general, other, control, debug, floats, modelSpecific, timeStamp, activity);
    }

    public CpuState with(Control other) {
        return new CpuState(general, segments, other, debug, floats, modelSpecific, timeStamp, activity);
    }

    public CpuState with(Debug other) {
        return new CpuState(general, segments, control, other, floats, modelSpecific, timeStamp, activity);
    }

    public CpuState with(FxImage other) {
        return new CpuState(general, segments, control, debug, other, modelSpecific, timeStamp, activity);
    }

    public CpuState with(SortedMap<Integer, Long> other) {
        return new CpuState(general, segments, control, debug, floats, other, timeStamp, activity);
    }

    public CpuState with(TimeStamp other) {
        return new CpuState(general, segments, control, debug, floats, modelSpecific, other, activity);
    }

    public CpuState with(Activity other) {
        return new CpuState(general, segments, control, debug, floats, modelSpecific, timeStamp, other);
    }

    /** What of it a 32-bit CPU has no place for, for people; empty if it can have it all. */
    public Optional<String> beyond32Bits() {
        if (control.efer != 0) {
            return Optional.of("64-bit mode or no-execute pages are on (EFER=%x)".formatted(control.efer));
        }
        if ((control.cr4 & CR4_PAE) != 0) {
            return Optional.of("its page tables are of 64-bit entries (CR4.PAE)");
        }
        boolean wide = general.registers.stream().anyMatch(r -> r >>> 32 != 0)
                || general.registers.stream().skip(8).anyMatch(r -> r != 0)
                || (general.rip | control.cr0 | control.cr2 | control.cr3) >>> 32 != 0
                || (debug.dr0 | debug.dr1 | debug.dr2 | debug.dr3) >>> 32 != 0;
        if (wide || floats.usesUpperRegisters()) {
            return Optional.of("registers hold more than 32 bits, or it uses those of 64-bit mode");
        }
        return Optional.empty();
    }

    /** The registers, for people. */
    public String describe() {
        String general32 = """
                EAX=%08x EBX=%08x ECX=%08x EDX=%08x ESI=%08x EDI=%08x EBP=%08x ESP=%08x
                EIP=%08x EFL=%08x""".formatted(eax(), ebx(), ecx(), edx(), esi(), edi(), ebp(), esp(), eip(), eflags());
        return (beyond32Bits().isPresent() ? describeWide() : general32)
                + """
                 CPL=%d CS=%04x SS=%04x DS=%04x ES=%04x FS=%04x GS=%04x TR=%04x
                CR0=%08x CR2=%08x CR3=%08x CR4=%08x GDT=%08x,%04x IDT=%08x,%04x""".formatted(
                                privilege(),
                                cs().selector,
                                ss().selector,
                                ds().selector,
                                es().selector,
                                fs().selector,
                                gs().selector,
                                tr().selector,
                                control.cr0,
                                control.cr2,
                                control.cr3,
                                control.cr4,
                                gdtr().base,
                                gdtr().limit,
                                idtr().base,
                                idtr().limit);
    }

    private String describeWide() {
        StringBuilder text = new StringBuilder();
        String[] names = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI"};
        for (int i = 0; i < General.COUNT; i++) {
            text.append(i < names.length ? names[i] : "R" + i)
                    .append("=%016x".formatted(general.register(i)))
                    .append(i % 4 == 3 ? '\n' : ' ');
        }
        return text + "RIP=%016x EFL=%08x EFER=%x".formatted(general.rip, general.rflags, control.efer);
    }

    /** The current privilege level, 0 to 3. */
    public int privilege() {
        return (control.cr0 & 1) == 0 ? 0 : ss().attributes >> 13 & 3;
    }

    // ---- for users of 32 bits: the low halves

    public int eax() {
        return (int) general.register(General.RAX);
    }

    public int ecx() {
        return (int) general.register(General.RCX);
    }

    public int edx() {
        return (int) general.register(General.RDX);
    }

    public int ebx() {
        return (int) general.register(General.RBX);
    }

    public int esp() {
        return (int) general.register(General.RSP);
    }

    public int ebp() {
        return (int) general.register(General.RBP);
    }

    public int esi() {
        return (int) general.register(General.RSI);
    }

    public int edi() {
        return (int) general.register(General.RDI);
    }

    public int eip() {
        return (int) general.rip;
    }

    public int eflags() {
        return (int) general.rflags;
    }

    public int cr0() {
        return (int) control.cr0;
    }

    public int cr2() {
        return (int) control.cr2;
    }

    public int cr3() {
        return (int) control.cr3;
    }

    public int cr4() {
        return (int) control.cr4;
    }

    // ---- the segments' names

    public Segment es() {
        return segments.es;
    }

    public Segment cs() {
        return segments.cs;
    }

    public Segment ss() {
        return segments.ss;
    }

    public Segment ds() {
        return segments.ds;
    }

    public Segment fs() {
        return segments.fs;
    }

    public Segment gs() {
        return segments.gs;
    }

    public Segment ldtr() {
        return segments.ldtr;
    }

    public Segment tr() {
        return segments.tr;
    }

    public Table gdtr() {
        return segments.gdtr;
    }

    public Table idtr() {
        return segments.idtr;
    }
}
