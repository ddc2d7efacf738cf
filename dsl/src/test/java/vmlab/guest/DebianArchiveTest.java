// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vmlab.vmm.HostMistake;

class DebianArchiveTest {
    @TempDir
    Path folder;

    private SyntheticArchive archive;
    private GuestCache cache;
    private final List<String> notices = new ArrayList<>();
    private final Progress progress = new Progress() {
        @Override
        public void start(String title, long totalBytes) {
            assertTrue(totalBytes > 0, title);
        }

        @Override
        public void advance(long bytes) {
            received += bytes;
        }

        @Override
        public void done() {
            steps++;
        }

        @Override
        public void notice(String text) {
            notices.add(text);
        }
    };
    private volatile long received;
    private int steps;

    @BeforeEach
    void open() throws IOException {
        archive = new SyntheticArchive();
        cache = new GuestCache(folder.resolve("cache"));
    }

    @AfterEach
    void close() {
        archive.close();
    }

    private DebianGuest fetch() {
        return DebianGuest.fetch(cache, archive.source(folder, ""), progress);
    }

    @Test
    void takesTheKernelTheMetapackageDependsOnAndBusybox() throws Exception {
        DebianGuest guest = fetch();
        assertEquals("6.1.0-50-686", guest.kernelRelease());
        assertEquals("linux-image-6.1.0-50-686 6.1.176-1", guest.kernelPackage());
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(guest.vmlinuz()));
        assertArrayEquals(SyntheticArchive.BUSYBOX, Files.readAllBytes(guest.busybox()));
        long sizes = archive.files.get(SyntheticArchive.KERNEL_DEB).length
                + archive.files.get(SyntheticArchive.BUSYBOX_DEB).length
                + archive.files.get(SyntheticArchive.INDEX).length;
        assertEquals(sizes, received, "bytes told to the progress");
        assertEquals(3, steps);
    }

    @Test
    void theSecondUseAsksNothing() {
        DebianGuest first = fetch();
        archive.requests.clear();
        assertEquals(first.vmlinuz(), fetch().vmlinuz());
        assertEquals(List.of(), archive.requests);
    }

    @Test
    void whatWasLostFromTheCacheIsFetchedAgain() throws Exception {
        Files.write(fetch().busybox(), new byte[3]);
        assertArrayEquals(SyntheticArchive.BUSYBOX, Files.readAllBytes(fetch().busybox()));
    }

    @Test
    void aTransferThatBreaksGoesOnWhereItStopped() throws Exception {
        archive.cutOnceAt.put(SyntheticArchive.KERNEL_DEB, 100_000);
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(fetch().vmlinuz()));
        List<String> asked = archive.requests.stream()
                .filter(r -> r.startsWith(SyntheticArchive.KERNEL_DEB))
                .toList();
        assertEquals(2, asked.size(), asked.toString());
        assertTrue(asked.get(1).matches(".* bytes=[1-9][0-9]*-"), asked.toString());
        assertTrue(notices.stream().noneMatch(n -> n.contains("damaged")), notices.toString());
    }

    @Test
    void aServerThatFallsSilentIsAskedAgainForTheRest() throws Exception {
        archive.silentAfterCut = true;
        archive.cutOnceAt.put(SyntheticArchive.KERNEL_DEB, 100_000);
        List<AptSources.Source> sources =
                List.of(new AptSources.Source(archive.address(), "bookworm", List.of("main"), "", false));
        DebianArchive source = SyntheticArchive.source(sources, folder, Duration.ofSeconds(1));
        DebianGuest guest = DebianGuest.fetch(cache, source, progress);
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(guest.vmlinuz()));
        assertTrue(
                archive.requests.stream().anyMatch(r -> r.matches(SyntheticArchive.KERNEL_DEB + " bytes=[1-9].*")),
                archive.requests.toString());
    }

    @Test
    void theNextProcessGoesOnFromThePartThatIsThere() throws Exception {
        byte[] deb = archive.files.get(SyntheticArchive.KERNEL_DEB);
        Path part = cache.path("download/" + SyntheticArchive.sha256(deb).substring(0, 8)
                + "-linux-image-6.1.0-50-686_6.1.176-1_i386.deb.part");
        Files.createDirectories(part.getParent());
        Files.write(part, java.util.Arrays.copyOf(deb, 1234));
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(fetch().vmlinuz()));
        assertTrue(
                archive.requests.contains(SyntheticArchive.KERNEL_DEB + " bytes=1234-"), archive.requests.toString());
    }

    @Test
    void aServerWithoutRangesSendsTheWholeAgain() throws Exception {
        archive.ranges = false;
        archive.cutOnceAt.put(SyntheticArchive.KERNEL_DEB, 100_000);
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(fetch().vmlinuz()));
    }

    @ParameterizedTest
    @ValueSource(strings = {SyntheticArchive.KERNEL_DEB, SyntheticArchive.INDEX})
    void aFileDamagedOnceIsFetchedOnceMore(String path) throws Exception {
        archive.damagedTimes.put(path, 1);
        assertArrayEquals(SyntheticArchive.KERNEL, Files.readAllBytes(fetch().vmlinuz()));
        assertTrue(notices.stream().anyMatch(n -> n.contains("damaged")), notices.toString());
    }

    @Test
    void aFileDamagedTwiceIsRefusedWithBothHashes() {
        archive.damagedTimes.put(SyntheticArchive.KERNEL_DEB, 2);
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        String expected = SyntheticArchive.sha256(archive.files.get(SyntheticArchive.KERNEL_DEB));
        assertTrue(mistake.getMessage().contains(SyntheticArchive.KERNEL_DEB), mistake.getMessage());
        assertTrue(mistake.getMessage().contains("expected SHA-256 " + expected), mistake.getMessage());
        assertTrue(mistake.getMessage().matches("(?s).*found +SHA-256 [0-9a-f]{64}.*"), mistake.getMessage());
        assertFalse(Files.exists(cache.path("debian/linux-image-686")), "nothing of a damaged file is unpacked");
    }

    @Test
    void anIndexWithAnotherSizeThanTheFileIsRefused() throws Exception {
        archive.publish(
                index -> index.replaceAll("(Filename: pool/b.*\nSize: )[0-9]+", "$1" + 7),
                text -> SyntheticArchive.signed(text).getBytes(StandardCharsets.UTF_8));
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains("7 bytes"), mistake.getMessage());
    }

    @Test
    void anArchiveOfAnotherReleaseIsPassedOver() throws Exception {
        archive.publish(
                index -> index,
                text -> SyntheticArchive.signed(text.replace("bookworm", "trixie"))
                        .getBytes(StandardCharsets.UTF_8));
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains("not of bookworm but of trixie"), mistake.getMessage());
    }

    @Test
    void anArchiveWithoutTheSuiteIsPassedOverForTheNext() throws Exception {
        try (SyntheticArchive other = new SyntheticArchive()) {
            other.files.clear();
            List<AptSources.Source> both = List.of(
                    new AptSources.Source(other.address(), "jammy", List.of("main"), "", false),
                    new AptSources.Source(archive.address(), "bookworm", List.of("main"), "", false));
            DebianGuest guest = DebianGuest.fetch(cache, SyntheticArchive.source(both, folder), progress);
            assertEquals("6.1.0-50-686", guest.kernelRelease());
            assertEquals(List.of(SyntheticArchive.IN_RELEASE), other.requests);
        }
    }

    @Test
    void anAddressThatIsNoneIsListedAmongTheFailures() {
        List<AptSources.Source> sources = List.of(
                new AptSources.Source("http://$(MIRROR)/debian", "bookworm", List.of("main"), "", false),
                new AptSources.Source("http:///debian", "bookworm", List.of("main"), "", false));
        HostMistake mistake = assertThrows(
                HostMistake.class, () -> DebianGuest.fetch(cache, SyntheticArchive.source(sources, folder), progress));
        assertTrue(mistake.getMessage().contains("http://$(MIRROR)/debian: "), mistake.getMessage());
        assertTrue(mistake.getMessage().contains("http:///debian: "), mistake.getMessage());
    }

    @Test
    void aSourceItsOwnerTrustsNeedsNoKeyring() {
        List<AptSources.Source> sources =
                List.of(new AptSources.Source(archive.address(), "bookworm", List.of("main"), "", true));
        DebianGuest.fetch(cache, SyntheticArchive.source(sources, folder), progress);
        assertEquals(List.of(), notices);
    }

    @Test
    void aServerThatIsGoneIsNamedWithWhatToDo() {
        DebianArchive source = archive.source(folder, "");
        archive.close();
        HostMistake mistake = assertThrows(HostMistake.class, () -> DebianGuest.fetch(cache, source, progress));
        assertTrue(
                mistake.getMessage().contains(archive.address() + ": no connection can be made"), mistake.getMessage());
        assertTrue(mistake.remedy().contains("VMLAB_DEBIAN_PACKAGES"), mistake.remedy());
    }

    @Test
    void textOutsideTheSignatureIsRefused() throws Exception {
        archive.publish(
                index -> index,
                text -> ("Codename: bookworm\n" + SyntheticArchive.signed(text)).getBytes(StandardCharsets.UTF_8));
        HostMistake mistake = assertThrows(HostMistake.class, this::fetch);
        assertTrue(mistake.getMessage().contains("no clear-signed file"), mistake.getMessage());
    }

    @Test
    void withoutAKeyringThatIsSaidOnce() {
        fetch();
        assertEquals(1, notices.stream().filter(n -> n.contains("signature")).count(), notices.toString());
    }

    @Test
    void aGoodSignatureOfATrustedKeyIsTakenAndAnotherRefused() throws Exception {
        Path home = Files.createDirectory(folder.resolve("gnupg"));
        home.toFile().setReadable(false, false);
        home.toFile().setReadable(true, true);
        assumeTrue(gpg(home, "--version") == 0 && gpgvIsHere(), "skipped: no gpg to sign with, or no gpgv");
        assertEquals(0, gpg(home, "--quick-gen-key", "one@example.org", "ed25519", "sign", "never"));
        assertEquals(0, gpg(home, "--quick-gen-key", "two@example.org", "ed25519", "sign", "never"));
        Path ring = folder.resolve("one.gpg");
        Path armored = folder.resolve("one.asc");
        assertEquals(0, gpg(home, "--output", ring.toString(), "--export", "one@example.org"));
        assertEquals(0, gpg(home, "--armor", "--output", armored.toString(), "--export", "one@example.org"));

        archive.publish(index -> index, text -> signedBy(home, "one@example.org", text));
        for (String trusted : List.of(ring.toString(), armored.toString(), Files.readString(armored))) {
            GuestCache fresh = new GuestCache(folder.resolve("cache" + trusted.length()));
            DebianGuest.fetch(fresh, archive.source(folder, trusted), progress);
        }
        assertEquals(List.of(), notices, "the signature was checked");

        archive.publish(index -> index, text -> signedBy(home, "two@example.org", text));
        HostMistake stranger = assertThrows(
                HostMistake.class, () -> DebianGuest.fetch(cache, archive.source(folder, ring.toString()), progress));
        assertTrue(stranger.getMessage().contains("signature"), stranger.getMessage());

        archive.publish(
                index -> index,
                text -> new String(signedBy(home, "one@example.org", text), StandardCharsets.UTF_8)
                        .replace("Origin: Debian", "Origin: debian")
                        .getBytes(StandardCharsets.UTF_8));
        HostMistake changed = assertThrows(
                HostMistake.class, () -> DebianGuest.fetch(cache, archive.source(folder, ring.toString()), progress));
        assertTrue(changed.getMessage().contains("BAD"), changed.getMessage());
    }

    private static boolean gpgvIsHere() {
        try {
            return new ProcessBuilder("gpgv", "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] signedBy(Path home, String user, String text) throws IOException {
        Path plain = Files.writeString(folder.resolve("Release"), text);
        Path signed = folder.resolve("InRelease");
        Files.deleteIfExists(signed);
        int status = gpg(home, "--local-user", user, "--output", signed.toString(), "--clear-sign", plain.toString());
        assertEquals(0, status);
        return Files.readAllBytes(signed);
    }

    private static int gpg(Path home, String... arguments) {
        List<String> command = new ArrayList<>(List.of("gpg", "--homedir", home.toString(), "--batch", "--quiet"));
        command.addAll(List.of("--passphrase", "", "--pinentry-mode", "loopback"));
        command.addAll(List.of(arguments));
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void severalThreadsAtOnceFetchOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Callable<DebianGuest>> tasks = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                tasks.add(() -> DebianGuest.fetch(
                        new GuestCache(folder.resolve("cache")), archive.source(folder, ""), Progress.SILENT));
            }
            for (Future<DebianGuest> task : threads.invokeAll(tasks, 60, TimeUnit.SECONDS)) {
                assertEquals("6.1.0-50-686", task.get().kernelRelease());
            }
        } finally {
            threads.shutdownNow();
        }
        long fetched = archive.requests.stream()
                .filter(SyntheticArchive.KERNEL_DEB::equals)
                .count();
        assertEquals(1, fetched, archive.requests.toString());
    }
}
