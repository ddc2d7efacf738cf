// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import vmlab.vmm.soft.simd.Simd;
import vmlab.vmm.soft.simd.SimdContext;
import vmlab.vmm.soft.simd.SimdEntry;
import vmlab.vmm.soft.x87.X87;
import vmlab.vmm.soft.x87.X87Context;

/**
 * The x87 and SIMD units and what they see of the CPU; the checks the CPU makes before either gets an instruction.
 *
 * <p>Not modelled: the external error line of CR0.NE = 0; such an error is reported and raises #MF all the same.
 *
 * @spec SDM 3A, 2.5 and 13.1; SDM 2, FXSAVE and FXRSTOR
 */
final class FloatUnits implements X87Context, SimdContext {
    final X87 x87 = new X87();
    final Simd simd = new Simd();

    private final Cpu c;
    private int instructionOffset;

    FloatUnits(Cpu cpu) {
        c = cpu;
    }

    // ---- instructions

    /** An escape opcode, D8 to DF. */
    static final class Escape extends Op {
        private final Insn insn;
        private final int escape;
        private final boolean waiting;

        Escape(Insn insn, int opcode) {
            this.insn = insn;
            escape = opcode & 7;
            waiting = X87.isWaiting(escape, insn.modrm);
        }

        @Override
        void execute(Cpu c) {
            c.floats.execute(this, insn);
        }
    }

