// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.jit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The blocks of a region that is compiled, and where it may be entered. */
final class Parts {
    final List<Part> inOrder = new ArrayList<>();

    /** Deltas of the entries, ascending. */
    final int[] entries;

    /** Whether it is to be asked which pages are where they were. */
    final boolean areOfManyPages;

    private final Map<Integer, Part> byDelta = new HashMap<>();

    Parts(List<PlannedBlock> blocks, int[] entries) {
        this.entries = entries.clone();
        for (PlannedBlock block : blocks) {
            Part part = new Part(block, Arrays.binarySearch(entries, block.delta()) >= 0);
            inOrder.add(part);
            byDelta.put(block.delta(), part);
        }
        areOfManyPages = blocks.stream().mapToInt(PlannedBlock::pages).reduce(0, (a, b) -> a | b) > 1;
    }

    /** The one that begins there; null if there is none. */
    Part at(int delta) {
        return byDelta.get(delta);
    }

    /** What is the same behind all blocks that lead to one holds at its beginning. */
    void joinKinds() {
        Map<Part, Integer> met = new HashMap<>();
        for (Part part : inOrder) {
            for (int successor : part.successors()) {
                Part next = byDelta.get(successor);
                if (next != null) {
                    met.merge(next, part.kindAfter, (a, b) -> a.equals(b) ? a : FlagCode.UNKNOWN);
                }
            }
        }
        met.forEach((part, kind) -> part.kindBefore = part.isEntry ? FlagCode.UNKNOWN : kind);
    }
}
