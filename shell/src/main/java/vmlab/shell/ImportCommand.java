// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import vmlab.camkes.CamkesReader;
import vmlab.camkes.CamkesSystem;
import vmlab.camkes.CamkesWriter;
import vmlab.dsl.model.CompositionChecker;
import vmlab.dsl.model.Problem;

/** {@code vmlab import}: what a {@code .camkes} file describes, checked. */
@Command(
        name = "import",
        description = {
            "Read a .camkes file with all it imports, and tell what is wrong with it.",
            "A good one is printed as one file without imports and macros."
        })
final class ImportCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "FILE", description = "The .camkes file with the assembly.")
    private Path file;

    @Option(names = "-I", paramLabel = "FOLDER", description = "Look for what is imported or included here, too.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "-D", paramLabel = "NAME=VALUE", description = "Define a macro.")
    private Map<String, String> macros = new LinkedHashMap<>();

    ImportCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        CamkesSystem system = CamkesReader.read(file, new CamkesReader.Options(folders, macros));
        List<Problem> problems = new ArrayList<>(system.problems());
        problems.addAll(CompositionChecker.check(system.types(), system.composition()));
        if (problems.isEmpty()) {
            surroundings.out().print(CamkesWriter.write(system));
            return ExitCode.OK.status();
        }
        for (Problem problem : problems) {
            surroundings.err().println(TerminalText.neutral(problem.location() + ": " + problem.found()));
            surroundings.err().println(TerminalText.neutral("  " + problem.remedy()));
        }
        return ExitCode.USAGE.status();
    }
}
