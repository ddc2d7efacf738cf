// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code vmlab doctor}: what this machine offers, and what to do about what is missing. */
@Command(name = "doctor", description = "Check what this machine offers, and say what to do about what is missing.")
final class DoctorCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    DoctorCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        List<Finding> findings = Doctor.examine(surroundings);
        surroundings.out().println(Doctor.text(findings));
        boolean fit = findings.stream().noneMatch(finding -> finding.level() == Finding.Level.FAIL);
        return (fit ? ExitCode.OK : ExitCode.USAGE).status();
    }
}
