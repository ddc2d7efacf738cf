// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Set;
import vmlab.vmm.soft.jit.PlannedBlock;
import vmlab.vmm.soft.jit.RegionWriter;

/** Blocks that are compiled together. Planned and used by the vCPU's thread, compiled by another. */
final class Region {
    /** Guest instructions before the region is left for good measure: the JVM compiles what is entered often. */
    private static final int MOST_INSTRUCTIONS = 4096;

    private static final MethodType CONSTRUCTOR = MethodType.methodType(void.class, Region.class, Entry.class);

    /**
     * A block that may be entered from outside.
     *
     * @param delta bytes from where the region's addresses are counted from to it
     * @param pages bits of the pages it has bytes in
     */
    record Entry(int delta, Block block, int pages) {}

    /** A page with code of the region: what is added to its addresses to get the page's, and where the code was. */
    record Page(int delta, int physical) {}

    private final List<Block> blocks;
    private final List<PlannedBlock> plan;
    private final List<Entry> entries;
    private final List<Page> pages;

    // Which pages were where they had been when this was last asked, from where on, and when.
    private int pagesThere;
    private int pagesBase;
    private int pagesVersion;

    /** What compiled code calls the CPU for within blocks. */
    final Op[] calls;

    /** What it calls the CPU for at their ends. */
    final Term[] endings;

    /** By which transfers leave. */
    final Branches.Exit[] exits;

    /** The regions it is among while it is in use; else null. */
    private Set<Region> home;

    /**
     * Takes what is to be compiled.
     *
     * @param blocks in the order of their addresses
     * @param entries those that may be entered from outside
     * @param pages in the order of their bits
     */
    Region(
            List<Block> blocks,
            List<PlannedBlock> plan,
            List<Entry> entries,
            List<Page> pages,
            Op[] calls,
            Term[] endings,
            Branches.Exit[] exits) {
        this.blocks = blocks;
        this.plan = plan;
        this.entries = entries;
        this.pages = pages;
        this.calls = calls;
        this.endings = endings;
        this.exits = exits;
    }

    /**
     * Writes and loads the class. Any thread.
     *
     * @return a constructor of {@link Compiled} for an entry
     */
    MethodHandle compile() {
        int[] deltas = entries.stream().mapToInt(Entry::delta).toArray();
        byte[] classFile = new RegionWriter(plan, deltas, MOST_INSTRUCTIONS).write();
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(classFile, false);
            return hidden.findConstructor(hidden.lookupClass(), CONSTRUCTOR)
                    .asType(CONSTRUCTOR.changeReturnType(Compiled.class));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a generated class can't be used", e);
        }
    }

    /** Bits of the pages that may be fetched from without a walk and are where they were. */
    int pages(Cpu c, int base) {
        FetchedPages fetched = c.mmu.fetched;
        if (pagesVersion != fetched.version() || pagesBase != base) {
            pagesThere = 0;
            for (int n = 0; n < pages.size(); n++) {
                if (fetched.knows(base + pages.get(n).delta, c.cpl == 3, pages.get(n).physical)) {
                    pagesThere |= 1 << n;
                }
            }
            pagesBase = base;
            pagesVersion = fetched.version();
        }
        return pagesThere;
    }

    boolean isValid() {
        return blocks.stream().allMatch(block -> block.valid);
    }

    /** Has compiled code execute the entries, until {@link #dissolve}. */
    void install(MethodHandle constructor, Set<Region> regions) {
        home = regions;
        home.add(this);
        // It was on another CPU for its warming.
        pagesVersion = -1;
        for (Block block : blocks) {
            block.join(this);
        }
        for (Entry entry : entries) {
            if (!entry.block.isCompiled()) {
                entry.block.compiled(enter(constructor, entry));
            }
        }
    }

    /** Has the JVM compile the code for a first time. */
    void warm(MethodHandle constructor, WarmUp warmUp) {
        warmUp.warm(enter(constructor, entries.get(0)));
    }

    private Compiled enter(MethodHandle constructor, Entry entry) {
        try {
            return (Compiled) constructor.invokeExact(this, entry);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has the interpreter execute all of it again. */
    void dissolve() {
        home.remove(this);
        for (Block block : blocks) {
            block.part(this);
            if (block.last instanceof Compiled code && code.region == this) {
                block.interpreted();
            }
        }
    }
}
