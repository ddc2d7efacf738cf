// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import vmlab.vmm.IrqLine;

/**
 * The interrupt line that all connections of a VM share, on an input that sees edges: when one of several lets go, or has
 * another event while the line is up, the line goes down and up again. So the others are looked at once more, and an edge
 * that came before the guest had set up its interrupt controllers is made good by the next.
 *
 * <p>Threads: the machine's.
 */
final class EventInterrupt {
    private final IrqLine line;
    private final Set<Object> asserted = new HashSet<>();

    EventInterrupt(IrqLine line) {
        this.line = Objects.requireNonNull(line);
    }

    /** One connection's part of the line. */
    IrqLine input() {
        Object who = new Object();
        return level -> set(who, level);
    }

    private void set(Object who, boolean level) {
        boolean wasUp = !asserted.isEmpty();
        boolean changed = level ? asserted.add(who) : asserted.remove(who);
        if (level || changed) {
            if (wasUp) {
                line.set(false);
            }
            line.set(!asserted.isEmpty());
        }
    }
}
