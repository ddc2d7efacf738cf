// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import vmlab.vmm.soft.jit.PlannedBlock;

/**
 * Finds the blocks that are compiled together with a hot one: those that direct transfers lead to, in whatever page, the hottest
 * first.
 *
 * <p>Only blocks that were executed, and so decoded, before: what never runs isn't compiled, and compiled code visits exactly
 * the blocks that the interpreter would. All addresses here are deltas from the hot block's linear address.
 */
final class RegionPlanner {
    /** So that the method stays below what the JVM compiles well. */
    private static final int MOST_INSTRUCTIONS = 160;

    /** As many as an int has bits to tell them apart by. */
    private static final int MOST_PAGES = 30;

    /** What a site can hold of a delta. */
    private static final int FARTHEST = 1 << 24;

    private static final int FLAT = Cpu.MODE_CODE32 | Cpu.MODE_STACK32 | Cpu.MODE_FLAT;

    private final Mmu mmu;
    private final Block root;

    /** The hot block's linear address. */
    private final int origin;

    private final int leastHeat;
    private final Map<Integer, Block> found = new TreeMap<>();
    private final Set<Integer> entries = new HashSet<>();
    /** The hottest first, by powers of two: what is sampled is no more exact; then in the order of control. */
    private final PriorityQueue<Reached> reached =
            new PriorityQueue<>(Comparator.comparingInt((Reached next) -> Integer.numberOfLeadingZeros(next.block.heat))
                    .thenComparingInt(next -> next.number));

    private int reachedCount;
    private int instructions;

    /** The region's pages, by what is added to the origin's. */
    private final List<Integer> pages = new ArrayList<>();

    private final List<Integer> physicalPages = new ArrayList<>();

    private final List<Op> calls = new ArrayList<>();
    private final List<Term> endings = new ArrayList<>();
    private final List<Branches.Exit> exits = new ArrayList<>();

    /** A block that something leads to; the number is for an order. */
    private record Reached(int delta, Block block, int number) {}

    /**
     * Begins with a block at the present EIP.
     *
     * @param leastHeat of blocks that are compiled with it
     */
    RegionPlanner(Mmu mmu, Block root, int leastHeat) {
        this.mmu = mmu;
        this.root = root;
        this.leastHeat = leastHeat;
        origin = mmu.cpu().eip;
    }

    static boolean canBegin(Block block) {
        return canBelong(block) && !block.isSplit();
    }

    private static boolean canBelong(Block block) {
        return (block.mode & FLAT) == FLAT
                && block.valid
                && block.physical != -1
                && !(block.decodedOps.length > 0 && block.decodedOps[0] instanceof Breakpoints.Gate);
    }

    Region plan() {
        entries.add(0);
        reached.add(new Reached(0, root, reachedCount++));
        while (!reached.isEmpty()) {
            add(reached.remove());
        }
        int first = found.keySet().iterator().next();
        List<PlannedBlock> plan = new ArrayList<>();
        found.forEach((delta, block) -> plan.add(planned(delta, delta - first, block)));
        List<Region.Entry> entered = found.entrySet().stream()
                .filter(at -> entries.contains(at.getKey()) && !at.getValue().isSplit())
                .map(at -> new Region.Entry(at.getKey() - first, at.getValue(), pageBits(at.getKey(), at.getValue())))
                .toList();
        return new Region(
                List.copyOf(found.values()),
                plan,
                entered,
                pages(first),
                calls.toArray(new Op[0]),
                endings.toArray(new Term[0]),
                exits.toArray(new Branches.Exit[0]));
    }

    private List<Region.Page> pages(int first) {
        List<Region.Page> all = new ArrayList<>();
        for (int n = 0; n < pages.size(); n++) {
            all.add(new Region.Page(pages.get(n) - first, physicalPages.get(n)));
        }
        return all;
    }

    private void add(Reached next) {
        if (found.containsKey(next.delta)
                || instructions + next.block.count > MOST_INSTRUCTIONS
                || pages.size() > MOST_PAGES - 2) {
            return;
        }
        found.put(next.delta, next.block);
        instructions += next.block.count;
        note(next.delta, next.block.physical >>> 12);
        if (next.block.isSplit()) {
            note(next.delta + next.block.sizeBytes - 1, next.block.secondPage);
        }
        follow(next.delta, next.block);
    }

    private int page(int delta) {
        return (origin + delta & Mmu.PAGE_MASK) - origin;
    }

    private void note(int delta, int physicalPage) {
        if (!pages.contains(page(delta))) {
            pages.add(page(delta));
            physicalPages.add(physicalPage);
        }
    }

    private void follow(int delta, Block block) {
        Term last = block.decodedLast;
        if (last instanceof Branches.Call || last instanceof Branches.CallReg || last instanceof Branches.CallMem) {
            // Where the callee returns to.
            reach(delta + last.end, true);
        }
        boolean calls = last instanceof Branches.Call;
        for (Branches.Exit exit : exits(last)) {
            reach(delta + exit.distance, !calls && exit.distance <= 0);
        }
    }

    private void reach(int delta, boolean isEntry) {
        int linear = origin + delta;
        boolean user = (root.mode & Cpu.MODE_USER) != 0;
        if (Math.abs(delta) > FARTHEST || !mmu.fetched.knows(linear, user)) {
            return;
        }
        if (isEntry) {
            entries.add(delta);
        }
        Block block = mmu.code.find(mmu.fetched.page(linear) << 12 | linear & 0xFFF, root.mode);
        if (block != null && canBelong(block) && block.heat >= leastHeat && isSecondPageThere(block, linear)) {
            reached.add(new Reached(delta, block, reachedCount++));
        }
    }

    private boolean isSecondPageThere(Block block, int linear) {
        boolean user = (root.mode & Cpu.MODE_USER) != 0;
        return !block.isSplit()
                || mmu.isRamPage(block.secondPage)
                        && mmu.fetched.knows(linear + block.sizeBytes - 1, user, block.secondPage);
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

    private PlannedBlock planned(int delta, int place, Block block) {
        Term last = block.decodedLast;
        byte[] code = new byte[block.sizeBytes];
        for (int i = 0; i < code.length; i++) {
            code[i] = (byte) mmu.codeByte(block.physicalAt(i));
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
                place,
                code,
                block.count,
                offsets,
                firstCall,
                ending,
                last.offset,
                last.index,
                pageBits(delta, block),
                own.isEmpty() ? -1 : firstExit,
                own.size() < 2 ? -1 : firstExit + 1);
    }

    private int pageBits(int delta, Block block) {
        return 1 << pages.indexOf(page(delta)) | 1 << pages.indexOf(page(delta + block.sizeBytes - 1));
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
