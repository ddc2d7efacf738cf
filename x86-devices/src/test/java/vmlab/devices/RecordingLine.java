// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import vmlab.vmm.IrqLine;

/** An interrupt line that remembers its level and how often it rose. */
public final class RecordingLine implements IrqLine {
    private boolean level;
    private int rises;

    @Override
    public void set(boolean newLevel) {
        if (newLevel && !level) {
            rises++;
        }
        level = newLevel;
    }

    public boolean level() {
        return level;
    }

    public int rises() {
        return rises;
    }
}
