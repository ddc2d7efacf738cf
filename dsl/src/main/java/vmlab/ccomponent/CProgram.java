// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vmlab.dsl.model.SourceLocation;
import vmlab.guest.ToolTree;

/**
 * A component's program, ready to run on this host.
 *
 * @param file a static program for 32-bit PCs, as its guests' are: what both lay out in a dataport is laid out alike
 * @param tools what it was built with
 */
public record CProgram(CSource source, Path file, ToolTree tools) {
    private static final Pattern LINE = Pattern.compile("(?m)^(/?\\S.*):(\\d+)(?: \\(discriminator \\d+\\))?$");

    public CProgram {
        Objects.requireNonNull(source);
        Objects.requireNonNull(file);
        Objects.requireNonNull(tools);
    }

    /** The line of its sources that an instruction came of; empty if it came of none. */
    Optional<SourceLocation> line(long instruction) throws IOException {
        Process objdump = new ProcessBuilder(
                        tools.bin().resolve("objdump").toString(),
                        "--disassemble",
                        "--line-numbers",
                        "--start-address=" + instruction,
                        "--stop-address=" + (instruction + 1),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        Matcher line = LINE.matcher(new String(objdump.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        while (line.find()) {
            Path named = Path.of(line.group(1)).toAbsolutePath().normalize();
            for (Path written : source.sources()) {
                if (written.toAbsolutePath().normalize().equals(named)) {
                    return Optional.of(new SourceLocation(written.toString(), Integer.parseInt(line.group(2)), 0));
                }
            }
        }
        return Optional.empty();
    }
}
