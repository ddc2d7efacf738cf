// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.concurrent.locks.LockSupport;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.VmClock;

/**
 * Has the JVM's first compiler compile a region before a guest comes to it: until then the JVM interprets the region's bytecode,
 * which is far slower than our interpreter.
 *
 * <p>The region is entered, on a CPU that nobody else has, with too small a budget for its first block, as often as makes the
 * JVM compile; then we wait until it has. Threads: the compiler's.
 */
final class WarmUp {
    /** More than the invocations after which HotSpot compiles (its Tier3InvocationThreshold). */
    private static final int ENTRIES = 256;

    private static final int ENTRIES_TO_MEASURE = 16;

    /** An entry that takes this part of the time of the first ones is compiled. */
    private static final int FASTER = 4;

    private static final int MOST_WAITS = 60;
    private static final long WAIT_NANOS = 3_000_000;

    private final Cpu nobody;

    WarmUp() {
        GuestEvents none = (source, message) -> {};
        IoBus bus = new IoBus("nowhere", none);
        // Lives as long as the process: there is one.
        GuestMemory memory = GuestMemory.allocate(GuestMemory.PAGE_BYTES);
        nobody = new Cpu(new Board(memory, bus, bus, new NoInterrupts(), new VmClock(), new Hypercalls(none), none));
    }

    private static final class NoInterrupts implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new IllegalStateException("nothing is pending");
        }
    }

    void warm(Compiled code) {
        long slow = nanosPerEntry(code, ENTRIES);
        for (int n = 0; n < MOST_WAITS && nanosPerEntry(code, ENTRIES_TO_MEASURE) > slow / FASTER; n++) {
            LockSupport.parkNanos(WAIT_NANOS);
        }
    }

    private long nanosPerEntry(Compiled code, int entries) {
        long begin = System.nanoTime();
        for (int n = 0; n < entries; n++) {
            nobody.budget = -code.index - 2;
            code.execute(nobody);
        }
        return (System.nanoTime() - begin) / entries;
    }
}
