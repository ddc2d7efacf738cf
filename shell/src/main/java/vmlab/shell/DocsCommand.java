// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import vmlab.shell.docs.CommandReference;
import vmlab.shell.docs.Site;
import vmlab.vmm.HostMistake;

/** {@code vmlab docs}: the documents as a site. */
@Command(
        name = "docs",
        description = {
            "Make a site of all documents, to be read without a network, and print where it begins.",
            "A link that leads nowhere is a mistake."
        })
final class DocsCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Option(names = "-o", paramLabel = "FOLDER", description = "Write it there; else to target/site of the checkout.")
    private Path folder;

    DocsCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() throws IOException {
        Path home = Tutor.home();
        Site site = Site.of(home, CommandReference.markdown(VmlabCommand.commandLine(surroundings)));
        List<String> problems = site.problems();
        if (!problems.isEmpty()) {
            throw new HostMistake(String.join("\n", problems), "mend the links");
        }
        Path to = folder == null ? home.resolve("target/site") : folder;
        site.write(to);
        surroundings.out().println(to.resolve("index.html"));
        return ExitCode.OK.status();
    }
}
