// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import vmlab.vmm.soft.jit.PlannedBlock;

/**
 * Finds the blocks that are compiled together with a hot one: those that direct transfers lead to, within its page.
 *
 * <p>Only blocks that were executed, and so decoded, before: what never runs isn't compiled, and compiled code visits exactly
 * the blocks that the interpreter would.
 */
final class RegionPlanner {
    /** So that the method stays below what the JVM compiles well. */
    private static final int MOST_INSTRUCTIONS = 160;

    private static final int FLAT = Cpu.MODE_CODE32 | Cpu.MODE_STACK32 | Cpu.MODE_FLAT;

    private final Mmu mmu;
    private final Block root;
    private final Map<Integer, Block> found = new HashMap<>();
    private final Set<Integer> entries = new HashSet<>();
    private final Deque<Block> reached = new ArrayDeque<>();
    private int instructions;

    private final List<Op> calls = new ArrayList<>();
    private final List<Term> endings = new ArrayList<>();
    private final List<Branches.Exit> exits = new ArrayList<>();

    RegionPlanner(Mmu mmu, Block root) {
        this.mmu = mmu;
        this.root = root;
    }

    static boolean canBegin(Block block) {
        return (block.mode & FLAT) == FLAT
                && block.valid
                && !block.isSplit()
                && block.physical != -1
                && !(block.decodedOps.length > 0 && block.decodedOps[0] instanceof Breakpoints.Gate);
    }

    Region plan() {
        add(root);
        entries.add(root.physical);
        while (!reached.isEmpty()) {
            follow(reached.remove());
        }
        List<Block> blocks = new ArrayList<>(found.values());
        blocks.sort(Comparator.comparingInt(block -> block.physical));
        List<PlannedBlock> plan = new ArrayList<>();
        for (Block block : blocks) {
            plan.add(planned(block, block.physical - blocks.get(0).physical));
        }
        List<Block> entered = blocks.stream()
                .filter(block -> entries.contains(block.physical))
                .toList();
        return new Region(
                blocks,
                plan,
                entered,
                calls.toArray(new Op[0]),
                endings.toArray(new Term[0]),
                exits.toArray(new Branches.Exit[0]));
    }

    private void add(Block block) {
        found.put(block.physical, block);
        reached.add(block);
        instructions += block.count;
    }

    private void follow(Block block) {
        Term last = block.decodedLast;
        if (last instanceof Branches.Call) {
            // Where the callee returns to.
            reach(block, last.end, true);
        }
        for (Branches.Exit exit : exits(last)) {
            reach(block, exit.distance, exit.distance <= 0);
        }
        if (last instanceof Branches.CallReg || last instanceof Branches.CallMem) {
            reach(block, last.end, true);
        }
    }

    private void reach(Block from, int distance, boolean isEntry) {
        int physical = from.physical + distance;
        if ((physical ^ root.physical) >>> 12 != 0) {
            return;
        }
        if (!found.containsKey(physical)) {
            Block block = mmu.code.find(physical, root.mode);
            if (block == null || !canBegin(block) || instructions + block.count > MOST_INSTRUCTIONS) {
                return;
            }
            add(block);
        }
        if (isEntry) {
            entries.add(physical);
        }
    }

    private static List<Branches.Exit> exits(Term last) {
        if (last instanceof Branches.Conditional conditional) {
            return List.of(conditional.taken, conditional.fallen);
        }
        if (last instanceof Branches.Jmp jump) {
            return List.of(jump.exit);
        }
        if (last instanceof Branches.Call call) {
            return List.of(call.exit);
        }
        return last instanceof Branches.Fall fall ? List.of(fall.exit) : List.of();
    }

    private PlannedBlock planned(Block block, int delta) {
        Term last = block.decodedLast;
        byte[] code = new byte[block.sizeBytes];
        for (int i = 0; i < code.length; i++) {
            code[i] = (byte) mmu.codeByte(block.physical + i);
        }
        int firstCall = calls.size();
        calls.addAll(Arrays.asList(block.decodedOps));
        int firstExit = exits.size();
        List<Branches.Exit> own = exits(last);
        exits.addAll(own);
        int ending = -1;
        if (!isTranslated(last)) {
            ending = endings.size();
            endings.add(last);
        }
        int[] offsets =
                Arrays.stream(block.decodedOps).mapToInt(op -> op.offset).toArray();
        return new PlannedBlock(
                delta,
                code,
                block.count,
                offsets,
                firstCall,
                ending,
                last.offset,
                last.index,
                own.isEmpty() ? -1 : firstExit,
                own.size() < 2 ? -1 : firstExit + 1);
    }

    private static boolean isTranslated(Term last) {
        return !exits(last).isEmpty()
                || last instanceof Branches.Ret
                || last instanceof Branches.JmpReg
                || last instanceof Branches.CallReg
                || last instanceof Branches.JmpMem
                || last instanceof Branches.CallMem;
    }
}
