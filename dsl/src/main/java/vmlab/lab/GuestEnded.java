// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;
import vmlab.vmm.MachineEnd;

/** The machine ended (power-off, reset, triple fault, a failure of the host) before or while it was waited for. */
public final class GuestEnded extends WaitFailure {
    private final MachineEnd end;

    GuestEnded(String vm, String awaited, MachineEnd end, List<String> lastLines) {
        super(vm + " " + Spoken.end(end) + "; waited for " + awaited, vm, awaited, lastLines);
        this.end = end;
    }

    /** How it ended. */
    public MachineEnd end() {
        return end;
    }
}
