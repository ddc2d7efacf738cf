// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("sources.list(5)")
class AptSourcesTest {
    @TempDir
    Path folder;

    @Test
    @DisplayName("ONE-LINE-STYLE FORMAT: options, comments, deb-src, disabled lines")
    void readsTheOneLineStyle() {
        List<AptSources.Source> sources = AptSources.parseOneLine("""
                # deb http://commented.example/debian bookworm main
                deb http://one.example/debian bookworm main contrib # a remark
                deb-src http://one.example/debian bookworm main
                  deb [ arch=amd64,i386 signed-by=/keys/two.gpg trusted=yes ]   https://two.example/debian/ trixie main
                deb
                """);
        assertEquals(
                List.of(
                        new AptSources.Source(
                                "http://one.example/debian", "bookworm", List.of("main", "contrib"), "", false),
                        new AptSources.Source(
                                "https://two.example/debian/", "trixie", List.of("main"), "/keys/two.gpg", true)),
                sources);
    }

    @Test
    @DisplayName("DEB822-STYLE FORMAT: several URIs and suites, comments inside, Enabled, Types")
    void readsTheDeb822Style() {
        List<AptSources.Source> sources = AptSources.parseDeb822("""
                # a comment before
                Types: deb deb-src
                # a comment between
                URIs: http://one.example/debian
                  http://two.example/debian
                suites: bookworm bookworm-updates
                Components: main
                Signed-By: /keys/debian.gpg

                Types: deb
                URIs: http://off.example/debian
                Suites: bookworm
                Components: main
                Enabled: no

                Types: deb-src
                URIs: http://source.example/debian
                Suites: bookworm
                Components: main
                """);
        assertEquals(
                List.of(
                        "http://one.example/debian bookworm",
                        "http://one.example/debian bookworm-updates",
                        "http://two.example/debian bookworm",
                        "http://two.example/debian bookworm-updates"),
                sources.stream().map(s -> s.uri() + " " + s.suite()).toList());
        assertEquals("/keys/debian.gpg", sources.get(0).signedBy());
    }

    @Test
    @DisplayName("Signed-By may be the key itself")
    void keepsAnEmbeddedKeyWithItsLines() {
        List<AptSources.Source> sources = AptSources.parseDeb822("""
                Types: deb
                URIs: http://one.example/debian
                Suites: bookworm
                Components: main
                Signed-By:
                 -----BEGIN PGP PUBLIC KEY BLOCK-----
                 .
                 AQID
                 =abcd
                 -----END PGP PUBLIC KEY BLOCK-----
                """);
        assertTrue(sources.get(0).signedBy().contains("\n.\nAQID\n"), sources.toString());
    }

    @Test
    void anEmbeddedKeyBecomesTheBytesGpgvReads() throws Exception {
        String key =
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n.\nAQID\nBA==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----";
        Path ring = ReleaseSignature.binary(key, folder.resolve("ring.gpg"));
        assertEquals(List.of((byte) 1, (byte) 2, (byte) 3, (byte) 4), bytes(Files.readAllBytes(ring)));
    }

    private static List<Byte> bytes(byte[] bytes) {
        List<Byte> list = new java.util.ArrayList<>();
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    @Test
    @DisplayName("apt-transport-mirror(1): the addresses are in a file")
    void readsBothStylesAndMirrorListsFromAFolderInAptsOrder() throws Exception {
        Path parts = Files.createDirectories(folder.resolve("sources.list.d"));
        Path mirrors = Files.writeString(folder.resolve("mirrors"), "# list\nhttp://m1.example/debian\tpriority:1\n");
        Files.writeString(folder.resolve("sources.list"), "deb cdrom:[disc]/ bookworm main\n");
        Files.writeString(parts.resolve("a.list"), "deb http://a.example/debian bookworm main\n");
        Files.writeString(
                parts.resolve("b.sources"),
                "Types: deb\nURIs: mirror+file://" + mirrors + "\nSuites: bookworm\nComponents: main\n");
        Files.writeString(parts.resolve("c.list.disabled"), "deb http://c.example/debian bookworm main\n");
        assertEquals(
                List.of("http://a.example/debian", "http://m1.example/debian"),
                AptSources.read(folder).stream().map(AptSources.Source::uri).toList());
    }

    @Test
    void archivesOfTheWantedSuiteComeFirstAndEachOnce() throws Exception {
        Files.writeString(folder.resolve("sources.list"), """
                deb http://security.example/debian-security bookworm-security main
                deb http://vendor.example/apt vendor tools
                deb http://main.example/debian bookworm main
                deb http://main.example/debian/ bookworm-updates main
                """);
        assertEquals(
                List.of("http://main.example/debian", "http://security.example/debian-security"),
                DebianArchive.sources(Map.of(), folder).stream()
                        .map(AptSources.Source::uri)
                        .toList());
    }

    @Test
    void aGivenMirrorReplacesThemAll() {
        assertEquals(
                List.of(new AptSources.Source("http://own.example/debian", "bookworm", List.of("main"), "", false)),
                DebianArchive.sources(Map.of("VMLAB_DEBIAN_MIRROR", "http://own.example/debian"), folder));
    }
}
