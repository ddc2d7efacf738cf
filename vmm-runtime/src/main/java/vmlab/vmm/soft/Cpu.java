// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.HashSet;
import java.util.Set;
import vmlab.vmm.CpuState;
import vmlab.vmm.Hypercall;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.RawMemory;

/**
 * The registers of the Java x86 CPU and what every instruction needs of them: memory through segments and page tables,
 * the stack, and flags that are kept as the last operation and its operands until somebody asks.
 *
 * <p>Not modelled: virtual-8086 mode, long mode, alignment checks, the A20 mask. Threads: the vCPU's. Fields are
 * package-private and plain because the instructions, in this package, are the CPU.
 *
 * @spec Intel 64 and IA-32 Architectures Software Developer's Manual (SDM), volumes 1, 2 and 3A
 */
final class Cpu implements OperandMemory, Hypercall {
    static final int EAX = 0;
    static final int ECX = 1;
    static final int EDX = 2;
    static final int EBX = 3;
    static final int ESP = 4;
    static final int EBP = 5;
    static final int ESI = 6;
    static final int EDI = 7;

    /** The register that is always 0: the base or index of an address that has none. */
    static final int NONE = 8;

    static final int ES = 0;
    static final int CS = 1;
    static final int SS = 2;
    static final int DS = 3;
    static final int FS = 4;
    static final int GS = 5;

    /** Block modes: what decoding depends on. */
    static final int MODE_CODE32 = 1;

    static final int MODE_STACK32 = 2;
    /** CS, SS, DS and ES start at 0, span 4 GB and allow what such segments are used for: offsets are linear addresses. */
    static final int MODE_FLAT = 4;

    static final int MODE_USER = 8;

    /** What {@link #flagKind} says of the arithmetic flags; operands and results are sign-extended to 32 bits. */
    static final int FLAGS_EXPLICIT = 0;
    /** Zero, sign and parity from the result, the others as bits in {@link #flagA}. */
    static final int FLAGS_RESULT = 1;

    static final int FLAGS_LOGIC = 2;
    static final int FLAGS_ADD = 3;
    static final int FLAGS_ADC = 4;
    static final int FLAGS_SUB = 5;
    static final int FLAGS_SBB = 6;
    /** INC: the operand in {@link #flagA}, the carry as it was in {@link #flagB}. */
    static final int FLAGS_INC = 7;

    static final int FLAGS_DEC = 8;

    private static final int MOST_REPORTS = 1024;

    private static final int ARITHMETIC = Eflags.CF | Eflags.PF | Eflags.AF | Eflags.ZF | Eflags.SF | Eflags.OF;

    /** EAX to EDI, and {@link #NONE}. */
    final int[] r = new int[9];

    /** Address of the block being executed; between blocks, of the next instruction. */
    int eip;

    int flagKind;
    int flagA;
    int flagB;
    int flagResult;

    /** EFLAGS without the arithmetic flags. */
    private int systemFlags = Eflags.RESERVED_ONE;

    final int[] selector = new int[6];
    final int[] base = new int[6];
    final int[] limit = new int[6];
    final int[] attributes = new int[6];

    /** Per segment register: no check is needed, an offset plus the base is the linear address. */
    private final boolean[] unchecked = new boolean[6];

    int cpl;
    int mode;
    int gdtBase;
    int gdtLimit;
    int idtBase;
    int idtLimit;
    final SystemSegment ldt = new SystemSegment();
    final SystemSegment task = new SystemSegment();
    int cr0;
    int cr2;
    int cr3;
    int cr4;
    final int[] dr = new int[8];
    int sysenterCs;
    int sysenterEsp;
    int sysenterEip;
    long featureControl;
    final TimeStampCounter timeStamp;

    /** Instructions left of the slice; the run loop stops where it would fall below 0. */
    int budget;

    /** Instructions done when the budget is 0. */
    long countAtSliceEnd;

