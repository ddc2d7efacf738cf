// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Iterator;
import java.util.List;
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

    /** Completed as the help has them; picocli would offer the constants' names. */
    static final class BackendNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("auto", "kvm", "soft").iterator();
        }
    }

    /** As for the back ends. */
    static final class TimeNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return List.of("virtual", "real").iterator();
        }
    }

    @Option(
            names = "--backend",
            paramLabel = "auto|kvm|soft",
            completionCandidates = BackendNames.class,
            description = "The CPU that runs the guests: Linux KVM or the one in Java. auto says which it took.")
    private Backend backend = Backend.AUTO;

    @Option(
            names = "--time",
            paramLabel = "virtual|real",
            completionCandidates = TimeNames.class,
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
            description =
                    "How the CPU in Java executes: it only interprets, or compiles what is executed often. The guest"
                            + " sees no difference.")
    private SoftCpu softCpu = SoftCpu.COMPILER;

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
