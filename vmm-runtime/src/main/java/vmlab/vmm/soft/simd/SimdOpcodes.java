// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.simd;

/**
 * The opcode map while it is being filled: by mandatory prefix, opcode, reg field and kind of r/m operand. Two
 * declarations of one place are a bug of ours and refused.
 */
final class SimdOpcodes {
    static final int NONE = 0;
    static final int P66 = 0x66;
    static final int PF3 = 0xF3;
    static final int PF2 = 0xF2;

    private static final int VARIANTS = 16;
    private static final int REGISTER_VARIANT = 8;

    private final SimdEntry[] entries = new SimdEntry[4 * 256 * VARIANTS];

    /** Which operands the r/m field may name. */
    enum Form {
        ANY,
        REGISTER,
        MEMORY
    }

    SimdEntry find(int prefix, int opcode, int modrm) {
        int register = modrm >= 0xC0 ? REGISTER_VARIANT : 0;
        return entries[place(prefix, opcode) + register + (modrm >> 3 & 7)];
    }

    void add(int prefix, int opcode, SimdEntry entry) {
        add(prefix, opcode, Form.ANY, entry);
    }

    void add(int prefix, int opcode, Form form, SimdEntry entry) {
        for (int digit = 0; digit < 8; digit++) {
            add(prefix, opcode, digit, form, entry);
        }
    }

    /** One member of a group: the reg field is part of the opcode. */
    void add(int prefix, int opcode, int digit, Form form, SimdEntry entry) {
        if (form != Form.REGISTER) {
            put(place(prefix, opcode) + digit, entry);
        }
        if (form != Form.MEMORY) {
            put(place(prefix, opcode) + REGISTER_VARIANT + digit, entry);
        }
    }

    private void put(int place, SimdEntry entry) {
        if (entries[place] != null) {
            throw new IllegalStateException(
                    entry.mnemonic() + " and " + entries[place].mnemonic() + " share an opcode");
        }
        entries[place] = entry;
    }

    private static int place(int prefix, int opcode) {
        int column = switch (prefix) {
            case NONE -> 0;
            case P66 -> 1;
            case PF3 -> 2;
            case PF2 -> 3;
            default -> throw new IllegalArgumentException("mandatory prefix 0x" + Integer.toHexString(prefix));
        };
        return (column << 8 | opcode & 0xFF) * VARIANTS;
    }
}
