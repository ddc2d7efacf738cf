// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vmlab.vmm.HostMistake;

class GuestCacheTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @DisplayName("XDG Base Directory Specification 0.8")
    @CsvSource({
        "/own, /xdg, /own",
        "'', /xdg, /xdg/vmlab",
        "'', '', /home/user/.cache/vmlab",
        "'', relative, /home/user/.cache/vmlab",
    })
    void isWhereTheEnvironmentSays(String own, String xdg, String expected) {
        Map<String, String> environment = Map.of("VMLAB_CACHE", own, "XDG_CACHE_HOME", xdg);
        assertEquals(
                Path.of(expected),
                GuestCache.of(environment, Path.of("/home/user")).root());
    }

    @Test
    void aFileThatCouldNotBeMadeDoesNotAppear() {
        GuestCache cache = new GuestCache(folder);
        cache.put("a/file", target -> Files.writeString(target, "first"));
        assertThrows(
                HostMistake.class,
                () -> cache.put("a/file", target -> {
                    Files.writeString(target, "half");
                    throw new IOException("No space left on device");
                }));
        assertEquals(List.of("a", "lock"), names(cache));
        assertEquals(5, cache.describe().sizeBytes(), "the first file is still whole, nothing lies beside it");
    }

    private static List<String> names(GuestCache cache) {
        return cache.describe().entries().stream().map(GuestCache.Entry::name).toList();
    }

    @Test
    void aCacheThatCanNotBeMadeSaysWhatToDo() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        GuestCache cache = new GuestCache(file.resolve("cache"));
        HostMistake mistake = assertThrows(HostMistake.class, () -> cache.locked(() -> 1));
        assertTrue(mistake.remedy().contains("VMLAB_CACHE"), mistake.remedy());
        assertFalse(cache.describe().writable());
    }

    @Test
    void asksForSpaceBeforeItBegins() {
        HostMistake mistake = assertThrows(
                HostMistake.class,
                () -> new GuestCache(folder).locked(() -> {
                    new GuestCache(folder).requireSpace(Long.MAX_VALUE / 2);
                    return 1;
                }));
        assertTrue(mistake.getMessage().contains("MB are needed"), mistake.getMessage());
    }

    @Test
    void aPathOutsideIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new GuestCache(folder).path("../other"));
    }

    @Test
    void anotherProcessWaitsForTheLock() throws Exception {
        GuestCache cache = new GuestCache(folder);
        Process other = cache.locked(() -> {
            Process process = tryLock();
            assertTrue(ended(process), "the other process answers");
            return process;
        });
        assertEquals(BUSY, other.exitValue(), "locked here");
        Process later = tryLock();
        assertTrue(ended(later));
        assertEquals(0, later.exitValue(), "free again");
    }

    private static final int BUSY = 7;

    private Process tryLock() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Locker.class.getName(),
                        folder.resolve("lock").toString())
                .inheritIO()
                .start();
    }

    private static boolean ended(Process process) throws IOException {
        try {
            return process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Run as a process of its own: can the lock be had? */
    static final class Locker {
        private Locker() {}

        public static void main(String[] arguments) throws IOException {
            try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
                System.exit(channel.tryLock() == null ? BUSY : 0);
            }
        }
    }
}
