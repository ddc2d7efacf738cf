// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitramfsTest {
    @TempDir
    Path folder;

    private static byte[] written(Initramfs archive) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        archive.write(bytes);
        return bytes.toByteArray();
    }

    @Test
    @DisplayName("buffer-format.rst: cpio_header's fields in order, name and data padded to 4 bytes, TRAILER!!!")
    void hasTheLayoutTheKernelReads() throws Exception {
        byte[] bytes = written(new Initramfs().file("etc/a", "hi".getBytes(StandardCharsets.US_ASCII), 0640));
        String expected =
                // magic, ino, mode, uid, gid, nlink, mtime, filesize, maj, min, rmaj, rmin, namesize, chksum
                "070701" + "00000001" + "000041ed" + "00000000" + "00000000" + "00000002" + "5e0be100" + "00000000"
                        + "00000000" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000" + "etc\0\0\0"
                        + "070701" + "00000002" + "000081a0" + "00000000" + "00000000" + "00000001" + "5e0be100"
                        + "00000002" + "00000000" + "00000000" + "00000000" + "00000000" + "00000006" + "00000000"
                        + "etc/a\0" + "hi\0\0"
                        + "070701" + "00000000" + "00000000" + "00000000" + "00000000" + "00000001" + "00000000"
                        + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "0000000b" + "00000000"
                        + "TRAILER!!!\0\0\0\0";
        String found = new String(bytes, StandardCharsets.US_ASCII);
        assertEquals(expected, found.substring(0, expected.length()));
        assertEquals(0, bytes.length % 512, "padded to whole blocks");
        assertTrue(found.substring(expected.length()).chars().allMatch(c -> c == 0), "nothing but zeros follow");
    }

    @Test
    void theOrderOfAddingChangesNothing() throws Exception {
        Initramfs one = new Initramfs()
                .folder("b", 0700)
                .file("a/x", new byte[] {1}, 0644)
                .link("a/l", "x");
        Initramfs other = new Initramfs()
                .link("a/l", "x")
                .file("/a/x", new byte[] {1}, 0644)
                .folder("b", 0700);
        assertArrayEquals(written(one), written(other));
    }

    @Test
    void compressedHoldsTheSameBytes() throws Exception {
        Initramfs archive = new Initramfs().file("a", new byte[5000], 0644);
        Path file = folder.resolve("a.cpio.gz");
        archive.writeCompressed(file);
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            assertArrayEquals(written(archive), in.readAllBytes());
        }
    }

    @Test
    void cpioItselfListsIt() throws Exception {
        Path file = folder.resolve("a.cpio");
        new Initramfs()
                .folder("root", 0700)
                .folder("tmp", 01777)
                .file("bin/x", new byte[3], 04755)
                .link("init", "/bin/x")
                .characterDevice("dev/console", 0600, 5, 1)
                .blockDevice("dev/vda", 0660, 254, 0)
                .write(file);
        List<String> lines = listed(file);
        List<String> expected = List.of(
                "drwxr-xr-x 2 root root 0 bin",
                "-rwsr-xr-x 1 root root 3 bin/x",
                "drwxr-xr-x 2 root root 0 dev",
                "crw------- 1 root root 5, 1 dev/console",
                "brw-rw---- 1 root root 254, 0 dev/vda",
                "lrwxrwxrwx 1 root root 6 init -> /bin/x",
                "drwx------ 2 root root 0 root",
                "drwxrwxrwt 2 root root 0 tmp");
        assertEquals(expected, lines);
    }

    /** What cpio -tv says, without the dates. */
    private static List<String> listed(Path file) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("cpio", "--quiet", "-tv").redirectInput(file.toFile());
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            assumeTrue(false, "skipped: no cpio on this host");
            throw e;
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return text.lines()
                .map(line -> line.replaceAll(" +", " ").replaceFirst(" [A-Z][a-z]{2} \\d+ (\\d{4}|\\d\\d:\\d\\d)", ""))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "a//b", "../a", "a/./b", "a/.."})
    void aPathThatMakesNoSenseIsRefused(String path) {
        assertThrows(IllegalArgumentException.class, () -> new Initramfs().file(path, new byte[0], 0644));
    }

    @Test
    void aFileIsNoFolderAndAFolderNoFile() {
        Initramfs archive = new Initramfs().file("a", new byte[0], 0644).folder("b", 0755);
        assertThrows(IllegalArgumentException.class, () -> archive.file("a/x", new byte[0], 0644));
        assertThrows(IllegalArgumentException.class, () -> archive.file("b", new byte[0], 0644));
        assertThrows(IllegalArgumentException.class, () -> archive.file("c", new byte[0], 0100644));
    }
}
