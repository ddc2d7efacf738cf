// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import vmlab.vmm.CpuState;
import vmlab.vmm.CpuState.Control;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.CpuState.Segment;
import vmlab.vmm.CpuState.Segments;
import vmlab.vmm.CpuState.Table;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.Vcpu;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;

/**
 * A machine that is nothing but the CPU and RAM: bytes are put behind each other, run until a HLT, and looked at. In
 * protected mode every exception ends at a HLT of its own, and the registers are shown as the exception found them.
 */
final class CpuFixture implements AutoCloseable {
    /** How the code sees memory. */
    enum Mode {
        /** 4 GB segments from 0: the fast classes. */
        FLAT,
        /** The same addresses, but with a limit that has to be checked: the general paths. */
        LIMITED
    }

    static final int CODE = 0x400000;
    static final int DATA = 0x500000;
    static final int CODE_SELECTOR = 8;
    static final int DATA_SELECTOR = 16;

    /** The flags that instructions compute, and DF. */
    static final int FLAGS = 0xCD5;

    private static final long RAM_BYTES = 16L << 20;
    private static final int GDT = 0x1000;
    private static final int IDT = 0x2000;
    private static final int HANDLERS = 0x3000;
    private static final int STEP_HANDLER = 0x3800;
    private static final int STEPS = 0x3900;
    private static final int PAGE_DIRECTORY = 0x100000;
    private static final int PAGE_TABLES = 0x101000;
    private static final int LIMIT = 0x0FFFFFFF;
    private static final int HLT = 0xF4;

    /** In guest time: a million instructions. */
    private static final long PATIENCE_NANOS = 1_000_000L * SoftVcpu.NANOS_PER_INSTRUCTION;

    final GuestMemory memory;
    final List<String> events = new ArrayList<>();
    final VmClock clock = new VmClock();

    /** EAX to EDI in the order of their encoding. */
    final int[] r = new int[8];

    int eip;
    int eflags;
    Mode mode = Mode.FLAT;

    /** The exception the last run ended with, and -1 if it ended with the HLT behind the code. */
    int vector;

    int errorCode;

    private final Board board;
    private final Vm vm;

    /** Only decodes; made when it is first needed. */
    private Cpu decoding;

    private final Vcpu cpu;
    private boolean paging;
    private Segment extra;
    private final VmClock.Alarm slicer = clock.alarm(this::nextSlice);
    private int sliceInstructions;
    private final VmClock.Alarm patience = clock.alarm(this::kick);

    CpuFixture() {
        this(SoftCpu.valueOf(System.getProperty("vmlab.test.softCpu", SoftCpu.INTERPRETER.name())));
    }

    CpuFixture(SoftCpu kind) {
        memory = GuestMemory.allocate(RAM_BYTES);
        InterruptController none = new InterruptController() {
            @Override
            public boolean pending() {
                return false;
            }

            @Override
            public int acknowledge() {
                throw new AssertionError("no interrupt is pending");
            }
        };
        board = new Board(
                memory,
                new IoBus("ports", (source, message) -> {}),
                new IoBus("memory", (source, message) -> {}),
                none,
                clock,
                new Hypercalls((source, message) -> {}),
                (source, message) -> events.add(message));
        vm = new SoftHypervisor(kind).create(board);
        cpu = vm.vcpu();
        buildTables();
    }

    @Override
    public void close() {
        vm.close();
        if (decoding != null) {
            decoding.mmu.close();
        }
        memory.close();
    }

    /** Runs in slices of that many instructions; 0: as long as they like. */
    CpuFixture inSlicesOf(int instructions) {
        sliceInstructions = instructions;
        if (instructions == 0) {
            slicer.cancel();
        } else {
            nextSlice();
        }
        return this;
    }

    private void kick() {
        cpu.kick();
    }

    private void nextSlice() {
        slicer.at(clock.nanos() + (long) sliceInstructions * SoftVcpu.NANOS_PER_INSTRUCTION);
    }

    // ---- protected mode

