// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;
import vmlab.vmm.Machine;

/** What stands below the prompt. */
final class StatusLineTest {
    private final AtomicLong hostNanos = new AtomicLong();

    @Test
    void aLabWithoutVmsHasNone() {
        try (Lab lab = EchoGuest.lab();
                StatusLine status = new StatusLine(lab, hostNanos::get)) {
            assertEquals("", status.text());
        }
    }

    @Test
    void aVmIsShownWithItsStateTimeAndSpeed() {
        try (Lab lab = EchoGuest.lab();
                StatusLine status = new StatusLine(lab, hostNanos::get)) {
            lab.pace(Machine.Pace.VIRTUAL);
            new ScriptRunner(lab, new PrintWriter(System.err))
                    .run("test", "lab { vm(0) { kernel_image = debian.kernel } }", List.of());
            assertEquals("vm0 created", status.text());

            var vm = lab.vm("vm0").orElseThrow().start();
            assertTrue(status.text().matches("vm0 running echo \\d+\\.\\d s"), status.text());
            vm.run(Duration.ofSeconds(3));
            hostNanos.addAndGet(Duration.ofSeconds(1).toNanos());
            assertTrue(status.text().matches("vm0 running echo 3\\.\\d s ×3\\.\\d"), status.text());

            vm.stop();
            assertTrue(status.text().startsWith("vm0 ended 3."), status.text());
        }
    }
}
