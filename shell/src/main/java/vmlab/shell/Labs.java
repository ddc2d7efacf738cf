// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import vmlab.lab.Backend;
import vmlab.lab.BootCache;
import vmlab.lab.Lab;
import vmlab.lab.LabSettings;
import vmlab.lab.Progress;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.SoftCpu;

/** Opens labs as the command line wants them. */
public final class Labs {
    private Labs() {}

    /** A lab of this process's user, for tests. */
    public static Lab open(Backend backend, Pace pace) {
        return open(backend, pace, Surroundings.ofProcess());
    }

    /** A lab that knows the guests that have booted before. */
    static Lab open(Backend backend, Pace pace, Surroundings surroundings) {
        return open(backend, SoftCpu.COMPILER, pace, boots(surroundings), surroundings);
    }

    /** The user's guests that have booted before. */
    static BootCache boots(Surroundings surroundings) {
        return BootCache.in(CachedGuest.cache(surroundings.environment()).path("boots"));
    }

    /** A lab that tells nothing: neither how long work goes on nor which back end it took. */
    static Lab quiet(Backend backend, SoftCpu softCpu, Pace pace, BootCache boots, Surroundings surroundings) {
        return open(backend, softCpu, pace, boots, surroundings, Progress.silent());
    }

    private static Lab open(
            Backend backend,
            SoftCpu softCpu,
            Pace pace,
            BootCache boots,
            Surroundings surroundings,
            Progress progress) {
        CachedGuest guest = new CachedGuest(surroundings.environment(), progress);
        return new Lab(new LabSettings(backend, pace, guest, progress, LabSettings.DEFAULT_GUEST_TIME, boots, softCpu));
    }

    /** A lab that tells how long work goes on, but not which back end it took: a learner needn't read that each time. */
    static Lab unannounced(Backend backend, SoftCpu softCpu, Pace pace, BootCache boots, Surroundings surroundings) {
        return open(backend, softCpu, pace, boots, surroundings, new TerminalProgress(surroundings));
    }

    static Lab open(Backend backend, SoftCpu softCpu, Pace pace, BootCache boots, Surroundings surroundings) {
        Lab lab = open(backend, softCpu, pace, boots, surroundings, new TerminalProgress(surroundings));
        if (backend == Backend.AUTO) {
            Set<String> told = ConcurrentHashMap.newKeySet();
            // Only who makes a VM wants to know, and once.
            lab.onVm(vm -> {
                String note = vm.backendNote();
                if (!note.isEmpty() && told.add(note)) {
                    surroundings.err().println("vmlab: " + note);
                }
            });
        }
        return lab;
    }
}
