// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import vmlab.shell.docs.ManPage;

/** {@code vmlab man}: the manual page. */
@Command(
        name = "man",
        description = {"Print the manual page, in roff.", "To read it: vmlab man | man -l -"})
final class ManCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    ManCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        surroundings
                .out()
                .print(ManPage.roff(VmlabCommand.commandLine(surroundings), "vmlab " + VmlabCommand.Version.ofBuild()));
        return ExitCode.OK.status();
    }
}
