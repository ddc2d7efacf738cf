// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import vmlab.vmm.FxImage;
import vmlab.vmm.Stateful;

/**
 * The registers of SSE and SSE2: XMM0 to XMM7 and MXCSR. Not here: the MMX registers, which belong to the x87 unit, and the
 * instructions themselves ({@link SimdTable}). One CPU's thread uses it.
 *
 * @spec Intel 64 and IA-32 Architectures SDM, volume 1, chapters 10 and 11
 */
public final class Simd implements Stateful<SimdState> {
    static final int REGISTERS = 8;

    /** Offsets in the FXSAVE area (Intel SDM 1, table 10-2). */
    private static final int FX_MXCSR = 24;

    private static final int FX_MXCSR_MASK = 28;
    private static final int FX_XMM = 160;

    /** Register n: bits 0-63 at 2n, bits 64-127 at 2n + 1. */
    private final long[] xmm = new long[2 * REGISTERS];

    private final FloatUnit floats = new FloatUnit();
    private int mxcsr = Mxcsr.RESET;

    /** The source of the instruction being executed; not state. */
    private long sourceLow;

    private long sourceHigh;

    /** As after RESET; an INIT leaves these registers alone (Intel SDM 3A, table 10-1). */
    public void reset() {
        Arrays.fill(xmm, 0);
        mxcsr = Mxcsr.RESET;
    }

    @Override
    public SimdState state() {
        List<SimdState.Xmm> registers = new ArrayList<>();
        for (int register = 0; register < REGISTERS; register++) {
            registers.add(new SimdState.Xmm(low(register), high(register)));
        }
        return new SimdState(mxcsr, registers);
    }

    @Override
    public void restore(SimdState state) {
        for (int register = 0; register < REGISTERS; register++) {
            SimdState.Xmm value = state.registers().get(register);
            set(register, value.low(), value.high());
        }
        mxcsr = state.mxcsr();
    }

    /** Bits 0-63 of a register. */
    public long low(int register) {
        return xmm[2 * register];
    }

    /** Bits 64-127 of a register. */
    public long high(int register) {
        return xmm[2 * register + 1];
    }

    public void set(int register, long low, long high) {
        xmm[2 * register] = low;
        xmm[2 * register + 1] = high;
    }

    public int mxcsr() {
        return mxcsr;
    }

    /**
     * Stores this unit's part of the FXSAVE area, bytes 24-31 and 160-287. The caller has checked that the area can be
     * written, and stores the rest.
     *
     * @param offset of the area, not of the part
     */
    public void fxsave(SimdContext cpu, int segment, int offset) {
        cpu.store32(segment, offset + FX_MXCSR, mxcsr);
        cpu.store32(segment, offset + FX_MXCSR_MASK, Mxcsr.MASK);
        for (int i = 0; i < xmm.length; i++) {
            cpu.store64(segment, offset + FX_XMM + 8 * i, xmm[i]);
        }
    }

    /**
     * Loads what {@link #fxsave} stores; #GP(0) on reserved bits of MXCSR. All or nothing: the caller, who may still meet
     * a fault in the x87 part, loads that first into its own scratch or touches the ends of the area.
     *
     * @param offset of the area, not of the part
     */
    public void fxrstor(SimdContext cpu, int segment, int offset) {
        int loaded = cpu.load32(segment, offset + FX_MXCSR);
        checkReserved(cpu, loaded);
        cpu.load64(segment, offset + FX_XMM);
        cpu.load64(segment, offset + FX_XMM + 8 * (xmm.length - 1));
        for (int i = 0; i < xmm.length; i++) {
            xmm[i] = cpu.load64(segment, offset + FX_XMM + 8 * i);
        }
        mxcsr = loaded;
    }

    /** For the host: the same part of an image of its own. */
    public void store(ByteBuffer image) {
        image.putInt(FxImage.MXCSR, mxcsr);
        for (int i = 0; i < xmm.length; i++) {
            image.putLong(FxImage.XMM + 8 * i, xmm[i]);
        }
    }

    public void load(ByteBuffer image) {
        mxcsr = image.getInt(FxImage.MXCSR) & Mxcsr.MASK;
        for (int i = 0; i < xmm.length; i++) {
            xmm[i] = image.getLong(FxImage.XMM + 8 * i);
        }
    }

    void ldmxcsr(SimdContext cpu, int value) {
        checkReserved(cpu, value);
        mxcsr = value;
    }

    private static void checkReserved(SimdContext cpu, int value) {
        if ((value & ~Mxcsr.MASK) != 0) {
            throw cpu.generalProtection();
        }
    }

    void low(int register, long value) {
        xmm[2 * register] = value;
    }

    void high(int register, long value) {
        xmm[2 * register + 1] = value;
    }

    long sourceLow() {
        return sourceLow;
    }

    long sourceHigh() {
        return sourceHigh;
    }

    /** Fetches a 128-bit source; in memory it must be aligned (Intel SDM 1, 4.6.1.1; 3A, 6.15, vector 13). */
    void source(SimdContext cpu, int rm, int segment, int offset) {
        if (rm < 0) {
            checkAligned(cpu, segment, offset);
        }
        unalignedSource(cpu, rm, segment, offset);
    }

    void unalignedSource(SimdContext cpu, int rm, int segment, int offset) {
        if (rm >= 0) {
            sourceLow = low(rm);
            sourceHigh = high(rm);
        } else {
            sourceLow = cpu.load64(segment, offset);
            sourceHigh = cpu.load64(segment, offset + 8);
        }
    }

    /** The low 64 bits of a register, or 64 bits of memory at any address. */
    long source64(SimdContext cpu, int rm, int segment, int offset) {
        return rm >= 0 ? low(rm) : cpu.load64(segment, offset);
    }

    /** The low 32 bits of a register, or 32 bits of memory at any address, zero-extended. */
    long source32(SimdContext cpu, int rm, int segment, int offset) {
        return (rm >= 0 ? low(rm) : cpu.load32(segment, offset)) & 0xFFFF_FFFFL;
    }

    static void checkAligned(SimdContext cpu, int segment, int offset) {
        if ((cpu.segmentBase(segment) + offset & 15) != 0) {
            throw cpu.generalProtection();
        }
    }

    /** The floating-point unit, ready for one instruction under the present MXCSR. */
    FloatUnit floats() {
        floats.begin(mxcsr);
        return floats;
    }

    /**
     * Ends the computation begun by {@link #floats}: sets the sticky flags and, if one of the exceptions is unmasked, throws
     * #XM. Exceptions of the operands come first: if one of them is unmasked nothing was computed, so neither the flags of
     * the results are set (Intel SDM 1, 11.5.2 and E.4.2).
     */
    void commitExceptions(SimdContext cpu) {
        int raised = floats.raised();
        int unmasked = raised & ~(mxcsr >>> Mxcsr.MASK_SHIFT);
        if ((unmasked & Mxcsr.PRE_COMPUTATION) != 0) {
            raised &= Mxcsr.PRE_COMPUTATION;
        }
        mxcsr |= raised;
        if (unmasked != 0) {
            throw cpu.simdException();
        }
    }
}