    /** The count after an STI, MOV SS or POP SS: no interrupt before the next instruction is done (SDM 3A, 6.8). */
    long shadowAt = -1;

    /** The count after a MOV SS or POP SS: no debug exception either (SDM 3A, 6.8.3). */
    long quietAt = -1;

    /** The count after a part of a repeated string instruction, which goes on: its breakpoint was looked at. */
    long repeatedAt = -1;

    /** The instruction being stepped ends in a single-step trap; an event that is delivered instead forgets it. */
    boolean trapDue;

    boolean halted;

    /** What was accepted elsewhere and comes before the next instruction; null almost always. */
    CpuState.Event undelivered;

    /** Set while one instruction runs by itself, so that device accesses and stores onto code are allowed. */
    boolean precise;

    /** DR6 bits of data breakpoints hit by the instruction being executed. */
    int watchHits;

    /** The software TLB of the present privilege; see {@link Mmu}. */
    long tlb;

    final Mmu mmu;
    final Board board;
    final CpuFault fault = new CpuFault();

    /** What was reported of the guest's mistakes. */
    private final Set<String> reported = new HashSet<>();

    final Descriptors descriptors = new Descriptors(this);
    final Frame frame = new Frame(this);
    final FloatUnits floats = new FloatUnits(this);
    final Breakpoints breaks = new Breakpoints(this);

    Cpu(Board board) {
        this.board = board;
        mmu = new Mmu(this, board.memory(), board.mmio());
        tlb = mmu.table(false);
        timeStamp = new TimeStampCounter(board.clock());
    }

    /** LDTR and TR: a system segment's hidden part. */
    static final class SystemSegment {
        int selector;
        int base;
        int limit;
        int attributes;
    }

    /** Reports a mistake of the guest once; and no more than so many, lest they fill the host's memory. */
    void report(String mistake) {
        if (reported.size() < MOST_REPORTS && reported.add(mistake)) {
            board.events().report("cpu", mistake);
        }
    }

    /** Whether an interrupt has to wait for the next instruction. */
    boolean inShadow() {
        return shadowAt == count();
    }

    /** Has the run loop look around behind the instruction being executed, which is its block's only one. */
    void endSlice() {
        countAtSliceEnd = count();
        budget = 0;
    }

    /** Whether traps may follow from single instructions, or RF ends with the next one (SDM 3B, 17.3). */
    boolean isTraced() {
        return flag(Eflags.TF | Eflags.RF) || (dr[7] & 0xFF) != 0;
    }

    CpuFault raise(int vector, int errorCode) {
        return fault.with(vector, errorCode);
    }

    CpuFault generalProtection() {
        return fault.with(CpuFault.GP, 0);
    }

    CpuFault undefined() {
        return fault.with(CpuFault.UD, 0);
    }

    boolean isProtected() {
        return (cr0 & Cr0.PE) != 0;
    }

    /** Instructions done so far, the one being executed included. */
    long count() {
        return countAtSliceEnd - budget;
    }

    // ---- memory by linear address

