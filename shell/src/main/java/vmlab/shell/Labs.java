// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.concurrent.atomic.AtomicBoolean;
import vmlab.lab.Backend;
import vmlab.lab.Lab;
import vmlab.lab.LabSettings;
import vmlab.vmm.Machine.Pace;

/** Opens labs as the command line wants them. */
final class Labs {
    private Labs() {}

    static Lab open(Backend backend, Pace pace, Surroundings surroundings) {
        TerminalProgress progress = new TerminalProgress(surroundings);
        CachedGuest guest = new CachedGuest(surroundings.environment(), progress);
        Lab lab = new Lab(new LabSettings(backend, pace, guest, progress, LabSettings.DEFAULT_GUEST_TIME));
        if (backend == Backend.AUTO) {
            AtomicBoolean told = new AtomicBoolean();
            // Only who makes a VM wants to know.
            lab.onVm(vm -> {
                if (told.compareAndSet(false, true)) {
                    surroundings.err().println("vmlab: " + lab.backendNote());
                }
            });
        }
        return lab;
    }
}
