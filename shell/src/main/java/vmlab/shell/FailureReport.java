// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;
import vmlab.dsl.UserMistake;
import vmlab.dsl.model.Problem;
import vmlab.image.BuildMistake;
import vmlab.lab.AssemblyRefused;
import vmlab.lab.BackendUnavailable;
import vmlab.lab.GuestPanic;
import vmlab.lab.LabMistake;
import vmlab.lab.WaitFailure;
import vmlab.lab.WaitInterrupted;
import vmlab.lab.WaitTimedOut;
import vmlab.vmm.HostMistake;

/**
 * What is told of something that went wrong, by who can act: the author of a script, the owner of the host, or us.
 *
 * @param text several lines perhaps, without a line end behind the last
 */
record FailureReport(String text, ExitCode exitCode) {
    private static final int LAST_LINES = 15;

    static FailureReport of(Throwable thrown) {
        if (thrown instanceof UserMistake mistake) {
            return new FailureReport(mistake.getMessage(), exitCode(mistake.kind()));
        }
        if (thrown instanceof HostMistake mistake) {
            return withRemedy(mistake.getMessage(), mistake.remedy(), ExitCode.USAGE);
        }
        if (thrown instanceof LabMistake mistake) {
            return withRemedy(mistake.getMessage(), mistake.remedy(), ExitCode.USAGE);
        }
        if (thrown instanceof BuildMistake mistake) {
            FailureReport report = withRemedy(mistake.getMessage(), mistake.remedy(), ExitCode.USAGE);
            String output = mistake.output().stream()
                    .map(line -> "\n  | " + TerminalText.neutral(line))
                    .collect(Collectors.joining());
            return new FailureReport(report.text() + output, report.exitCode());
        }
        if (thrown instanceof BackendUnavailable unavailable) {
            return withRemedy(unavailable.getMessage(), unavailable.remedy(), ExitCode.BACKEND_UNAVAILABLE);
        }
        if (thrown instanceof AssemblyRefused refused) {
            return new FailureReport(list(refused.problems()), ExitCode.USAGE);
        }
        if (thrown instanceof WaitFailure failure) {
            return new FailureReport(withLastLines(failure), exitCode(failure));
        }
        return bug(thrown);
    }

    private static ExitCode exitCode(UserMistake.Kind kind) {
        return switch (kind) {
            case SCRIPT, HOST -> ExitCode.USAGE;
            case ASSERTION, ENDED -> ExitCode.SCENARIO_FAILED;
            case TIMED_OUT -> ExitCode.TIMED_OUT;
            case PANIC -> ExitCode.GUEST_PANIC;
            case INTERRUPTED -> ExitCode.INTERRUPTED;
            case BACKEND -> ExitCode.BACKEND_UNAVAILABLE;
        };
    }

    private static ExitCode exitCode(WaitFailure failure) {
        if (failure instanceof GuestPanic) {
            return ExitCode.GUEST_PANIC;
        }
        if (failure instanceof WaitTimedOut) {
            return ExitCode.TIMED_OUT;
        }
        return failure instanceof WaitInterrupted ? ExitCode.INTERRUPTED : ExitCode.SCENARIO_FAILED;
    }

    private static FailureReport withRemedy(String found, String remedy, ExitCode exitCode) {
        return new FailureReport(found + "\n  " + remedy, exitCode);
    }

    private static String list(List<Problem> problems) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : problems) {
            text.append(text.isEmpty() ? "" : "\n")
                    .append(problem.found())
                    .append("\n  ")
                    .append(problem.remedy());
        }
        return text.toString();
    }

    private static String withLastLines(WaitFailure failure) {
        StringBuilder text = new StringBuilder(failure.getMessage());
        List<String> lines = failure.lastLines();
        for (String line : lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())) {
            text.append("\n  ").append(failure.vm()).append("| ").append(TerminalText.neutral(line));
        }
        return text.toString();
    }

    private static FailureReport bug(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        LoggerFactory.getLogger(FailureReport.class).info("a bug", thrown);
        return new FailureReport(
                "This is a bug of vmlab. Please report it with the lines below and what you did before.\n"
                        + trace.toString().stripTrailing(),
                ExitCode.VMLAB_FAILED);
    }
}
