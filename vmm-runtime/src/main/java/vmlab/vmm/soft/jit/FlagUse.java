// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import java.util.List;

/** Which instructions of a block must leave exact flags behind: all whose flags somebody may see. */
final class FlagUse {
    private FlagUse() {}

    /**
     * For each instruction, whether its flags are needed behind it. Behind the block they always are, and where an
     * instruction may fault, as then the guest sees them.
     *
     * @param instructions null for those that aren't translated
     */
    static boolean[] needed(List<GuestInstruction> instructions) {
        boolean[] needed = new boolean[instructions.size()];
        boolean after = true;
        for (int n = needed.length - 1; n >= 0; n--) {
            needed[n] = after;
            GuestInstruction i = instructions.get(n);
            after = i == null || mayFault(i) || reads(i) || after && !replacesAll(i);
        }
        return needed;
    }

    static boolean mayFault(GuestInstruction i) {
        boolean lea = i.opcode == 0x8D;
        boolean stack = i.opcode >= 0x50 && i.opcode <= 0x6A && i.opcode != 0x69 || i.opcode == 0xC9;
        boolean transfer = i.opcode == 0xE8 || i.opcode == 0xC2 || i.opcode == 0xC3 || i.opcode == 0xFF && i.reg >= 2;
        boolean division = (i.opcode & ~1) == 0xF6 && i.reg >= 6;
        return i.memory && !lea || stack || transfer || division;
    }

    private static boolean reads(GuestInstruction i) {
        int operation = ArithmeticCode.operation(i);
        boolean withCarry = operation == ArithmeticCode.ADC || operation == ArithmeticCode.SBB;
        boolean conditional = i.opcode >= 0x70 && i.opcode <= 0x7F
                || i.opcode >= 0x140 && i.opcode <= 0x14F
                || i.opcode >= 0x180 && i.opcode <= 0x19F;
        return withCarry || conditional;
    }

    private static boolean replacesAll(GuestInstruction i) {
        if (ArithmeticCode.operation(i) >= 0) {
            return true;
        }
        switch (i.opcode) {
            case 0x69, 0x6B, 0x1AF, 0x1BC, 0x1BD:
                return true;
            case 0xF6, 0xF7:
                return i.reg == 3 || i.reg == 4 || i.reg == 5;
            case 0xC1:
                return i.reg >= 4 && (i.immediate & 31) != 0;
            case 0xD1:
                return i.reg >= 4;
            case 0x1A4, 0x1AC:
                return (i.immediate & 31) != 0;
            default:
                return false;
        }
    }
}
