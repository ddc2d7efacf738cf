// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import java.util.Objects;
import vmlab.vmm.IrqLine;

/**
 * One interrupt line with several drivers: it is raised while any of them raises it.
 *
 * <p>No state of its own: every driver sets its level again when it is restored. Threads: the machine's only.
 */
public final class SharedIrqLine {
    private final IrqLine line;
    private int raised;

    public SharedIrqLine(IrqLine line) {
        this.line = Objects.requireNonNull(line);
    }

    /** The line for one more driver. */
    public IrqLine input() {
        return new Input();
    }

    private final class Input implements IrqLine {
        private boolean high;

        @Override
        public void set(boolean level) {
            if (level != high) {
                high = level;
                raised += level ? 1 : -1;
                line.set(raised > 0);
            }
        }
    }
}
