// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import java.util.BitSet;

/**
 * Takes encodings apart that {@link Translator} may know; the CPU has decoded the same bytes and found them to be whole.
 *
 * @spec SDM 2, chapter 2 and appendix A
 */
final class InstructionReader {
    private static final int FS = 4;
    private static final int CS = 1;

    private static final BitSet WITH_MODRM = ranges(
            0x00, 0x03, 0x08, 0x0B, 0x10, 0x13, 0x18, 0x1B, 0x20, 0x23, 0x28, 0x2B, 0x30, 0x33, 0x38, 0x3B, 0x69, 0x69,
            0x6B, 0x6B, 0x80, 0x8B, 0x8D, 0x8D, 0xC0, 0xC1, 0xC6, 0xC7, 0xD0, 0xD3, 0xF6, 0xF7, 0xFE, 0xFF, 0x118,
            0x11F, 0x140, 0x14F, 0x190, 0x19F, 0x1A3, 0x1A5, 0x1AB, 0x1AD, 0x1AF, 0x1B1, 0x1B3, 0x1B3, 0x1B6, 0x1B7,
            0x1BA, 0x1C1);

    private static final BitSet WITHOUT_MODRM = ranges(
            0x04, 0x05, 0x0C, 0x0D, 0x14, 0x15, 0x1C, 0x1D, 0x24, 0x25, 0x2C, 0x2D, 0x34, 0x35, 0x3C, 0x3D, 0x40, 0x5F,
            0x68, 0x68, 0x6A, 0x6A, 0x70, 0x7F, 0x90, 0x99, 0xA0, 0xA3, 0xA8, 0xA9, 0xB0, 0xBF, 0xC2, 0xC3, 0xC9, 0xC9,
            0xE8, 0xE9, 0xEB, 0xEB, 0x180, 0x18F, 0x1C8, 0x1CF);

    private static final BitSet IMMEDIATE_OF_BYTE = ranges(
            0x6A, 0x6B, 0x70, 0x7F, 0x80, 0x80, 0x82, 0x83, 0xC0, 0xC1, 0xEB, 0xEB, 0x1A4, 0x1A4, 0x1AC, 0x1AC, 0x1BA,
            0x1BA);

    private static final BitSet IMMEDIATE_OF_OPERAND = ranges(
            0x04, 0x05, 0x0C, 0x0D, 0x14, 0x15, 0x1C, 0x1D, 0x24, 0x25, 0x2C, 0x2D, 0x34, 0x35, 0x3C, 0x3D, 0x68, 0x69,
            0x81, 0x81, 0xA8, 0xA9, 0xB0, 0xBF, 0xC6, 0xC7, 0xE8, 0xE9, 0x180, 0x18F);

    private final byte[] code;
    private int at;

    InstructionReader(byte[] code) {
        this.code = code;
    }

    private static BitSet ranges(int... firstAndLast) {
        BitSet set = new BitSet();
        for (int i = 0; i < firstAndLast.length; i += 2) {
            set.set(firstAndLast[i], firstAndLast[i + 1] + 1);
        }
        return set;
    }

    /** The instruction that begins there; null if it is of no kind that is translated. */
    GuestInstruction read(int offset) {
        at = offset;
        GuestInstruction i = new GuestInstruction();
        int override = GuestInstruction.NONE;
        boolean word = false;
        while (true) {
            int octet = fetch();
            switch (octet) {
                case 0x26, 0x36, 0x3E, 0x2E -> override = octet >>> 3 & 3;
                case 0x64, 0x65 -> override = octet & 7;
                case 0x66 -> word = true;
                // One CPU at a time executes: a locked instruction is no more than the plain one.
                case 0xF0 -> {}
                case 0x67, 0xF2, 0xF3 -> {
                    return null;
                }
                default -> {
                    i.opcode = octet == 0x0F ? 0x100 | fetch() : octet;
                    return readOperands(i, word, override) ? finish(i, offset) : null;
                }
            }
        }
    }

    private GuestInstruction finish(GuestInstruction i, int offset) {
        i.length = at - offset;
        return i;
    }

    private boolean readOperands(GuestInstruction i, boolean word, int override) {
        boolean modrm = WITH_MODRM.get(i.opcode);
        if (!modrm && !WITHOUT_MODRM.get(i.opcode)) {
            return false;
        }
        i.bytes = isOfBytes(i.opcode) ? 1 : word ? 2 : 4;
        i.reg = i.opcode & 7;
        if (modrm) {
            readModrm(i);
        } else if (i.opcode >= 0xA0 && i.opcode <= 0xA3) {
            i.memory = true;
            i.displacement = fetch32();
            i.reg = GuestInstruction.EAX;
        }
        if (i.memory && override == CS) {
            return false;
        }
        i.segment = override >= FS ? override : GuestInstruction.NONE;
        readImmediate(i);
        return true;
    }

    /** Opcodes whose last bit says whether the operand is a byte, and the two that stand for themselves. */
    private static boolean isOfBytes(int opcode) {
        if (opcode >= 0xB0 && opcode <= 0xB7 || opcode >= 0x190 && opcode <= 0x19F) {
            return true;
        }
        boolean byLastBit = opcode < 0x40
                || opcode >= 0x80 && opcode <= 0x8B
                || opcode >= 0xA0 && opcode <= 0xA9
                || opcode >= 0xC0 && opcode <= 0xC7
                || opcode >= 0xD0 && opcode <= 0xD3
                || opcode >= 0xF6 && opcode <= 0xFF
                || opcode == 0x1B0
                || opcode == 0x1C0;
        return byLastBit && (opcode & 1) == 0 && opcode != 0xC2;
    }

    private void readImmediate(GuestInstruction i) {
        if (IMMEDIATE_OF_BYTE.get(i.opcode)) {
            i.immediate = (byte) fetch();
        } else if (IMMEDIATE_OF_OPERAND.get(i.opcode) || (i.opcode & ~1) == 0xF6 && i.reg < 2) {
            i.immediate = i.bytes == 1 ? (byte) fetch() : i.bytes == 2 ? (short) fetch16() : fetch32();
        } else if (i.opcode == 0xC2) {
            i.immediate = fetch16();
        }
    }

    private void readModrm(GuestInstruction i) {
        int modrm = fetch();
        int mod = modrm >>> 6;
        i.reg = modrm >>> 3 & 7;
        i.rm = modrm & 7;
        if (mod == 3) {
            return;
        }
        i.memory = true;
        int base = i.rm;
        if (base == GuestInstruction.ESP) {
            int sib = fetch();
            if ((sib >>> 3 & 7) != GuestInstruction.ESP) {
                i.index = sib >>> 3 & 7;
                i.scale = sib >>> 6;
            }
            base = sib & 7;
        }
        if (base == GuestInstruction.EBP && mod == 0) {
            i.displacement = fetch32();
        } else {
            i.base = base;
            i.displacement = mod == 1 ? (byte) fetch() : mod == 2 ? fetch32() : 0;
        }
    }

    private int fetch() {
        return at < code.length ? code[at++] & 0xFF : 0;
    }

    private int fetch16() {
        return fetch() | fetch() << 8;
    }

    private int fetch32() {
        return fetch16() | fetch16() << 16;
    }
}
