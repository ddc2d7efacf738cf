// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import java.util.ArrayList;
import java.util.List;
import vmlab.vmm.AddressRange;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;
import vmlab.vmm.soft.SoftHypervisor;

/**
 * A machine without devices: descriptor tables with the usual segments, and for every vector a handler that halts, so that
 * where the CPU stopped says which exception came first and the stack says how it was delivered.
 */
final class Rig implements AutoCloseable {
    static final int RAM = 16 << 20;

    static final int GDT = 0x1000;
    static final int IDT = 0x2000;
    static final int TSS = 0x3000;
    static final int LDT = 0x3C00;
    static final int HANDLERS = 0x4000;
    static final int STACK0 = 0x9000;
    static final int STACK3 = 0xA000;
    static final int CODE = 0x10000;
    static final int DATA = 0x20000;
    static final int DIRECTORY = 0x100000;

    static final int CODE0 = 0x08;
    static final int DATA0 = 0x10;
    static final int CODE3 = 0x1B;
    static final int DATA3 = 0x23;
    static final int TASK = 0x28;
    static final int LOCAL = 0x30;
    static final int CODE16 = 0x38;
    static final int DATA16 = 0x40;
    /** The first of the selectors that are the tests' own, up to 0xF8. */
    static final int FREE = 0x48;

    /** Flags nibble of a 32-bit segment in units of 4 KB; of one in bytes. */
    static final int BIG_PAGES = 0xC;

    static final int BIG_BYTES = 4;

    /** Port that remembers 32-bit values written to it. */
    static final int PORT = 0xE0;

    /** Device registers above RAM. */
    static final int MMIO = 0xF0000000;

    static final int PE = 1;
    static final int PG = 1 << 31;
    static final int WP = 1 << 16;

    /** Which kind of CPU the tests that make no choice are run on: all must pass on every one. */
    private static final SoftCpu KIND =
            SoftCpu.valueOf(System.getProperty("vmlab.test.softCpu", SoftCpu.COMPILER.name()));

    private static final long LONGEST_NANOS = 200_000_000;
    private static final int WITH_ERROR_CODE = 1 << 8 | 0xF << 10 | 1 << 14 | 1 << 17;

    final GuestMemory memory = GuestMemory.allocate(RAM);
    final List<String> events = new ArrayList<>();
    final VmClock clock = new VmClock();
    final IoBus ports = new IoBus("port", (source, message) -> events.add(source + ": " + message));
    final IoBus mmio = new IoBus("memory", (source, message) -> events.add(source + ": " + message));
    final Hypercalls hypercalls = new Hypercalls((source, message) -> events.add(source + ": " + message));
    final Pin pin = new Pin();
    final List<Integer> written = new ArrayList<>();
    final Vm vm;
    final Vcpu cpu;

    // The state to start with.
    final int[] r = new int[8];
    final Segment[] segments = new Segment[6];
    int eip = CODE;
    int eflags = 2;
    int cr0 = 0x11;
    int cr3 = DIRECTORY;
    int cr4;
    private boolean started;

    /** An interrupt controller whose one interrupt goes away when it is acknowledged. */
    static final class Pin implements InterruptController {
        int vector = -1;
        int acknowledged;

        @Override
        public boolean pending() {
            return vector >= 0;
        }

        @Override
        public int acknowledge() {
            int taken = vector;
            vector = -1;
            acknowledged++;
            return taken;
        }
    }

    /**
     * How a program ended.
     *
     * @param vector of the handler that halted; -1 if it was no handler
     * @param error the error code; 0 if the vector has none
     * @param eip saved by the handler's entry; so are the next four
     * @param esp only if the privilege changed; else where the frame starts
     */
    record Outcome(VcpuExit exit, int vector, int error, int eip, int cs, int eflags, int esp, int ss, CpuState state) {
        String fault() {
            return vector < 0 ? exit.kind().toString() : "#%d(%x)".formatted(vector, error);
        }
    }

    Rig() {
        this(KIND);
    }

