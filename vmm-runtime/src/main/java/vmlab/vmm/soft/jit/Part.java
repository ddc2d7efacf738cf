// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import java.util.ArrayList;
import java.util.List;

/** A block of a region with its instructions, as far as they are translated. */
final class Part {
    final PlannedBlock block;

    /** Null where the CPU is called. */
    final List<GuestInstruction> instructions = new ArrayList<>();

    /** The offsets of the instructions. */
    final List<Integer> offsets = new ArrayList<>();

    /** For each instruction, whether its flags may be seen. */
    final boolean[] exact;

    final boolean isEntry;

    /** What the flags follow from where the block begins and ends, as far as that is one thing. */
    int kindBefore = FlagCode.UNKNOWN;

    int kindAfter = FlagCode.UNKNOWN;

    Part(PlannedBlock block, boolean isEntry) {
        this.block = block;
        this.isEntry = isEntry;
        InstructionReader reader = new InstructionReader(block.code());
        Translator dry = new Translator(Code.nowhere(), new FlagCode(Code.nowhere()));
        for (int offset : block.offsets()) {
            GuestInstruction i = reader.read(offset);
            boolean known = i != null && dry.translate(i, true);
            instructions.add(known ? i : null);
            offsets.add(offset);
        }
        if (block.ending() < 0) {
            readEnding(reader);
        }
        exact = FlagUse.needed(instructions);
    }

    /** A transfer, perhaps with the comparison before it. */
    private void readEnding(InstructionReader reader) {
        int at = block.endingOffset();
        while (at < block.code().length) {
            GuestInstruction i = reader.read(at);
            instructions.add(i);
            offsets.add(at);
            at += i.length;
        }
    }

    /** Whether it ends in a transfer that is translated. */
    boolean isTransfer() {
        return block.ending() < 0 && block.endingOffset() < block.code().length;
    }

    /** The delta that its transfer leads to, if it is a direct one. */
    int target() {
        return isTransfer() ? block.end() + instructions.get(instructions.size() - 1).immediate : block.end();
    }

    /** The deltas that follow directly. */
    int[] successors() {
        if (block.taken() < 0) {
            return new int[0];
        }
        return block.fallen() < 0 ? new int[] {target()} : new int[] {target(), block.end()};
    }
}
