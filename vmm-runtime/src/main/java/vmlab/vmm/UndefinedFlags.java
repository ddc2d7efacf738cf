// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * The arithmetic flags that an instruction leaves undefined: every CPU may do with them as it likes.
 *
 * @spec SDM 1, appendix A, table A-2; SDM 2, the instructions' pages
 */
final class UndefinedFlags {
    private static final int CF = 1;
    private static final int PF = 1 << 2;
    private static final int AF = 1 << 4;
    private static final int ZF = 1 << 6;
    private static final int SF = 1 << 7;
    private static final int OF = 1 << 11;
    /** All that instructions compute. */
    static final int ALL = CF | PF | AF | ZF | SF | OF;

    private static final int MULTIPLIED = SF | ZF | AF | PF;
    private static final int SHIFTED = AF | OF;
    private static final int TESTED = OF | SF | AF | PF;
    private static final int SCANNED = CF | OF | SF | AF | PF;

    private UndefinedFlags() {}

    /** Of the instruction that these bytes begin with, as a mask. */
    static int of(byte[] code) {
        int at = InstructionBytes.opcode(code);
        int opcode = octet(code, at);
        int next = octet(code, at + 1);
        int operation = next >> 3 & 7;
        return switch (opcode) {
            case 0x0F -> ofTwoBytes(next);
            case 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25 -> AF;
            case 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x84, 0x85, 0xA8, 0xA9 -> AF;
            case 0x80, 0x81, 0x82, 0x83 -> operation == 1 || operation == 4 || operation == 6 ? AF : 0;
            case 0x27, 0x2F -> OF;
            case 0x37, 0x3F -> OF | SF | ZF | PF;
            case 0xD4, 0xD5 -> OF | AF | CF;
            case 0x69, 0x6B -> MULTIPLIED;
            // By one, OF is defined; a rotation leaves AF alone.
            case 0xD0, 0xD1 -> operation >= 4 ? AF : 0;
            case 0xC0, 0xC1, 0xD2, 0xD3 -> operation >= 4 ? SHIFTED | CF : OF;
            case 0xF6, 0xF7 ->
                switch (operation) {
                    case 0, 1 -> AF;
                    case 4, 5 -> MULTIPLIED;
                    case 6, 7 -> ALL;
                    default -> 0;
                };
            default -> 0;
        };
    }

    private static int ofTwoBytes(int opcode) {
        return switch (opcode) {
            case 0xA3, 0xAB, 0xB3, 0xBB, 0xBA -> TESTED;
            case 0xA4, 0xA5, 0xAC, 0xAD -> SHIFTED | CF;
            case 0xAF -> MULTIPLIED;
            case 0xBC, 0xBD -> SCANNED;
            default -> 0;
        };
    }

    private static int octet(byte[] code, int at) {
        return at < code.length ? code[at] & 0xFF : 0;
    }
}
