// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.lang.invoke.MethodHandle;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.soft.jit.CompilerThread;

/**
 * What of a CPU's code is compiled: finds hot blocks by looking at one in many that the run loop comes to, has their regions
 * compiled in the background, and takes the results over between slices.
 *
 * <p>Which code is compiled, and when, changes nothing the guest sees. Threads: the vCPU's, but where it says otherwise.
 */
final class Regions {
    /** One in so many blocks is looked at; prime, lest it keeps step with a loop. */
    private static final int LOOK_EVERY = 211;

    /**
     * A block that was met so often is hot: it has cost as much time by then as the JVM takes to compile its region, some tens
     * of milliseconds. Most of a boot never gets there.
     */
    private static final int HOT = 1000;

    /** Blocks that are met so many times less often than the hot one aren't compiled with it. */
    private static final int COLDER = 16;

    /** Compiled regions of one CPU; where one more comes, the oldest is interpreted again. */
    private static final int MOST_REGIONS = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(Regions.class);

    /** Made when the first region is. */
    private static final class Warm {
        static final WarmUp UP = new WarmUp();
    }

    private record Finished(Region region, MethodHandle constructor) {}

    private final Mmu mmu;
    private int phase;
    private final SoftCpu kind;
    private final Queue<Finished> finished = new ConcurrentLinkedQueue<>();

    /** Those in use, in the order they came. */
    private final Set<Region> installed = new LinkedHashSet<>();

    Regions(Mmu mmu, SoftCpu kind) {
        this.mmu = mmu;
        this.kind = kind;
    }

    /** After how many blocks the run loop should look again. */
    int untilLook() {
        return switch (kind) {
            case INTERPRETER -> Integer.MAX_VALUE;
            case COMPILER -> LOOK_EVERY;
            case COMPILER_AT_ONCE -> 1;
        };
    }

    /** The same at the beginning of a slice, which may be short: each time at another block. */
    int untilFirstLook() {
        int every = untilLook();
        phase = (phase + 1) % LOOK_EVERY;
        return Math.max(1, every - phase);
    }

    /** The run loop has come to this block and looks at it. */
    void look(Block block) {
        if (kind == SoftCpu.INTERPRETER || block.isCompiled()) {
            return;
        }
        block.heat++;
        if (!RegionPlanner.canBegin(block)) {
            return;
        }
        if (kind == SoftCpu.COMPILER_AT_ONCE) {
            if (block.heat == 2) {
                Region region = new RegionPlanner(mmu, block, 0).plan();
                install(new Finished(region, region.compile()));
            }
        } else if (block.heat == HOT) {
            Region region = new RegionPlanner(mmu, block, HOT / COLDER).plan();
            if (!CompilerThread.offer(() -> compile(region))) {
                block.heat = 0;
            }
        }
    }

    /** On the compiler's thread. */
    private void compile(Region region) {
        try {
            MethodHandle constructor = region.compile();
            region.warm(constructor, Warm.UP);
            finished.add(new Finished(region, constructor));
        } catch (RuntimeException | LinkageError e) {
            LOG.error("a region of guest code can't be compiled, and is interpreted", e);
        }
    }

    /** Takes over what was compiled. */
    void update() {
        for (Finished next = finished.poll(); next != null; next = finished.poll()) {
            install(next);
        }
    }

    private void install(Finished next) {
        if (!next.region.isValid()) {
            return;
        }
        next.region.install(next.constructor, installed);
        if (installed.size() > MOST_REGIONS) {
            installed.iterator().next().dissolve();
        }
    }
}
