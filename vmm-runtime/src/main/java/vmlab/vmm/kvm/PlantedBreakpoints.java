// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import vmlab.vmm.GuestMemory;

/**
 * INT3 instructions in the guest's memory: there from the first CPU's entry until the last one comes out, so that whoever
 * looks at a held guest sees its own code. What the guest writes over one stays. Threads: those of the VM's CPUs.
 */
final class PlantedBreakpoints {
    private static final int INT3 = 0xCC;

    private final GuestMemory memory;

    /** What was there, by physical address; guarded by this object, as is the number of CPUs. */
    private final Map<Long, Integer> originals = new TreeMap<>();

    private int inside;

    PlantedBreakpoints(GuestMemory memory) {
        this.memory = memory;
    }

    /** A CPU that wants to stop at these goes for the guest. */
    synchronized void enter(Set<Long> addresses) {
        inside++;
        for (long address : addresses) {
            if (memory.contains(address, 1) && !originals.containsKey(address)) {
                originals.put(address, memory.read8(address));
                memory.write8(address, INT3);
            }
        }
    }

    /** It has come out. */
    synchronized void leave() {
        inside--;
        if (inside == 0) {
            originals.forEach((address, original) -> {
                if (memory.read8(address) == INT3) {
                    memory.write8(address, original);
                }
            });
            originals.clear();
        }
    }
}
