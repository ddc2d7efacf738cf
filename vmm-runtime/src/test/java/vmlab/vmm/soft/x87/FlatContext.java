// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.x87;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A CPU of plain fields and some bytes of memory, without segments. */
final class FlatContext implements X87Context {
    static final int CARRY = 0x01;
    static final int PARITY = 0x04;
    static final int ZERO = 0x40;
    /** OF, SF, ZF, AF, PF, CF. */
    static final int ARITHMETIC = 0x8D5;

    final ByteBuffer memory = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    int flags;
    int ax;
    int instructionOffset;
    int codeSelector;
    int dataSelector;
    boolean protectedMode = true;

    /** From this offset on, accesses fault. */
    int limit = 512;

    /** What the CPU would throw for a page fault. */
    static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private int check(int offset, int bytes) {
        if (offset + bytes > limit) {
            throw new Fault();
        }
        return offset;
    }

    @Override
    public int load8(int segment, int offset) {
        return memory.get(check(offset, 1)) & 0xFF;
    }

    @Override
    public int load16(int segment, int offset) {
        return memory.getShort(check(offset, 2)) & 0xFFFF;
    }

    @Override
    public int load32(int segment, int offset) {
        return memory.getInt(check(offset, 4));
    }

    @Override
    public long load64(int segment, int offset) {
        return memory.getLong(check(offset, 8));
    }

    @Override
    public void store8(int segment, int offset, int value) {
        memory.put(check(offset, 1), (byte) value);
    }

    @Override
    public void store16(int segment, int offset, int value) {
        memory.putShort(check(offset, 2), (short) value);
    }

    @Override
    public void store32(int segment, int offset, int value) {
        memory.putInt(check(offset, 4), value);
    }

    @Override
    public void store64(int segment, int offset, long value) {
        memory.putLong(check(offset, 8), value);
    }

    @Override
    public void probeWrite(int segment, int offset, int bytes) {
        check(offset, bytes);
    }

    @Override
    public boolean carryFlag() {
        return (flags & CARRY) != 0;
    }

    @Override
    public boolean zeroFlag() {
        return (flags & ZERO) != 0;
    }

    @Override
    public boolean parityFlag() {
        return (flags & PARITY) != 0;
    }

    @Override
    public void compareFlags(boolean zf, boolean pf, boolean cf) {
        flags = flags & ~ARITHMETIC | (zf ? ZERO : 0) | (pf ? PARITY : 0) | (cf ? CARRY : 0);
    }

    @Override
    public void storeAx(int value) {
        ax = value;
    }

    @Override
    public int instructionOffset() {
        return instructionOffset;
    }

    @Override
    public int codeSelector() {
        return codeSelector;
    }

    @Override
    public int selector(int segment) {
        return dataSelector;
    }

    @Override
    public boolean protectedMode() {
        return protectedMode;
    }
}
