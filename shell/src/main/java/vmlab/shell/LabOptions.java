// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import picocli.CommandLine.Option;
import vmlab.lab.Backend;
import vmlab.lab.BootCache;
import vmlab.vmm.Machine.Pace;
import vmlab.vmm.SoftCpu;

/** Options of every command that opens a lab. */
final class LabOptions {
    /** The pace in the words of the command line. */
    enum Time {
        VIRTUAL(Pace.VIRTUAL),
        REAL(Pace.REAL_TIME);

        private final Pace pace;

        Time(Pace pace) {
            this.pace = pace;
        }
    }

    @Option(
            names = "--backend",
            paramLabel = "auto|kvm|soft",
            defaultValue = "auto",
            description = "The CPU that runs the guests: Linux KVM or the one in Java. auto says which it took.")
    private Backend backend;

    @Option(
            names = "--time",
            paramLabel = "virtual|real",
            description = "How guest time passes while a guest is idle: skipped, so that every run sees the same, or as"
                    + " the clock on the wall says.")
    private Time time;

    @Option(
            names = "--cold-boot",
            description = "Have every guest boot, also one that is known as it is when it has booted.")
    private boolean coldBoot;

    /** Guests that have booted before. */
    BootCache boots(Surroundings surroundings) {
        return coldBoot ? BootCache.none() : Labs.boots(surroundings);
    }

    @Option(
            names = "--soft-cpu",
            paramLabel = "interpreter|compiler",
            defaultValue = "compiler",
            description =
                    "How the CPU in Java executes: it only interprets, or compiles what is executed often. The guest"
                            + " sees no difference.")
    private SoftCpu softCpu;

    Backend backend() {
        return backend;
    }

    SoftCpu softCpu() {
        return softCpu;
    }

    Pace paceOr(Pace otherwise) {
        return time == null ? otherwise : time.pace;
    }

    boolean paceIsSet() {
        return time != null;
    }
}
