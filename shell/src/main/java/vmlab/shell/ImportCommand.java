// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import vmlab.camkes.CamkesProject;
import vmlab.camkes.CamkesReader;
import vmlab.camkes.CamkesWriter;
import vmlab.camkes.LoadOptions;
import vmlab.ccomponent.CProgram;
import vmlab.ccomponent.CSource;
import vmlab.dsl.ScriptRunner;
import vmlab.dsl.model.Attribute;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.SourceLocation;
import vmlab.export.DotWriter;
import vmlab.export.DslWriter;
import vmlab.export.MermaidWriter;
import vmlab.lab.Lab;
import vmlab.lab.LabVm;
import vmlab.vmm.Machine.Pace;

/** {@code vmlab import}: what a {@code .camkes} file describes, running, checked or in other words. */
@Command(
        name = "import",
        description = {
            "Run what a .camkes file describes: start its VMs and components, and open the prompt.",
            "What the file leaves to its build is found beside it; --check tells what was found."
        },
        sortOptions = false)
final class ImportCommand implements Callable<Integer> {
    /** The words a system can be printed in. */
    enum Format {
        /** A script. */
        DSL(project -> DslWriter.write(project.withPrograms(ImportCommand::neverStarted))),
        /** A .camkes file with the VM macros. */
        CAMKES(project -> CamkesWriter.write(project.assembly())),
        /** A .camkes file without imports and macros. */
        FLAT(project -> CamkesWriter.write(project.system())),
        /** A picture for Graphviz. */
        DOT(project -> DotWriter.write(project.assembly())),
        /** A picture for Markdown. */
        MERMAID(project -> MermaidWriter.write(project.assembly()));

        private final Function<CamkesProject, String> writer;

        Format(Function<CamkesProject, String> writer) {
            this.writer = writer;
        }

        /** As it is typed, completed and told in the help. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One of them instead of running. */
    static final class Instead {
        @Option(
                names = "--check",
                description = "Only tell what is wrong with it, and what its names were found to be.")
        private boolean check;

        @Option(
                names = "--print",
                paramLabel = "dsl|camkes|flat|dot|mermaid",
                description =
                        "Print it: as a script, as a .camkes file, as one without imports and macros, as a picture.")
        private Format format;
    }

    private static final Pattern OF_ONE_VM = Pattern.compile("(vm\\d+)=(.*)");

    private final Surroundings surroundings;

    @Parameters(paramLabel = "FILE", description = "The .camkes file with the assembly.")
    private Path file;

    @ArgGroup
    private Instead instead = new Instead();

    @Option(
            names = "--kernel",
            paramLabel = "[vmN=]FILE",
            description = "The kernel of all VMs, or of one; if not given, a file beside FILE or Debian's.")
    private List<String> kernels = new ArrayList<>();

    @Option(
            names = "--rootfs",
            paramLabel = "[vmN=]PATH",
            description = "An initrd, or the folder to build it from; if not given, vmN, linux or the folder of FILE.")
    private List<String> rootfs = new ArrayList<>();

    @Option(names = "--cmdline", paramLabel = "[vmN=]TEXT", description = "The kernel's command line.")
    private List<String> commandLines = new ArrayList<>();

    @Option(
            names = "--source",
            paramLabel = "COMPONENT=FILE.c",
            description = "The C code of a component; if not given, what CMakeLists.txt or Makefile say.")
    private Map<String, Path> sources = new LinkedHashMap<>();

    @Option(names = "-I", paramLabel = "FOLDER", description = "Look for what is imported or included here, too.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "-D", paramLabel = "NAME=VALUE", description = "Define a macro.")
    private Map<String, String> macros = new LinkedHashMap<>();

    @Mixin
    private LabOptions labOptions;

    ImportCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    private static CProgram neverStarted(CSource source) {
        throw new IllegalStateException("only printed: " + source);
    }

    @Override
    public Integer call() throws IOException {
        return instead.check || instead.format != null ? read() : run();
    }

    private int read() {
        CamkesProject project = CamkesProject.read(file, options());
        if (!project.problems().isEmpty()) {
            project.problems().forEach(this::tell);
            return ExitCode.USAGE.status();
        }
        if (instead.format != null) {
            surroundings.out().print(instead.format.writer.apply(project));
        } else {
            project.notes().forEach(note -> surroundings.out().println(TerminalText.neutral(note)));
        }
        return ExitCode.OK.status();
    }

    private void tell(Problem problem) {
        surroundings.err().println(TerminalText.neutral(problem.location() + ": " + problem.found()));
        surroundings.err().println(TerminalText.neutral("  " + problem.remedy()));
    }

    private int run() throws IOException {
        ScriptOutput output = new ScriptOutput(new PrintWriter(surroundings.out(), true));
        // Somebody is about to type.
        Pace pace = labOptions.paceOr(Pace.REAL_TIME);
        try (Lab lab = Labs.open(
                labOptions.backend(), labOptions.softCpu(), pace, labOptions.boots(surroundings), surroundings)) {
            ScriptRunner runner = new ScriptRunner(lab, new PrintWriter(output, true));
            runner.load(file, options()).forEach(LabVm::start);
            return Prompt.run(runner, output, surroundings);
        } finally {
            output.flush();
        }
    }

    private LoadOptions options() {
        List<LoadOptions.Override> overrides = new ArrayList<>();
        kernels.forEach(text -> overrides.add(override(Attribute.KERNEL_IMAGE, text)));
        rootfs.forEach(text -> overrides.add(override(Attribute.INITRD_IMAGE, text)));
        commandLines.forEach(text -> overrides.add(override(Attribute.KERNEL_CMDLINE, text)));
        Map<String, List<Path>> files = new LinkedHashMap<>();
        sources.forEach((component, path) -> files.put(component, List.of(path)));
        return new LoadOptions(
                new CamkesReader.Options(folders, macros),
                overrides,
                Map.of(),
                files,
                new SourceLocation("command line", 0, 0));
    }

    private static LoadOptions.Override override(Attribute attribute, String text) {
        Matcher ofOne = OF_ONE_VM.matcher(text);
        return ofOne.matches()
                ? new LoadOptions.Override(Optional.of(ofOne.group(1)), attribute.word(), ofOne.group(2))
                : new LoadOptions.Override(Optional.empty(), attribute.word(), text);
    }
}
