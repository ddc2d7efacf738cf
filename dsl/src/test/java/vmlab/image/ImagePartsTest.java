// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.GuestSource.Kind;
import vmlab.dsl.model.SourceLocation;

/** What an image is made of, without building it. */
class ImagePartsTest {
    private static final SortedMap<String, byte[]> KIT = Tutorial.kit(
            "common.mk",
            "CC = gcc\n",
            "init_template",
            "#!/bin/sh\n__INSMOD__\n\nexec /sbin/init\n",
            "linux-module/dataport/Makefile",
            "obj-m += dataport.o\n",
            "linux-module/dataport/dataport.c",
            "int port;\n",
            "lib/camkes/Makefile",
            "TARGET = libcamkes.a\n",
            "lib/camkes/dataport.h",
            "/* kit */\n",
            "apps/dataport/Makefile",
            "TARGET = dataport_init\n",
            "apps/dataport/dataport_init.c",
            "int main(void) { return 0; }\n");

    @TempDir
    Path folder;

    private final List<GuestSource> sources = new ArrayList<>();

    private void source(Kind kind, Path path) {
        sources.add(new GuestSource(kind, path, new SourceLocation("test", 1, 1)));
    }

    private ImageParts parts() throws IOException {
        return ImageParts.of(sources, KIT);
    }

    private static List<String> written(List<Part> parts) {
        return parts.stream().map(Part::written).toList();
    }

    @Test
    void aFolderIsTakenWhole() throws IOException {
        Tutorial.write(folder);
        Tutorial.file(folder.resolve("text/a/b"), "deep\n");
        Tutorial.file(folder.resolve("pkg/.hidden/Makefile"), "");
        Tutorial.file(folder.resolve("common.mk"), "CC = mine\n");
        source(Kind.FOLDER, folder);

        ImageParts parts = parts();

        assertEquals(List.of(folder + "/modules/poke"), written(parts.modules()));
        assertEquals(List.of(folder + "/pkg/hello"), written(parts.programs()));
        assertEquals(List.of("opt/a/b"), List.copyOf(parts.texts().keySet()));
        assertEquals("CC = mine\n", new String(parts.common().get("common.mk")));
        assertEquals(
                "#!/bin/sh\ninsmod /lib/modules/6.1.0-50-686/kernel/drivers/vmm/poke.ko\n\nexec /sbin/init\n",
                parts.init("6.1.0-50-686").orElseThrow());
    }

    @Test
    void aPartIsFoundAsWrittenOrInTheFolderOrInTheKit() throws IOException {
        Tutorial.write(folder.resolve("guest"));
        Tutorial.write(folder.resolve("other"));
        source(
                Kind.FOLDER,
                Files.createDirectories(folder.resolve("guest/empty")).getParent());
        source(Kind.PROGRAM, folder.resolve("other/pkg/hello"));
        source(Kind.MODULE, Path.of("modules/poke"));
        source(Kind.MODULE, Path.of("dataport"));

        ImageParts parts = parts();

        assertEquals(List.of(folder + "/other/pkg/hello"), written(parts.programs()), "the later of one name counts");
        assertEquals(List.of(folder + "/guest/modules/poke", "kit:linux-module/dataport"), written(parts.modules()));
    }

    @Test
    void whatComesFromTheKitDoesSoWhereverItsAuthorIs() throws IOException {
        Tutorial.write(folder);
        source(Kind.MODULE, Path.of("dataport"));
        source(Kind.PROGRAM, Path.of("dataport"));
        source(Kind.FOLDER, folder.resolve("pkg/.."));
        source(Kind.PROGRAM, Path.of("hello"));

        assertEquals(
                List.of(
                        "kit:linux-module/dataport",
                        "kit:apps/dataport",
                        folder.toString(),
                        "pkg:" + folder + "/pkg/hello"),
                parts().origins());
    }

    @Test
    void aFolderWithoutAMakefileDoesNotHideAPartOfTheKit() throws IOException {
        Tutorial.file(folder.resolve("dataport/lab.groovy"), "");
        source(Kind.FOLDER, folder);
        source(Kind.MODULE, Path.of("dataport"));

        assertEquals(List.of("kit:linux-module/dataport"), written(parts().modules()));
    }

    @Test
    void theKitAddsWhatInitScriptsAndMakefilesName() throws IOException {
        Tutorial.write(folder);
        Tutorial.file(folder.resolve("pkg/hello/Makefile"), Tutorial.HELLO_MAKEFILE.replace("$^", "$^ -lcamkes -lm"));
        Tutorial.file(folder.resolve("init_template"), """
                #!/bin/sh
                insmod /lib/modules/__LINUX_VERSION__/kernel/drivers/vmm/dataport.ko
                insmod /lib/modules/__LINUX_VERSION__/kernel/drivers/vmm/poke.ko    # <-- add this line
                # insmod /lib/modules/__LINUX_VERSION__/kernel/drivers/vmm/nosuch.ko
                exec /sbin/init
                """);
        Tutorial.file(folder.resolve("camkes_init"), "#!/bin/sh\ndataport_init /dev/data 4096\n");
        source(Kind.FOLDER, folder);

        ImageParts parts = parts();

        assertEquals(List.of(), parts.warnings());
        assertEquals(List.of(folder + "/modules/poke", "kit:linux-module/dataport"), written(parts.modules()));
        assertEquals(List.of(folder + "/pkg/hello", "kit:apps/dataport"), written(parts.programs()));
        assertEquals(List.of("kit:lib/camkes"), written(parts.libraries()));
        assertEquals("/* kit */\n", new String(parts.common().get("lib_src/camkes/dataport.h")));
        assertTrue(parts.init("6.1").orElseThrow().contains("insmod /lib/modules/6.1/kernel/drivers/vmm/poke.ko    #"));
    }

    @Test
    void aModuleThatNobodyLoadsAndOneThatNobodyBuildsAreWarnedOf() throws IOException {
        Tutorial.write(folder);
        Tutorial.file(folder.resolve("init_template"), "#!/bin/sh\ninsmod /lib/other.ko\nexec /sbin/init\n");
        source(Kind.FOLDER, folder);

        List<String> warnings = parts().warnings();

        assertEquals(2, warnings.size(), warnings.toString());
        assertTrue(warnings.get(0).startsWith(folder + "/modules/poke: no line of init_template loads it"));
        assertEquals("init_template loads other.ko, but there is no modules/other", warnings.get(1));
    }

    @Test
    void whatIsMissingIsTold() {
        source(Kind.PROGRAM, Path.of("nosuch"));

        BuildMistake mistake = assertThrows(BuildMistake.class, this::parts);

        assertEquals("there is no folder nosuch, and the kit has none of that name", mistake.getMessage());
        assertTrue(mistake.remedy().startsWith("the kit has: dataport; else"), mistake.remedy());
    }

    @Test
    void aNameThatMakeWouldTearApartIsRefused() throws IOException {
        Tutorial.file(folder.resolve("pkg/my hello/Makefile"), Tutorial.HELLO_MAKEFILE);
        source(Kind.FOLDER, folder);

        assertTrue(assertThrows(BuildMistake.class, this::parts)
                .getMessage()
                .endsWith("\"my hello\" for more than one name"));
    }
}