    int read8(int linear) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry) == (linear & Mmu.PAGE_MASK)) {
            return RawMemory.get8(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL));
        }
        return (byte) mmu.readSlowly(linear, 1);
    }

    int read16(int linear) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry) == ((linear + 1) & Mmu.PAGE_MASK)) {
            return RawMemory.get16(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL));
        }
        return (short) mmu.readSlowly(linear, 2);
    }

    int read32(int linear) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry) == ((linear + 3) & Mmu.PAGE_MASK)) {
            return RawMemory.get32(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL));
        }
        return (int) mmu.readSlowly(linear, 4);
    }

    long read64(int linear) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry) == ((linear + 7) & Mmu.PAGE_MASK)) {
            return RawMemory.get64(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL));
        }
        return mmu.readSlowly(linear, 8);
    }

    void write8(int linear, int value) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry + 4) == (linear & Mmu.PAGE_MASK)) {
            RawMemory.put8(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL), (byte) value);
        } else {
            mmu.writeSlowly(linear, 1, value);
        }
    }

    void write16(int linear, int value) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry + 4) == ((linear + 1) & Mmu.PAGE_MASK)) {
            RawMemory.put16(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL), (short) value);
        } else {
            mmu.writeSlowly(linear, 2, value);
        }
    }

    void write32(int linear, int value) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry + 4) == ((linear + 3) & Mmu.PAGE_MASK)) {
            RawMemory.put32(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL), value);
        } else {
            mmu.writeSlowly(linear, 4, value);
        }
    }

    void write64(int linear, long value) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry + 4) == ((linear + 7) & Mmu.PAGE_MASK)) {
            RawMemory.put64(RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL), value);
        } else {
            mmu.writeSlowly(linear, 8, value);
        }
    }

    /** Host address of four bytes that may be read and written at once; 0 if only the slow path can tell. */
    long host32(int linear) {
        long entry = tlb + ((linear >>> 8) & Mmu.ENTRY_MASK);
        if (RawMemory.get32(entry + 4) == ((linear + 3) & Mmu.PAGE_MASK)) {
            return RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL);
        }
        return 0;
    }

    /** Reads an operand that will be written: faults as the write would. */
    int readToModify32(int linear) {
        mmu.probeWrite(linear, 4);
        return read32(linear);
    }

    // ---- read-modify-write in compiled code: the host address, if known, then the value, then its replacement

    long host8(int linear) {
        return mmu.hostForWrite(linear, 1);
    }

    long host16(int linear) {
        return mmu.hostForWrite(linear, 2);
    }

    int readToModify8(long host, int linear) {
        return host != 0 ? RawMemory.get8(host) : readToModify(linear, 1);
    }

    int readToModify16(long host, int linear) {
        return host != 0 ? RawMemory.get16(host) : readToModify(linear, 2);
    }

    int readToModify32(long host, int linear) {
        return host != 0 ? RawMemory.get32(host) : readToModify32(linear);
    }

    private int readToModify(int linear, int bytes) {
        mmu.probeWrite(linear, bytes);
        return read(linear, bytes);
    }

    void writeBack8(long host, int linear, int value) {
        if (host != 0) {
            RawMemory.put8(host, (byte) value);
        } else {
            write8(linear, value);
        }
    }

    void writeBack16(long host, int linear, int value) {
        if (host != 0) {
            RawMemory.put16(host, (short) value);
        } else {
            write16(linear, value);
        }
    }

    void writeBack32(long host, int linear, int value) {
        if (host != 0) {
            RawMemory.put32(host, value);
        } else {
            write32(linear, value);
        }
    }

    /** Sign-extended from {@code bytes} (1, 2 or 4). */
    int read(int linear, int bytes) {
        return bytes == 4 ? read32(linear) : bytes == 1 ? read8(linear) : read16(linear);
    }

    void write(int linear, int bytes, int value) {
        if (bytes == 4) {
            write32(linear, value);
        } else if (bytes == 1) {
            write8(linear, value);
        } else {
            write16(linear, value);
        }
    }

    // ---- memory by segment and offset

    /** The linear address of a checked access. */
    int linear(int segment, int offset, int bytes, boolean write) {
        if (!unchecked[segment]) {
            check(segment, offset, bytes, write);
        }
        return base[segment] + offset;
    }

    /** The checks of an access through a segment register (SDM 3A, 5.3 and 5.5). */
    private void check(int segment, int offset, int bytes, boolean write) {
        int a = attributes[segment];
        boolean code = (a & Attributes.CODE) != 0;
        boolean allowed = (a & Attributes.PRESENT) != 0
                && (write ? !code && (a & Attributes.WRITABLE) != 0 : !code || (a & Attributes.READABLE) != 0);
        if (!allowed) {
            throw raise(CpuFault.GP, 0);
        }
        int last = offset + bytes - 1;
        boolean inside;
        if (!code && (a & Attributes.EXPAND_DOWN) != 0) {
            int top = (a & Attributes.BIG) != 0 ? -1 : 0xFFFF;
            inside = Integer.compareUnsigned(offset, limit[segment]) > 0
                    && Integer.compareUnsigned(last, top) <= 0
                    && Integer.compareUnsigned(last, offset) >= 0;
        } else {
            inside = Integer.compareUnsigned(last, limit[segment]) <= 0 && Integer.compareUnsigned(last, offset) >= 0;
        }
        if (!inside) {
            throw raise(segment == SS ? CpuFault.SS : CpuFault.GP, 0);
        }
    }

    @Override
    public int load8(int segment, int offset) {
        return read8(linear(segment, offset, 1, false)) & 0xFF;
    }

    @Override
    public int load16(int segment, int offset) {
        return read16(linear(segment, offset, 2, false)) & 0xFFFF;
    }

    @Override
    public int load32(int segment, int offset) {
        return read32(linear(segment, offset, 4, false));
    }

    @Override
    public long load64(int segment, int offset) {
        return read64(linear(segment, offset, 8, false));
    }

    @Override
    public void store8(int segment, int offset, int value) {
        write8(linear(segment, offset, 1, true), value);
    }

    @Override
    public void store16(int segment, int offset, int value) {
        write16(linear(segment, offset, 2, true), value);
    }

    @Override
    public void store32(int segment, int offset, int value) {
        write32(linear(segment, offset, 4, true), value);
    }

    @Override
    public void store64(int segment, int offset, long value) {
        write64(linear(segment, offset, 8, true), value);
    }

    @Override
    public void probeWrite(int segment, int offset, int bytes) {
        mmu.probeWrite(linear(segment, offset, bytes, true), bytes);
    }

    // ---- the stack

    int stackMask() {
        return (mode & MODE_STACK32) != 0 ? -1 : 0xFFFF;
    }

    /** Sets ESP or, with a 16-bit stack, SP. */
    void stackPointer(int value) {
        int mask = stackMask();
        r[ESP] = (r[ESP] & ~mask) | (value & mask);
    }

    void push(int value, int bytes) {
        int top = (r[ESP] - bytes) & stackMask();
        write(linear(SS, top, bytes, true), bytes, value);
        stackPointer(top);
    }

    /** The value {@code depth} bytes below the top, zero-extended; the pointer stays. */
    int peek(int depth, int bytes) {
        int value = read(linear(SS, (r[ESP] + depth) & stackMask(), bytes, false), bytes);
        return bytes == 2 ? value & 0xFFFF : value;
    }

    void drop(int bytes) {
        stackPointer(r[ESP] + bytes);
    }

    // ---- registers by number and size

    /** Sign-extended register; 8-bit numbers 4 to 7 are AH to BH. */
    int register(int number, int bytes) {
        if (bytes == 4) {
            return r[number];
        }
        if (bytes == 2) {
            return (short) r[number];
        }
        return number < 4 ? (byte) r[number] : (byte) (r[number - 4] >> 8);
    }

    void register(int number, int bytes, int value) {
        if (bytes == 4) {
            r[number] = value;
        } else if (bytes == 2) {
            r[number] = (r[number] & 0xFFFF0000) | (value & 0xFFFF);
        } else if (number < 4) {
            r[number] = (r[number] & 0xFFFFFF00) | (value & 0xFF);
        } else {
            r[number - 4] = (r[number - 4] & 0xFFFF00FF) | ((value & 0xFF) << 8);
        }
    }

    // ---- flags

    boolean carry() {
        return LazyFlags.carry(flagKind, flagA, flagB, flagResult);
    }

    boolean zero() {
        return LazyFlags.zero(flagKind, flagA, flagResult);
    }

    boolean sign() {
        return LazyFlags.sign(flagKind, flagA, flagResult);
    }

    boolean parity() {
        return LazyFlags.parity(flagKind, flagA, flagResult);
    }

    boolean overflow() {
        return LazyFlags.overflow(flagKind, flagA, flagB, flagResult);
    }

    private boolean adjust() {
        return LazyFlags.adjust(flagKind, flagA, flagB, flagResult);
    }

    static boolean below(int a, int b) {
        return a + Integer.MIN_VALUE < b + Integer.MIN_VALUE;
    }

    /** A condition by its encoding. */
    boolean condition(int code) {
        return LazyFlags.condition(code, flagKind, flagA, flagB, flagResult);
    }

    int arithmeticFlags() {
        return (carry() ? Eflags.CF : 0)
                | (parity() ? Eflags.PF : 0)
                | (adjust() ? Eflags.AF : 0)
                | (zero() ? Eflags.ZF : 0)
                | (sign() ? Eflags.SF : 0)
                | (overflow() ? Eflags.OF : 0);
    }

    void arithmeticFlags(int flags) {
        flagKind = FLAGS_EXPLICIT;
        flagA = flags & ARITHMETIC;
    }

    /** Sets CF and OF; the other flags stay, unevaluated where they follow from a result. */
    void carryAndOverflow(boolean carry, boolean overflow) {
        int bits = (carry ? Eflags.CF : 0) | (overflow ? Eflags.OF : 0);
        flagA = LazyFlags.withCarryAndOverflow(flagKind, flagA, flagB, flagResult, bits);
        flagKind = LazyFlags.kindWithCarryAndOverflow(flagKind);
    }

    int eflags() {
        return systemFlags | arithmeticFlags();
    }

    /** Sets the flags of {@code mask}; the others stay. */
    void eflags(int value, int mask) {
        if ((mask & ARITHMETIC) != 0) {
            arithmeticFlags((eflags() & ~mask) | (value & mask));
        }
        int system = mask & Eflags.SETTABLE & ~ARITHMETIC;
        systemFlags = (systemFlags & ~system) | (value & system) | Eflags.RESERVED_ONE;
    }

    boolean flag(int systemFlag) {
        return (systemFlags & systemFlag) != 0;
    }

    int ioPrivilege() {
        return (systemFlags >>> 12) & 3;
    }

    // ---- segments and privilege

    /** Sets a segment register with its hidden part; the checks are the caller's. */
    void segment(int register, int newSelector, int newBase, int newLimit, int newAttributes) {
        selector[register] = newSelector;
        base[register] = newBase;
        limit[register] = newLimit;
        attributes[register] = newAttributes;
        int wanted = Attributes.PRESENT | Attributes.WRITABLE;
        int refused = Attributes.CODE | Attributes.EXPAND_DOWN;
        unchecked[register] = newLimit == -1 && (newAttributes & (wanted | refused)) == wanted;
        updateMode();
    }

    void privilege(int level) {
        cpl = level;
        tlb = mmu.table(level == 3);
        updateMode();
    }

    private void updateMode() {
        boolean flat = unchecked[SS]
                && unchecked[DS]
                && unchecked[ES]
                && limit[CS] == -1
                && (attributes[CS] & (Attributes.CODE | Attributes.READABLE)) == (Attributes.CODE | Attributes.READABLE)
                && (base[CS] | base[SS] | base[DS] | base[ES]) == 0;
        mode = ((attributes[CS] & Attributes.BIG) != 0 ? MODE_CODE32 : 0)
                | ((attributes[SS] & Attributes.BIG) != 0 ? MODE_STACK32 : 0)
                | (flat ? MODE_FLAT : 0)
                | (cpl == 3 ? MODE_USER : 0);
    }

    // ---- Hypercall

    @Override
    public int eax() {
        return r[EAX];
    }

    @Override
    public int ebx() {
        return r[EBX];
    }

    @Override
    public int ecx() {
        return r[ECX];
    }

    @Override
    public int edx() {
        return r[EDX];
    }

    @Override
    public int esi() {
        return r[ESI];
    }

    @Override
    public void result(int value) {
        r[EAX] = value;
    }
}
