// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README promises of itself; {@link PagesTest} runs its code. */
final class ReadmeTest {
    private static final Path README = Checkout.root().resolve("README.md");

    @Test
    void exactlyTwoCommandsSetItUp() throws IOException {
        List<String> first = PageBlock.of(README).stream()
                .filter(block -> block.language().equals("sh"))
                .limit(2)
                .map(block -> block.text().strip())
                .toList();

        assertEquals(List.of("./vmlab scripts/hello.groovy", "mvn verify"), first);
    }

    @Test
    void theExitCodesAreAllTold() throws IOException {
        String page = Files.readString(Checkout.root().resolve("docs/command-line.md"));
        for (ExitCode code : ExitCode.values()) {
            assertTrue(
                    Pattern.compile("(?m)^\\| " + code.status() + " \\| " + Pattern.quote(code.meaning()))
                            .matcher(page)
                            .find(),
                    code + " isn't told in docs/command-line.md as in --help");
        }
    }
}