    private void execute(Escape op, Insn i) {
        if ((c.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw c.raise(CpuFault.NM, 0);
        }
        if (op.waiting) {
            checkPending();
        }
        instructionOffset = c.eip + op.offset;
        boolean known = i.isMemory()
                ? x87.executeMemory(op.escape, i.modrm, i.address.segment, i.address.offset(c), i.bytes == 2, this)
                : x87.executeRegister(op.escape, i.modrm, this);
        if (!known) {
            throw c.undefined();
        }
    }

    /** FWAIT. */
    static void await(Cpu c, Insn i) {
        if ((c.cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS)) {
            throw c.raise(CpuFault.NM, 0);
        }
        c.floats.checkPending();
    }

    private void checkPending() {
        if (x87.exceptionPending()) {
            if ((c.cr0 & Cr0.NE) == 0) {
                c.report("x87 error with CR0.NE clear: #MF instead of an interrupt");
            }
            throw c.raise(CpuFault.MF, 0);
        }
    }

    /** An MMX, SSE or SSE2 instruction. */
    static final class SimdOp extends Op {
        private final Insn insn;
        private final SimdEntry entry;

        SimdOp(Insn insn, SimdEntry entry) {
            this.insn = insn;
            this.entry = entry;
        }

        @Override
        void execute(Cpu c) {
            c.floats.execute(entry, insn);
        }
    }

    private void execute(SimdEntry entry, Insn i) {
        if (entry.usesMmx() || entry.usesXmm()) {
            checkSimd(entry);
        }
        int segment = Cpu.DS;
        int offset = 0;
        if (i.isMemory()) {
            segment = i.address.segment;
            offset = i.address.offset(c);
        } else if (entry.storesAtEdi()) {
            segment = i.segment;
            offset = c.r[Cpu.EDI] & i.addressMask;
        }
        entry.instruction().execute(simd, this, i.reg, i.isMemory() ? -1 : i.rm, segment, offset, i.immediate);
    }

    private void checkSimd(SimdEntry entry) {
        if ((c.cr0 & Cr0.EM) != 0 || entry.usesXmm() && (c.cr4 & Cr4.OSFXSR) == 0) {
            throw c.undefined();
        }
        if ((c.cr0 & Cr0.TS) != 0) {
            throw c.raise(CpuFault.NM, 0);
        }
        if (entry.usesMmx() && x87.exceptionPending()) {
            throw c.raise(CpuFault.MF, 0);
        }
    }

    static void save(Cpu c, Insn i) {
        FloatUnits f = c.floats;
        int offset = f.checkedImage(i);
        f.probeWrite(i.address.segment, offset, 288);
        f.x87.fxsave(i.address.segment, offset, f);
        f.simd.fxsave(f, i.address.segment, offset);
    }

    static void restore(Cpu c, Insn i) {
        FloatUnits f = c.floats;
        int offset = f.checkedImage(i);
        // The one part read after something is changed already.
        f.load32(i.address.segment, offset);
        f.simd.fxrstor(f, i.address.segment, offset);
        f.x87.fxrstor(i.address.segment, offset, f);
    }

    /** The offset of an FXSAVE image, which must be aligned to 16 bytes. */
    private int checkedImage(Insn i) {
        if ((c.cr0 & Cr0.EM) != 0) {
            throw c.undefined();
        }
        if ((c.cr0 & Cr0.TS) != 0) {
            throw c.raise(CpuFault.NM, 0);
        }
        int offset = i.address.offset(c);
        if ((c.base[i.address.segment] + offset & 15) != 0) {
            throw c.generalProtection();
        }
        return offset;
    }

    // ---- what both units see

    @Override
    public int load8(int segment, int offset) {
        return c.load8(segment, offset);
    }

    @Override
    public int load16(int segment, int offset) {
        return c.load16(segment, offset);
    }

    @Override
    public int load32(int segment, int offset) {
        return c.load32(segment, offset);
    }

    @Override
    public long load64(int segment, int offset) {
        return c.load64(segment, offset);
    }

    @Override
    public void store8(int segment, int offset, int value) {
        c.store8(segment, offset, value);
    }

    @Override
    public void store16(int segment, int offset, int value) {
        c.store16(segment, offset, value);
    }

    @Override
    public void store32(int segment, int offset, int value) {
        c.store32(segment, offset, value);
    }

    @Override
    public void store64(int segment, int offset, long value) {
        c.store64(segment, offset, value);
    }

    @Override
    public void probeWrite(int segment, int offset, int bytes) {
        c.probeWrite(segment, offset, bytes);
    }

    @Override
    public void compareFlags(boolean zf, boolean pf, boolean cf) {
        c.arithmeticFlags((zf ? Eflags.ZF : 0) | (pf ? Eflags.PF : 0) | (cf ? Eflags.CF : 0));
    }

    // ---- what x87 sees

    @Override
    public boolean carryFlag() {
        return c.carry();
    }

    @Override
    public boolean zeroFlag() {
        return c.zero();
    }

    @Override
    public boolean parityFlag() {
        return c.parity();
    }

    @Override
    public void storeAx(int value) {
        c.register(Cpu.EAX, 2, value);
    }

    @Override
    public int instructionOffset() {
        return instructionOffset;
    }

    @Override
    public int codeSelector() {
        return c.selector[Cpu.CS];
    }

    @Override
    public int selector(int segment) {
        return c.selector[segment];
    }

    @Override
    public boolean protectedMode() {
        return c.isProtected();
    }

    // ---- what SIMD sees

    @Override
    public int gpr(int number) {
        return c.r[number];
    }

    @Override
    public void gpr(int number, int value) {
        c.r[number] = value;
    }

    @Override
    public int segmentBase(int segment) {
        return c.base[segment];
    }

    @Override
    public long mmx(int register) {
        return x87.mmx(register);
    }

    @Override
    public void mmx(int register, long value) {
        x87.mmx(register, value);
    }

    @Override
    public void enterMmx() {
        x87.enterMmx();
    }

    @Override
    public void emms() {
        x87.emms();
    }

    @Override
    public RuntimeException generalProtection() {
        return c.generalProtection();
    }

    @Override
    public RuntimeException simdException() {
        return (c.cr4 & Cr4.OSXMMEXCPT) != 0 ? c.raise(CpuFault.XM, 0) : c.undefined();
    }
}
