// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.HostMistake;

/** Packages from a folder: no network at all; and what may be in a package. */
class PackageFolderTest {
    @TempDir
    Path work;

    private Path folder;
    private GuestCache cache;

    @BeforeEach
    void prepare() throws IOException {
        folder = Files.createDirectory(work.resolve("packages"));
        cache = new GuestCache(work.resolve("cache"));
    }

    private DebianGuest fetch() {
        return DebianGuest.fetch(
                cache,
                PackageSource.of(Map.of("VMLAB_DEBIAN_PACKAGES", folder.toString()), work.resolve("no-apt")),
                Progress.SILENT);
    }

    private void kernel(String number, String version, String content) throws IOException {
        Files.write(
                folder.resolve("linux-image-6.1.0-" + number + "-686_" + version + "_i386.deb"),
                SyntheticArchive.deb(Map.of("./boot/vmlinuz-6.1.0-" + number + "-686", bytes(content))));
    }

    private void busybox() throws IOException {
        Files.write(
                folder.resolve("busybox-static_1%3a1.35.0-4_i386.deb"),
                SyntheticArchive.deb(Map.of("./bin/busybox", bytes("busybox"))));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aPackageOfAnotherArchitectureIsAnotherPackage() throws Exception {
        busybox();
        Files.write(
                folder.resolve("busybox-static_2-1_amd64.deb"),
                SyntheticArchive.deb(Map.of("./bin/busybox", bytes("for amd64"))));
        WantedPackage other = WantedPackage.plain("busybox-static", WantedPackage.AMD64, "bin/busybox"::equals, 1);

        List<DebianPackages.Unpacked> there = new DebianPackages(cache, new PackageFolder(folder))
                .fetch(List.of(WantedPackage.BUSYBOX, other), Progress.SILENT);

        assertEquals("busybox", Files.readString(there.get(0).files().get(0)));
        assertEquals("for amd64", Files.readString(there.get(1).files().get(0)));
    }

    @Test
    void aLinkBecomesACopyOfWhatItLeadsToInThePackageAndNothingElse() throws Exception {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(tar)) {
            link(out, "./lib/libone.so.1", "libone.so.1.2");
            link(out, "./lib/passwd.so", "/etc/passwd");
            link(out, "./lib/up.so", "../../../etc/passwd");
            TarArchiveEntry file = new TarArchiveEntry("./lib/libone.so.1.2", true);
            file.setSize(3);
            out.putArchiveEntry(file);
            out.write(bytes("one"));
            out.closeArchiveEntry();
        }
        Path deb = Files.write(
                folder.resolve("one.deb"), SyntheticArchive.ar("data.tar.xz", SyntheticArchive.xz(tar.toByteArray())));

        List<String> names = DebFile.unpack(deb, work.resolve("out"), path -> true, Integer.MAX_VALUE);

        assertEquals(List.of("lib/libone.so.1.2", "lib/libone.so.1"), names);
        assertEquals("one", Files.readString(work.resolve("out/lib/libone.so.1")));
    }

    private static void link(TarArchiveOutputStream out, String name, String target) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(target);
        out.putArchiveEntry(entry);
        out.closeArchiveEntry();
    }

    @Test
    void takesTheNewestKernelThatFits() throws Exception {
        kernel("9", "6.1.27-1", "old");
        kernel("50", "6.1.176-1", "new");
        Files.write(folder.resolve("linux-image-6.1.0-51-686-pae_6.1.180-1_i386.deb"), bytes("pae"));
        Files.write(folder.resolve("linux-image-6.1.0-51-686-unsigned_6.1.180-1_i386.deb"), bytes("unsigned"));
        Files.write(folder.resolve("linux-image-6.1.0-51-686-dbg_6.1.180-1_i386.deb"), bytes("dbg"));
        Files.write(folder.resolve("linux-image-6.1.0-51-amd64_6.1.180-1_amd64.deb"), bytes("amd64"));
        busybox();
        DebianGuest guest = fetch();
        assertEquals("6.1.0-50-686", guest.kernelRelease());
        assertArrayEquals(bytes("new"), Files.readAllBytes(guest.vmlinuz()));
        assertTrue(
                Files.exists(folder.resolve("linux-image-6.1.0-50-686_6.1.176-1_i386.deb")),
                "the owner's files stay theirs");
    }

    @Test
    void aFolderThatGotANewerKernelIsNoticed() throws Exception {
        kernel("47", "6.1.170-3", "old");
        busybox();
        assertEquals("6.1.0-47-686", fetch().kernelRelease());
        kernel("50", "6.1.176-1", "new");
        assertEquals("6.1.0-50-686", fetch().kernelRelease());
        assertFalse(
                Files.exists(cache.path("debian/linux-image-686/boot/vmlinuz-6.1.0-47-686")), "the old one is gone");
    }

    @Test
    void saysWhatIsWantedAndWhatIsThere() throws Exception {
        busybox();
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains("linux-image-6.1.0-N-686_VERSION_i386.deb"), mistake.getMessage());
        assertTrue(mistake.getMessage().contains("found: busybox-static_1%3a1.35.0-4_i386.deb"), mistake.getMessage());
    }

    @Test
    void aFolderThatIsNotThereIsNamed() throws Exception {
        Files.delete(folder);
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains(folder.toString()), mistake.getMessage());
    }

    @Test
    void aDamagedPackageIsNamedAndNothingUnpacked() throws Exception {
        kernel("50", "6.1.176-1", "kernel");
        busybox();
        Path deb = folder.resolve("linux-image-6.1.0-50-686_6.1.176-1_i386.deb");
        byte[] bytes = Files.readAllBytes(deb);
        Files.write(deb, java.util.Arrays.copyOf(bytes, bytes.length - 40));
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains(deb.toString()), mistake.getMessage());
        assertFalse(Files.exists(cache.path("debian/linux-image-686")));
    }

    @ParameterizedTest
    @DisplayName("deb(5): data.tar with each compression")
    @ValueSource(strings = {"data.tar", "data.tar.gz", "data.tar.xz", "data.tar.zst"})
    void unpacks(String name) throws Exception {
        byte[] tar = SyntheticArchive.tar(Map.of("./bin/busybox", bytes("content")));
        Path deb = Files.write(work.resolve("p.deb"), SyntheticArchive.ar(name, compressed(name, tar)));
        DebFile.unpack(deb, work.resolve("out"), path -> true, 9);
        assertEquals("content", Files.readString(work.resolve("out/bin/busybox")));
    }

    private static byte[] compressed(String name, byte[] tar) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        switch (name) {
            case "data.tar.gz" -> {
                try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
                    gzip.write(tar);
                }
            }
            case "data.tar.xz" -> bytes.write(SyntheticArchive.xz(tar));
            case "data.tar.zst" -> bytes.write(com.github.luben.zstd.Zstd.compress(tar));
            default -> bytes.write(tar);
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../escaped", "./boot/../../escaped", "/escaped"})
    void neverWritesOutsideItsFolder(String path) throws Exception {
        Path deb = Files.write(work.resolve("p.deb"), SyntheticArchive.deb(Map.of(path, bytes("bad"))));
        IOException refused =
                assertThrows(ArchiveFailure.class, () -> DebFile.unpack(deb, work.resolve("out"), wanted -> true, 9));
        assertTrue(refused.getMessage().contains("outside of its folder"), refused.getMessage());
        assertFalse(Files.exists(work.resolve("escaped")));
    }
}
