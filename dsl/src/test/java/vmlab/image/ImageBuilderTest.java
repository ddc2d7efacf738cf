// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.SourceLocation;
import vmlab.guest.DebianGuest;
import vmlab.guest.GuestCache;
import vmlab.guest.Progress;
import vmlab.guest.ToolTree;
import vmlab.vmm.HostMistake;

/** Real builds with the private tools, without a guest. */
class ImageBuilderTest {
    private static DebianGuest debian;

    @TempDir
    Path folder;

    private Path sources;

    @BeforeAll
    static void fetch() {
        try {
            debian = DebianGuest.fetch(Progress.SILENT);
            ToolTree.fetch(GuestCache.ofUser(), debian.kernelRelease(), System.getenv(), Progress.SILENT);
        } catch (HostMistake e) {
            List<String> required =
                    List.of(System.getenv().getOrDefault("VMLAB_REQUIRE", "").split("\\W+"));
            if (required.contains("guest") || required.contains("all")) {
                throw e;
            }
            assumeTrue(false, "skipped, the tools for guest images can't be had here: " + e.getMessage());
        }
    }

    @BeforeEach
    void write() throws IOException {
        sources = Tutorial.write(folder.resolve("my guest"));
        // The tools are the user's, what is built with them isn't.
        Path tools = GuestCache.ofUser().path("tools");
        Files.createSymbolicLink(Files.createDirectory(folder.resolve("cache")).resolve("tools"), tools);
    }

    private ImageBuilder builder() {
        return new ImageBuilder(new GuestCache(folder.resolve("cache")), System.getenv(), debian, Progress.SILENT);
    }

    private ImageBuilder.Image build() {
        return builder().build(rootfs(sources));
    }

    private static RootFs rootfs(Path folder) {
        SourceLocation here = new SourceLocation("test", 1, 1);
        return new RootFs(List.of(), List.of(new GuestSource(GuestSource.Kind.FOLDER, folder, here)));
    }

    private BuildMistake refused() {
        return assertThrows(BuildMistake.class, this::build);
    }

