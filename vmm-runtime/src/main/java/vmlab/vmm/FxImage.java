// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The registers of x87, MMX and SSE as FXSAVE stores them: 512 bytes, in the 64-bit format of the pointers. A value.
 *
 * <p>Not part of it: MXCSR_MASK, which is the CPU's and not a register, and the bytes that are left to software; they are 0.
 * The selectors of the x87 pointers lie where a 64-bit image has the upper halves of the offsets.
 *
 * @spec SDM 1, 10.5.1, tables 10-2 and 10-3
 */
public final class FxImage {
    public static final int BYTES = 512;

    public static final int CONTROL = 0;
    public static final int STATUS = 2;
    /** A bit per physical register, set if it is in use. */
    public static final int TAGS = 4;

    public static final int OPCODE = 6;
    public static final int INSTRUCTION_POINTER = 8;
    public static final int DATA_POINTER = 16;
    public static final int MXCSR = 24;
    /** ST(0) to ST(7), 10 bytes each every 16. */
    public static final int STACK = 32;
    /** XMM0 to XMM15. */
    public static final int XMM = 160;

    private static final int XMM8 = XMM + 8 * 16;
    private static final int END = XMM + 16 * 16;

    /** As FNINIT and RESET leave them. */
    public static final FxImage RESET =
            of(buffer().putShort(CONTROL, (short) 0x37F).putInt(MXCSR, 0x1F80));

    private final byte[] bytes;

    private FxImage(byte[] bytes) {
        this.bytes = bytes;
    }

    /** An empty image to fill. */
    public static ByteBuffer buffer() {
        return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A copy of 512 bytes, without what isn't a register. */
    public static FxImage of(ByteBuffer image) {
        byte[] copy = Arrays.copyOf(image.array(), BYTES);
        Arrays.fill(copy, MXCSR + 4, STACK, (byte) 0);
        Arrays.fill(copy, END, BYTES, (byte) 0);
        for (int register = 0; register < 8; register++) {
            int at = STACK + 16 * register;
            Arrays.fill(copy, at + 10, at + 16, (byte) 0);
        }
        return new FxImage(copy);
    }

    /** For reading. */
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether XMM8 to XMM15 hold anything. */
    public boolean usesUpperRegisters() {
        for (int i = XMM8; i < END; i++) {
            if (bytes[i] != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FxImage that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** What isn't as after RESET, for people. */
    @Override
    public String toString() {
        ByteBuffer b = bytes();
        return "FxImage[control=%x, status=%x, tags=%x, mxcsr=%x]"
                .formatted(b.getShort(CONTROL), b.getShort(STATUS), b.get(TAGS), b.getInt(MXCSR));
    }
}
