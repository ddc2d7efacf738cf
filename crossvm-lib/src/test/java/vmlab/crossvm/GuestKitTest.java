// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GuestKitTest {
    private static final Path SOURCES = Path.of("src/guest");

    @Test
    void itIsWhatTheSourcesAre() throws Exception {
        Map<String, byte[]> kit = GuestKit.files();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            List<String> names = files.filter(Files::isRegularFile)
                    .map(file -> SOURCES.relativize(file).toString())
                    .sorted()
                    .toList();
            assertEquals(names, List.copyOf(kit.keySet()));
        }
        assertArrayEquals(Files.readAllBytes(SOURCES.resolve("common.mk")), kit.get("common.mk"));
    }
}
