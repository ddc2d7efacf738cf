// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * What lockstep must know of an instruction without decoding it.
 *
 * @spec SDM 2, 2.1
 */
final class InstructionBytes {
    /** The longest there is. */
    static final int MOST = 15;

    private InstructionBytes() {}

    /** Where the opcode is, behind the prefixes. */
    static int opcode(byte[] code) {
        int at = 0;
        while (at < code.length && isPrefix(code[at] & 0xFF)) {
            at++;
        }
        return at;
    }

    private static boolean isPrefix(int octet) {
        return switch (octet) {
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
            default -> false;
        };
    }

    /** A string instruction with a repeat prefix: CPUs stop in the middle of it where they like. */
    static boolean isRepeated(byte[] code) {
        int at = opcode(code);
        boolean repeat = false;
        for (int i = 0; i < at; i++) {
            repeat |= (code[i] & 0xFE) == 0xF2;
        }
        int opcode = at < code.length ? code[at] & 0xFF : 0;
        return repeat
                && (opcode >= 0x6C && opcode <= 0x6F
                        || opcode >= 0xA4 && opcode <= 0xAF && opcode != 0xA8 && opcode != 0xA9);
    }

    /** RDTSC, or RDMSR, which may read the same counter. */
    static boolean readsTime(byte[] code) {
        int at = opcode(code);
        return at + 1 < code.length && code[at] == 0x0F && (code[at + 1] == 0x31 || code[at + 1] == 0x32);
    }
}