    Rig(SoftCpu kind) {
        ports.map(new AddressRange(PORT, 4), "recorder", new IoDevice() {
            @Override
            public long read(long offset, int bytes) {
                return written.size();
            }

            @Override
            public void write(long offset, int bytes, long value) {
                written.add((int) value);
            }
        });
        vm = new SoftHypervisor(kind)
                .create(new Hypervisor.Board(
                        memory,
                        ports,
                        mmio,
                        pin,
                        clock,
                        hypercalls,
                        (source, message) -> events.add(source + ": " + message)));
        cpu = vm.vcpu();
        clock.alarm(cpu::kick).at(LONGEST_NANOS);
        descriptor(CODE0, 0, 0xFFFFF, 0x9B, BIG_PAGES);
        descriptor(DATA0, 0, 0xFFFFF, 0x93, BIG_PAGES);
        descriptor(CODE3, 0, 0xFFFFF, 0xFB, BIG_PAGES);
        descriptor(DATA3, 0, 0xFFFFF, 0xF3, BIG_PAGES);
        descriptor(TASK, TSS, 0x67, 0x8B, 0);
        descriptor(LOCAL, LDT, 0x3F, 0x82, 0);
        descriptor(CODE16, 0, 0xFFFF, 0x9B, 0);
        descriptor(DATA16, 0, 0xFFFF, 0x93, 0);
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, 0x8E, CODE0, HANDLERS + 16 * vector);
            memory.write8(HANDLERS + 16 * vector, 0xF4);
        }
        memory.write32(TSS + 4, STACK0);
        memory.write32(TSS + 8, DATA0);
        memory.write16(TSS + 0x66, 0xFFFF);
        ring(0);
    }

    /** A descriptor of the GDT, or of the LDT if the selector says so. */
    void descriptor(int selector, int base, int limit, int access, int flags) {
        long at = ((selector & 4) != 0 ? LDT : GDT) + (selector & 0xFFF8);
        memory.write32(at, base << 16 | limit & 0xFFFF);
        memory.write32(at + 4, base & 0xFF000000 | flags << 20 | limit & 0xF0000 | access << 8 | base >>> 16 & 0xFF);
    }

    int access(int selector) {
        return memory.read8(((selector & 4) != 0 ? LDT : GDT) + (selector & 0xFFF8) + 5);
    }

    /** A gate of the GDT: {@code count} parameters. */
    void callGate(int selector, int access, int target, int offset, int count) {
        memory.write32(GDT + (selector & 0xFFF8), target << 16 | offset & 0xFFFF);
        memory.write32(GDT + (selector & 0xFFF8) + 4, offset & 0xFFFF0000 | access << 8 | count);
    }

    /** A gate of the IDT. */
    void gate(int vector, int access, int target, int offset) {
        memory.write32(IDT + 8 * vector, target << 16 | offset & 0xFFFF);
        memory.write32(IDT + 8 * vector + 4, offset & 0xFFFF0000 | access << 8);
    }

    /** Gives a vector a handler of its own. */
    void handler(int vector, Asm code) {
        memory.write(HANDLERS + 16 * vector, code.bytes());
    }

    static Asm handlerCode(int vector) {
        return new Asm(HANDLERS + 16 * vector);
    }

    /** Flat segments of ring 0 or 3. */
    Rig ring(int level) {
        int dpl = level << 13;
        Segment data = new Segment(level == 0 ? DATA0 : DATA3, 0, -1, 0xC09300 | dpl);
        java.util.Arrays.fill(segments, data);
        segments[1] = new Segment(level == 0 ? CODE0 : CODE3, 0, -1, 0xC09B00 | dpl);
        r[Asm.ESP] = level == 0 ? STACK0 : STACK3;
        return this;
    }

    Rig realMode() {
        java.util.Arrays.fill(segments, Segment.real(0));
        cr0 = 0x10;
        r[Asm.ESP] = STACK0;
        eip = 0x8000;
        return this;
    }

    /** 4 KB pages that map all RAM onto itself, for everybody. */
    Rig paging() {
        for (int table = 0; table < RAM >> 22; table++) {
            memory.write32(DIRECTORY + 4 * table, DIRECTORY + 0x1000 * (table + 1) | 7);
        }
        for (int page = 0; page < RAM >> 12; page++) {
            memory.write32(DIRECTORY + 0x1000 + 4 * page, page << 12 | 7);
        }
        cr0 |= PG | WP;
        return this;
    }

    /** Where the page table entry of an address below the end of RAM is. */
    static int pte(int linear) {
        return DIRECTORY + 0x1000 + (linear >>> 12 << 2);
    }

    void map(int linear, int physical, int bits) {
        memory.write32(pte(linear), physical | bits);
    }

    Rig code(Asm code) {
        memory.write(eip, code.bytes());
        return this;
    }

    void put(int address, Asm code) {
        memory.write(address, code.bytes());
    }

    CpuState start() {
        return CpuState.of(
                General.of32(eip, eflags, r),
                new Segments(
                        segments[0],
                        segments[1],
                        segments[2],
                        segments[3],
                        segments[4],
                        segments[5],
                        new Segment(LOCAL, LDT, 0x3F, 0x8200),
                        new Segment(TASK, TSS, memory.read16(GDT + TASK), 0x8B00),
                        new Table(GDT, 0xFF),
                        cr0 % 2 == 0 ? new Table(0, 0x3FF) : new Table(IDT, 0x7FF)),
                Control.of32(cr0, 0, cr3, cr4));
    }

    /** Runs until the CPU stops; goes on where it was if it has been run before. */
    Outcome run() {
        if (!started) {
            cpu.restore(start());
            started = true;
        }
        VcpuExit exit = cpu.run();
        CpuState s = cpu.state();
        int stub = s.eip() - 1 - HANDLERS;
        boolean handled = exit.kind() == VcpuExit.Kind.STOPPED && (stub & 15) == 0 && stub >>> 4 < 256;
        int frame = (int) s.ss().base() + s.esp();
        if (!handled || (s.cr0() & 1) == 0 || !memory.contains(frame, 24)) {
            return new Outcome(exit, -1, 0, s.eip(), s.cs().selector(), s.eflags(), s.esp(), s.ss().selector(), s);
        }
        int vector = stub >>> 4;
        boolean coded = vector < 32 && (WITH_ERROR_CODE >>> vector & 1) != 0;
        int at = frame + (coded ? 4 : 0);
        boolean outer = (memory.read32(at + 4) & 3) != 0;
        return new Outcome(
                exit,
                vector,
                coded ? memory.read32(frame) : 0,
                memory.read32(at),
                memory.read32(at + 4),
                memory.read32(at + 8),
                outer ? memory.read32(at + 12) : frame,
                outer ? memory.read32(at + 16) : s.ss().selector(),
                s);
    }

    /** Instructions done so far. */
    long count() {
        return clock.nanos() / 10;
    }

    @Override
    public void close() {
        vm.close();
        memory.close();
    }
}
