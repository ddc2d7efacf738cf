// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.util.LinkedHashSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The reference of the command line in Markdown: what each command says of itself. */
public final class CommandReference {
    private CommandReference() {}

    /** A section for each command below this one, itself first. */
    public static String markdown(CommandLine root) {
        return "# Commands and options\n\nWhat `--help` says of each command.\n\n"
                + withAllBelow(root)
                        .map(command -> "## %s\n\n```text\n%s```\n"
                                .formatted(command.getCommandSpec().qualifiedName(), command.getUsageMessage(Ansi.OFF)))
                        .collect(Collectors.joining("\n"));
    }

    /** A command and those below it, in the order they are declared. */
    static Stream<CommandLine> withAllBelow(CommandLine command) {
        return Stream.concat(
                Stream.of(command),
                new LinkedHashSet<>(command.getSubcommands().values())
                        .stream().flatMap(CommandReference::withAllBelow));
    }
}
