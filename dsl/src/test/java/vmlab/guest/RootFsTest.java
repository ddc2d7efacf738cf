// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootFsTest {
    @TempDir
    Path folder;

    private Path busybox;

    @BeforeEach
    void prepare() throws IOException {
        busybox = Files.writeString(folder.resolve("busybox"), "not really busybox");
    }

    private static Map<String, String> contents(Path archive) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (InputStream in = Files.newInputStream(archive);
                CpioArchiveInputStream cpio = new CpioArchiveInputStream(in)) {
            for (CpioArchiveEntry e = cpio.getNextEntry(); e != null; e = cpio.getNextEntry()) {
                files.put(
                        e.getName() + " " + Long.toOctalString(e.getMode()),
                        new String(cpio.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return files;
    }

    @Test
    void greetsAsTheTutorialsGuestDoes() throws Exception {
        Map<String, String> files = contents(RootFs.builder(busybox).build(folder.resolve("root.cpio")));
        assertEquals("Welcome to Buildroot\n", files.get("etc/issue 100644"));
        assertEquals("buildroot\n", files.get("etc/hostname 100644"));
        assertEquals("not really busybox", files.get("bin/busybox 100755"));
        assertEquals("/bin/busybox", files.get("init 120777"));
        assertTrue(files.get("etc/profile 100644").contains("PS1='# '"));
        assertTrue(files.get("etc/shadow 100600").startsWith("root:" + RootFs.ROOT_PASSWORD + ":"));
        assertTrue(files.containsKey("dev/console 20600"), files.keySet().toString());
    }

    @Test
    void aLabsFilesAreAddedAndReplace() throws Exception {
        Map<String, String> files = contents(RootFs.builder(busybox)
                .file("/usr/bin/hello", "#!/bin/sh\n", 0755)
                .file("etc/issue", "Other\n", 0644)
                .folder("data", 01777)
                .link("usr/bin/hi", "hello")
                .build(folder.resolve("root.cpio")));
        assertEquals("#!/bin/sh\n", files.get("usr/bin/hello 100755"));
        assertEquals("Other\n", files.get("etc/issue 100644"));
        assertEquals("", files.get("data 41777"));
        assertEquals("hello", files.get("usr/bin/hi 120777"));
    }

    @Test
    void theSameInputsGiveTheSameBytes() throws Exception {
        Path one = RootFs.builder(busybox).build(folder.resolve("one.cpio"));
        Path two = RootFs.builder(busybox).build(folder.resolve("two.cpio"));
        assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    }

    @Test
    void theCacheBuildsOnceForEachSetOfInputs() throws Exception {
        GuestCache cache = new GuestCache(folder.resolve("cache"));
        Path first = RootFs.builder(busybox).file("a", "1", 0644).build(cache);
        FileTime mark = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(first, mark);
        assertEquals(first, RootFs.builder(busybox).file("a", "1", 0644).build(cache));
        assertEquals(mark, Files.getLastModifiedTime(first), "not written again");

        assertNotEquals(first, RootFs.builder(busybox).file("a", "2", 0644).build(cache));
        assertNotEquals(first, RootFs.builder(busybox).file("a", "1", 0600).build(cache));
        assertNotEquals(first, RootFs.builder(busybox).build(cache));
        Files.writeString(busybox, "another busybox");
        assertNotEquals(first, RootFs.builder(busybox).file("a", "1", 0644).build(cache));
    }

    @Test
    void aMistakeIsToldWhereItIsMade() {
        RootFs.Builder builder = RootFs.builder(busybox);
        assertThrows(IllegalArgumentException.class, () -> builder.file("../etc/passwd", "", 0644));
        assertThrows(IllegalArgumentException.class, () -> builder.file("a", "", 644_000));
    }

    @Test
    @DisplayName("crypt(5), md5crypt: $1$salt$hash")
    void thePasswordIsRoot() throws Exception {
        String[] parts = RootFs.ROOT_PASSWORD.split("\\$");
        assertEquals("1", parts[1]);
        assertEquals(parts[3], md5crypt("root", parts[2]));
        assertNotEquals(parts[3], md5crypt("Root", parts[2]));
    }

    /** Poul-Henning Kamp's algorithm, written from its description. */
    private static String md5crypt(String password, String salt) throws Exception {
        byte[] key = password.getBytes(StandardCharsets.US_ASCII);
        byte[] saltBytes = salt.getBytes(StandardCharsets.US_ASCII);
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(key);
        md5.update(saltBytes);
        byte[] alternate = md5.digest(key);

        md5.update(key);
        md5.update("$1$".getBytes(StandardCharsets.US_ASCII));
        md5.update(saltBytes);
        md5.update(alternate, 0, key.length);
        for (int bits = key.length; bits != 0; bits >>= 1) {
            md5.update((bits & 1) != 0 ? 0 : key[0]);
        }
        byte[] digest = md5.digest();
        for (int round = 0; round < 1000; round++) {
            md5.update(round % 2 != 0 ? key : digest);
            if (round % 3 != 0) {
                md5.update(saltBytes);
            }
            if (round % 7 != 0) {
                md5.update(key);
            }
            digest = md5.digest(round % 2 != 0 ? digest : key);
        }
        return base64(digest);
    }

    private static String base64(byte[] d) {
        int[][] groups = {{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}};
        StringBuilder text = new StringBuilder();
        for (int[] g : groups) {
            append(text, (d[g[0]] & 0xFF) << 16 | (d[g[1]] & 0xFF) << 8 | d[g[2]] & 0xFF, 4);
        }
        append(text, d[11] & 0xFF, 2);
        return text.toString();
    }

    private static void append(StringBuilder text, int value, int digits) {
        String alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (int i = 0; i < digits; i++) {
            text.append(alphabet.charAt(value >> 6 * i & 63));
        }
    }
}
