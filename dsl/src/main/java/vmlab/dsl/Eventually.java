// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Closure;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.Machine.Pace;

/**
 * A condition that is looked at until it holds. Between two looks the guests go on for a moment: of their time at virtual
 * pace, of the host's else. Threads: the script's.
 */
final class Eventually {
    private static final Duration MOMENT = Duration.ofMillis(10);

    private final Lab lab;
    private final long limitNanos;
    private long passedNanos;

    private Eventually(Lab lab, long limitNanos) {
        this.lab = lab;
        this.limitNanos = limitNanos;
    }

    static Eventually of(Lab lab, Duration limit) {
        return new Eventually(Objects.requireNonNull(lab), limit.toNanos());
    }

    /** What the block returns once it throws no assertion's error; its last error if the time is over before. */
    Object call(Closure<?> block) throws InterruptedException {
        while (true) {
            try {
                return block.call();
            } catch (AssertionError e) {
                if (passedNanos >= limitNanos) {
                    throw e;
                }
                letAMomentPass();
            }
        }
    }

    private void letAMomentPass() throws InterruptedException {
        Optional<LabVm> running = lab.vms().stream()
                .filter(vm -> vm.state() == LabVm.State.RUNNING)
                .findFirst();
        if (lab.pace() == Pace.VIRTUAL && running.isPresent()) {
            running.get().run(MOMENT);
            passedNanos += MOMENT.toNanos();
        } else {
            waitOnHost();
        }
    }

    private void waitOnHost() throws InterruptedException {
        long before = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(MOMENT.toNanos());
        passedNanos += System.nanoTime() - before;
    }
}
