// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a SIMD instruction needs of a CPU, with a small memory: offsets from 0 in segments of base 0 but FS, whose base is 8.
 * Accesses beyond the memory throw {@link Fault} as a page fault would.
 */
final class TestCpu implements SimdContext {
    static final int DS = 3;
    static final int FS = 4;
    private static final int FS_BASE = 8;

    /** A fault of the CPU. */
    static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;

        Fault(String vector) {
            super(vector);
        }
    }

    static final int BYTES = 1024;

    final ByteBuffer memory = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    final int[] gpr = new int[8];
    final long[] mmx = new long[8];
    /** The arithmetic flags, as in EFLAGS; all set beforehand. */
    int flags = 0x8D5;
    /** The abridged x87 tag word: bit n is set if Rn is in use. */
    int tags;

    private int at(int segment, int offset, int bytes) {
        int linear = segmentBase(segment) + offset;
        if (linear < 0 || linear + bytes > BYTES) {
            throw new Fault("#PF");
        }
        return linear;
    }

    @Override
    public int load8(int segment, int offset) {
        return memory.get(at(segment, offset, 1)) & 0xFF;
    }

    @Override
    public int load16(int segment, int offset) {
        return memory.getShort(at(segment, offset, 2)) & 0xFFFF;
    }

    @Override
    public int load32(int segment, int offset) {
        return memory.getInt(at(segment, offset, 4));
    }

    @Override
    public long load64(int segment, int offset) {
        return memory.getLong(at(segment, offset, 8));
    }

    @Override
    public void store8(int segment, int offset, int value) {
        memory.put(at(segment, offset, 1), (byte) value);
    }

    @Override
    public void store16(int segment, int offset, int value) {
        memory.putShort(at(segment, offset, 2), (short) value);
    }

    @Override
    public void store32(int segment, int offset, int value) {
        memory.putInt(at(segment, offset, 4), value);
    }

    @Override
    public void store64(int segment, int offset, long value) {
        memory.putLong(at(segment, offset, 8), value);
    }

    @Override
    public void probeWrite(int segment, int offset, int bytes) {
        at(segment, offset, bytes);
    }

    @Override
    public int gpr(int number) {
        return gpr[number];
    }

    @Override
    public void gpr(int number, int value) {
        gpr[number] = value;
    }

    @Override
    public int segmentBase(int segment) {
        return segment == FS ? FS_BASE : 0;
    }

    @Override
    public long mmx(int register) {
        return mmx[register];
    }

    @Override
    public void mmx(int register, long value) {
        mmx[register] = value;
    }

    @Override
    public void enterMmx() {
        tags = 0xFF;
    }

    @Override
    public void emms() {
        tags = 0;
    }

    @Override
    public void compareFlags(boolean zf, boolean pf, boolean cf) {
        flags = (zf ? 0x40 : 0) | (pf ? 4 : 0) | (cf ? 1 : 0);
    }

    @Override
    public RuntimeException generalProtection() {
        return new Fault("#GP(0)");
    }

    @Override
    public RuntimeException simdException() {
        return new Fault("#XM");
    }

    /** Executes the instruction of an encoding; its memory operand, if it has one, is DS:offset. */
    void run(Simd simd, int prefix, int opcode, int modrm, int offset, int immediate) {
        SimdEntry entry = SimdTable.find(prefix, opcode, modrm);
        int rm = modrm >= 0xC0 ? modrm & 7 : -1;
        entry.instruction().execute(simd, this, modrm >> 3 & 7, rm, DS, offset, immediate);
    }

    /** Executes the instruction on registers 1 (destination) and 2. */
    void run(Simd simd, int prefix, int opcode, int immediate) {
        run(simd, prefix, opcode, 0xCA, 0, immediate);
    }
}