    /** Puts bytes (in hexadecimal) and a HLT at {@link #CODE}, where execution will begin. */
    CpuFixture code(String hex) {
        return code(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    CpuFixture code(byte[] bytes) {
        return codeAt(CODE, bytes);
    }

    CpuFixture codeAt(int address, byte[] bytes) {
        memory.write(address, bytes);
        memory.write8(address + (long) bytes.length, HLT);
        eip = address;
        return this;
    }

    /** Begins where the code put last does. */
    CpuFixture again() {
        eip = CODE;
        return this;
    }

    CpuFixture set(int register, int value) {
        r[register] = value;
        return this;
    }

    CpuFixture flags(int value) {
        eflags = value;
        return this;
    }

    CpuFixture in(Mode newMode) {
        mode = newMode;
        return this;
    }

    /** What ES is, instead of the mode's data segment. */
    CpuFixture extraSegment(Segment es) {
        extra = es;
        return this;
    }

    /** Turns paging on (all pages present and writable at their own address, CR0.WP set), but these are read-only. */
    CpuFixture readOnly(int... pages) {
        pageEntries(1, pages);
        return this;
    }

    /** The same with pages that are not present. */
    CpuFixture absent(int... pages) {
        pageEntries(0, pages);
        return this;
    }

    private void pageEntries(int bits, int... pages) {
        if (!paging) {
            for (int page = 0; page < 4096; page++) {
                memory.write32(PAGE_TABLES + 4L * page, page << 12 | 3);
            }
            for (int table = 0; table < 4; table++) {
                memory.write32(PAGE_DIRECTORY + 4L * table, PAGE_TABLES + (table << 12) | 3);
            }
            paging = true;
        }
        for (int page : pages) {
            memory.write32(PAGE_TABLES + 4L * (page >>> 12), page & 0xFFFFF000 | bits);
        }
    }

    private void buildTables() {
        for (int vectorNumber = 0; vectorNumber < 32; vectorNumber++) {
            int handler = HANDLERS + 16 * vectorNumber;
            memory.write8(handler, HLT);
            memory.write32(IDT + 8L * vectorNumber, CODE_SELECTOR << 16 | handler & 0xFFFF);
            memory.write32(IDT + 8L * vectorNumber + 4, handler & 0xFFFF0000 | 0x8E00);
        }
        memory.write64(GDT + CODE_SELECTOR, 0x00CF9B000000FFFFL);
        memory.write64(GDT + DATA_SELECTOR, 0x00CF93000000FFFFL);
    }

    /** Lets #DB count and go on, but end stepping before the HLT. */
    CpuFixture stepping() {
        // INC DWORD [STEPS]; PUSH EAX; MOV EAX, [ESP+4]; CMP BYTE [EAX], F4; JNZ +8; AND DWORD [ESP+12], ~TF; POP EAX;
        // IRET
        String handler = "FF0500390000 50 8B442404 8038F4 7508 8164240CFFFEFFFF 58 CF";
        memory.write(STEP_HANDLER, HexFormat.of().parseHex(handler.replace(" ", "")));
        memory.write32(IDT + 8L * CpuFault.DB, CODE_SELECTOR << 16 | STEP_HANDLER);
        memory.write32(STEPS, 0);
        return this;
    }

    /** How often #DB came. */
    int steps() {
        return memory.read32(STEPS);
    }

    /** The length of the instruction that these bytes begin with; it isn't executed. */
    int lengthOf(byte[] bytes) {
        memory.write(CODE, bytes);
        if (decoding == null) {
            decoding = new Cpu(board);
            decoding.segment(Cpu.CS, CODE_SELECTOR, 0, -1, 0xC09B00);
            for (int register : new int[] {Cpu.ES, Cpu.SS, Cpu.DS}) {
                decoding.segment(register, DATA_SELECTOR, 0, -1, 0xC09300);
            }
        }
        decoding.eip = CODE;
        return decoding.mmu.uncached(1).sizeBytes;
    }

    /** Whether executing these bytes ends in #UD. */
    boolean isUndefined(byte[] bytes) {
        codeAt(CODE, bytes);
        r[Cpu.ESP] = DATA + 0x800;
        attempt(protectedState());
        return cpu.state().eip() == HANDLERS + 16 * CpuFault.UD + 1;
    }

    /** Runs until a HLT. */
    CpuFixture run() {
        VcpuExit exit = attempt(protectedState());
        VcpuExit.Kind halt = (cpu.state().eflags() & Eflags.IF) != 0 ? VcpuExit.Kind.HALTED : VcpuExit.Kind.STOPPED;
        assertEquals(halt, exit.kind(), exit::toString);
        take(cpu.state());
        return this;
    }

    private CpuState protectedState() {
        int limit = mode == Mode.FLAT ? -1 : LIMIT;
        Segment data = new Segment(DATA_SELECTOR, 0, limit, 0xC09300);
        return CpuState.of(
                General.of32(eip, eflags | 2, r),
                new Segments(
                        extra == null ? data : extra,
                        new Segment(CODE_SELECTOR, 0, limit, 0xC09B00),
                        data,
                        data,
                        data,
                        data,
                        new Segment(0, 0, 0xFFFF, 0x8200),
                        new Segment(0, 0, 0xFFFF, 0x8B00),
                        new Table(GDT, 0xFF),
                        new Table(IDT, 0xFF)),
                Control.of32(paging ? 0x80010011 : 0x11, 0, PAGE_DIRECTORY, 0));
    }

    private void take(CpuState s) {
        int[] registers = {s.eax(), s.ecx(), s.edx(), s.ebx(), s.esp(), s.ebp(), s.esi(), s.edi()};
        System.arraycopy(registers, 0, r, 0, 8);
        eip = s.eip() - 1;
        eflags = s.eflags();
        vector = -1;
        errorCode = 0;
        if (s.eip() > HANDLERS && s.eip() < HANDLERS + 32 * 16) {
            vector = (s.eip() - HANDLERS) / 16;
            unwind();
        }
    }

    /** Shows the registers as they were when the exception came (SDM 3A, figure 6-4). */
    private void unwind() {
        int frame = r[4];
        if (CpuFault.hasErrorCode(vector)) {
            errorCode = memory.read32(frame);
            frame += 4;
        }
        eip = memory.read32(frame);
        eflags = memory.read32(frame + 8L);
        r[4] = frame + 12;
    }

    // ---- any mode

    /** Runs from a state until a HLT, a triple fault or, as something went wrong, for very long. */
    VcpuExit attempt(CpuState state) {
        cpu.restore(state);
        patience.at(clock.nanos() + PATIENCE_NANOS);
        VcpuExit exit = cpu.run();
        patience.cancel();
        return exit;
    }

    CpuState state() {
        return cpu.state();
    }
}