    private static Map<String, byte[]> contents(Path archive) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (InputStream in = Files.newInputStream(archive);
                CpioArchiveInputStream cpio = new CpioArchiveInputStream(in)) {
            for (CpioArchiveEntry e = cpio.getNextEntry(); e != null; e = cpio.getNextEntry()) {
                files.put(e.getName(), cpio.readAllBytes());
            }
        }
        return files;
    }

    private static String module() {
        return "lib/modules/" + debian.kernelRelease() + "/kernel/drivers/vmm/poke.ko";
    }

    @Test
    void theTutorialsSourcesBuildAsTheyAre() throws Exception {
        Tutorial.file(sources.resolve("text/lipsum"), "lorem\n");
        Tutorial.file(sources.resolve("camkes_init"), "#!/bin/sh\necho ready\n");

        ImageBuilder.Image image = build();

        Map<String, byte[]> files = contents(image.archive());
        assertEquals(List.of(), image.warnings());
        assertEquals(0x7F, files.get("usr/sbin/hello")[0]);
        String poke = new String(files.get(module()), StandardCharsets.ISO_8859_1);
        assertTrue(poke.contains("vermagic=" + debian.kernelRelease() + " SMP preempt mod_unload modversions"), poke);
        String init = new String(files.get("init"), StandardCharsets.UTF_8);
        assertTrue(init.contains("\ninsmod /" + module() + "\n"), init);
        assertEquals(
                "#!/bin/sh\necho ready\n", new String(files.get("etc/init.d/S90camkes_init"), StandardCharsets.UTF_8));
        assertEquals("lorem\n", new String(files.get("opt/lipsum"), StandardCharsets.UTF_8));
        assertTrue(new String(files.get("etc/inittab"), StandardCharsets.UTF_8).contains("/etc/init.d/rcS"));
    }

    @Test
    void thePathsOfThisHostDontMatter() throws Exception {
        Path elsewhere = Tutorial.write(folder.resolve("elsewhere/deep"));

        Path here = build().archive();
        Path there = builder().build(rootfs(elsewhere)).archive();

        assertArrayEquals(Files.readAllBytes(here), Files.readAllBytes(there));
        String all = Files.readString(here, StandardCharsets.ISO_8859_1);
        assertFalse(all.contains(folder.toString()), "a path of the cache is in the image");
    }

    @Test
    void whatDidntChangeIsntBuiltAgain() throws Exception {
        Path first = build().archive();
        List<Path> products = products();
        for (Path product : products) {
            Files.setLastModifiedTime(product, FileTime.fromMillis(1_000_000));
        }

        Path second = build().archive();

        assertEquals(first, second);
        assertEquals(2, products.size(), products.toString());
        for (Path product : products) {
            assertEquals(1_000_000, Files.getLastModifiedTime(product).toMillis(), "not written again: " + product);
        }
    }

    private List<Path> products() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("cache/work"))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("/products/") && !file.endsWith(".built"))
                    .toList();
        }
    }

    @Test
    void aChangedLineIsInTheNextImage() throws Exception {
        byte[] before = contents(build().archive()).get("usr/sbin/hello");
        Tutorial.file(sources.resolve("pkg/hello/hello.c"), Tutorial.HELLO_C.replace("World", "kit"));
        byte[] after = contents(build().archive()).get("usr/sbin/hello");
        Tutorial.file(sources.resolve("pkg/hello/hello.c"), Tutorial.HELLO_C);
        byte[] back = contents(build().archive()).get("usr/sbin/hello");

        assertTrue(new String(after, StandardCharsets.ISO_8859_1).contains("Hello, kit!"));
        assertArrayEquals(before, back, "a build from what an earlier one left is a build from nothing");
    }

    @Test
    void aChangedHeaderOfALibraryReachesTheProgramsThatLinkIt() throws Exception {
        Tutorial.file(sources.resolve("lib_src/greet/Makefile"), """
                TARGET = libgreet.a
                include ../../common.mk
                OBJS = greet.o
                include ../../common_lib.mk
                """);
        Tutorial.file(sources.resolve("lib_src/greet/greet.c"), "const char *greeting(void) { return \"Ahoi\"; }\n");
        Tutorial.file(sources.resolve("lib_src/greet/greet.h"), "#define NAME \"Ann\"\nconst char *greeting(void);\n");
        Tutorial.file(sources.resolve("pkg/hello/hello.c"), """
                #include <stdio.h>
                #include "greet.h"

                int main(void) {
                    printf("%s, %s\\n", greeting(), NAME);
                    return 0;
                }
                """);
        Tutorial.file(
                sources.resolve("pkg/hello/Makefile"), Tutorial.HELLO_MAKEFILE.replace("$^ -o $@", "$^ -lgreet -o $@"));
        String first = text(contents(build().archive()).get("usr/sbin/hello"));
        Tutorial.file(sources.resolve("lib_src/greet/greet.h"), "#define NAME \"Eve\"\nconst char *greeting(void);\n");
        String second = text(contents(build().archive()).get("usr/sbin/hello"));

        assertTrue(first.contains("Ahoi") && first.contains("Ann"));
        assertTrue(second.contains("Ahoi") && second.contains("Eve"));
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1);
    }

    @Test
    void theCompilersWordsNameTheAuthorsFile() throws Exception {
        Tutorial.file(sources.resolve("pkg/hello/hello.c"), Tutorial.HELLO_C.replace("0;", "nought;"));

        BuildMistake mistake = refused();

        assertEquals(
                sources + "/pkg/hello/hello.c:5:12: error: 'nought' undeclared (first use in this function)",
                mistake.getMessage());
        assertTrue(
                mistake.output().contains("    5 |     return nought;"),
                mistake.output().toString());
    }

    @Test
    void soItDoesInAModule() throws Exception {
        Tutorial.file(sources.resolve("modules/poke/poke.c"), Tutorial.POKE_C.replace("<poke.h>", "\"nosuch.h\""));

        BuildMistake mistake = refused();

        assertEquals(
                sources + "/modules/poke/poke.c:9:10: fatal error: nosuch.h: No such file or directory",
                mistake.getMessage());
        assertTrue(mistake.remedy().contains("include"), mistake.remedy());
    }

    @Test
    void blanksInPlaceOfATabAreCalledThat() throws Exception {
        Tutorial.file(sources.resolve("pkg/hello/Makefile"), Tutorial.HELLO_MAKEFILE.replace("\t", "    "));

        assertEquals(
                sources + "/pkg/hello/Makefile:7: blanks where a TAB must be",
                refused().getMessage());

        Tutorial.write(sources);
        Tutorial.file(sources.resolve("modules/poke/Makefile"), Tutorial.POKE_MAKEFILE.replace("\t", "        "));

        assertEquals(
                sources + "/modules/poke/Makefile:5: blanks where a TAB must be",
                refused().getMessage());
    }

    @Test
    void aMakefileThatFailsOrMakesNothingIsTold() throws Exception {
        Tutorial.file(sources.resolve("pkg/hello/Makefile"), "all:\n\texit 3\n");
        assertEquals(
                sources + "/pkg/hello: make failed with status 2", refused().getMessage());

        Tutorial.file(sources.resolve("pkg/hello/Makefile"), "all:\n\ttrue\n");
        assertEquals(
                sources + "/pkg/hello: its Makefile made no program", refused().getMessage());

        Files.delete(sources.resolve("pkg/hello/Makefile"));
        assertEquals(sources + "/pkg/hello has no Makefile", refused().getMessage());
    }

    @Test
    void warningsOfTheCompilerAreKept() throws Exception {
        Tutorial.file(
                sources.resolve("pkg/hello/hello.c"), Tutorial.HELLO_C.replace("return 0", "int unused; return 0"));

        List<String> warnings = build().warnings();

        assertEquals(1, warnings.size());
        assertTrue(
                warnings.get(0).startsWith(sources + "/pkg/hello/hello.c:5:9: warning: unused variable"),
                warnings.toString());
        assertNotEquals(0, contents(build().archive()).get("usr/sbin/hello").length);
    }
}
