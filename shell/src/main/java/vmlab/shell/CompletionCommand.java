// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vmlab completion}: what has a shell complete commands and options. */
@Command(
        name = "completion",
        description = {
            "Print a script that has a shell complete vmlab's commands and options with Tab.",
            "To have it in every shell, put into ~/.bashrc or ~/.zshrc: source <(PATH/OF/vmlab completion bash)"
        })
final class CompletionCommand implements Callable<Integer> {
    /** The shells that read the script; zsh does so by its own emulation of bash's completion. */
    enum Shell {
        BASH,
        ZSH;

        /** As it is typed, completed and told in the help. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Surroundings surroundings;

    @Parameters(paramLabel = "bash|zsh", description = "The shell.")
    private Shell shell;

    CompletionCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        surroundings.out().print(AutoComplete.bash("vmlab", VmlabCommand.commandLine(surroundings)));
        return ExitCode.OK.status();
    }
}
