// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.SourceLocation;
import vmlab.image.ImageBuilder;
import vmlab.vmm.HostMistake;

/** {@code vmlab guest build}: what the CAmkES tutorials call build-rootfs. */
@Command(
        name = "build",
        description = {
            "Build a guest image from a folder with pkg, modules, init_template and so on, and print where it is.",
            "Prints what the compiler warns of on standard error."
        })
final class GuestBuildCommand implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "DIR", description = "The folder.")
    private Path folder;

    @Option(names = "-o", paramLabel = "FILE", description = "Copy the image to FILE (in place of the cache's name).")
    private Optional<Path> output = Optional.empty();

    GuestBuildCommand(Surroundings surroundings) {
        this.surroundings = Objects.requireNonNull(surroundings);
    }

    @Override
    public Integer call() {
        if (!Files.isDirectory(folder)) {
            throw new HostMistake("there is no folder " + folder, "give the folder that holds pkg and modules");
        }
        CachedGuest guest = new CachedGuest(surroundings.environment(), new TerminalProgress(surroundings));
        SourceLocation here = new SourceLocation("command line", 0, 0);
        GuestSource source = new GuestSource(GuestSource.Kind.FOLDER, folder, here);
        ImageBuilder.Image image = guest.image(new RootFs(List.of(), List.of(source)));
        image.warnings().forEach(warning -> surroundings.err().println(TerminalText.neutral(warning)));
        surroundings
                .out()
                .println(output.map(file -> copied(image.archive(), file)).orElse(image.archive()));
        return ExitCode.OK.status();
    }

    private static Path copied(Path image, Path file) {
        try {
            return Files.copy(image, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new HostMistake("the image can't be written: " + e, "give another name behind -o", e);
        }
    }
}
