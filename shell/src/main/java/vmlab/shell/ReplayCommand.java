// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Backend;
import vmlab.lab.Lab;
import vmlab.shell.report.FailureBundle;
import vmlab.vmm.Machine.Pace;

/** {@code vmlab replay}: a scenario that failed, run up to where it fails, and then the prompt. */
@Command(
        name = "replay",
        description = {
            "Run a failed scenario again, and open the prompt where it fails.",
            "Its VMs and variables are there. Guests stand still until they are waited for, as in the scenario."
        })
final class ReplayCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "BUNDLE", description = "The folder that vmlab test has named.")
    private Path folder;

    ReplayCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() throws IOException {
        FailureBundle bundle = FailureBundle.read(folder);
        Backend backend = Backend.valueOf(bundle.backend().toUpperCase(Locale.ROOT));
        Pace pace = bundle.pace().equals("real") ? Pace.REAL_TIME : Pace.VIRTUAL;
        ScriptOutput output = new ScriptOutput(new PrintWriter(surroundings.out(), true));
        try (Lab lab = Labs.open(backend, pace, surroundings)) {
            ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(output, true));
            runner.seed(bundle.seed());
            try {
                runner.rehearse(bundle.script());
                surroundings.err().println("vmlab: it didn't fail this time");
            } catch (RuntimeException thrown) {
                surroundings.err().println(FailureReport.of(thrown).text());
            }
            int status = Prompt.run(runner, output, surroundings);
            runner.cleanUp();
            return status;
        } finally {
            output.flush();
        }
    }
}
