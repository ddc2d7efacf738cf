// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.GuestSource;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.KernelSource;
import vmlab.dsl.model.RootFs;
import vmlab.dsl.model.Setting;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;

/** What is found beside a .camkes file, and what is told of files that disagree. */
class CamkesProjectTest {
    @TempDir
    private Path folder;

    private CamkesProject tutorial(LoadOptions options) throws IOException, URISyntaxException {
        return CamkesProject.read(Samples.copy(folder, Samples.TUTORIAL), options);
    }

    private static VmSpec vm(CamkesProject project, int index) {
        assertEquals(List.of(), project.problems());
        return project.assembly().vms().get(index);
    }

    private static Object value(VmSpec vm, String attribute) {
        return vm.setting(attribute).map(Setting::value).orElse(null);
    }

    private List<String> sources(Object rootfs) {
        return ((RootFs) rootfs)
                .sources().stream()
                        .map(source -> source.kind() + " "
                                + (source.kind() == GuestSource.Kind.FOLDER
                                        ? folder.relativize(source.path())
                                        : source.path()))
                        .toList();
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void theTutorialsNamesAreFoundToBeFilesAndVmlabsOwn() throws Exception {
        CamkesProject project = tutorial(LoadOptions.NONE);
        VmSpec vm = vm(project, 0);
        assertEquals(KernelSource.DEBIAN, value(vm, "kernel_image"));
        assertEquals(
                List.of("FOLDER ", "MODULE dataport", "MODULE consumes_event", "MODULE emits_event"),
                sources(value(vm, "initrd_image")));
        assertEquals(null, value(vm, "kernel_cmdline"));
        assertEquals(
                List.of(folder.resolve("components/print_server.c")),
                project.sources().get("PrintServer").sources());
        assertEquals(
                List.of(
                        "vm0: nothing defines VM_GUEST_CMDLINE; its command line is vmlab's own",
                        "vm0: the kernel \"bzimage\" is debian.kernel",
                        "vm0: the initrd \"rootfs.cpio\" is built from " + folder,
                        "PrintServer is " + folder.resolve("components/print_server.c")),
                project.notes());
    }

    @Test
    void filesBesideItGoBeforeVmlabsOwn() throws Exception {
        write("bzimage", "");
        write("rootfs.cpio", "");
        write("configurations/vm_tutorial.h", "#define VM_GUEST_CMDLINE \"debug\"\nint unused;\n");
        VmSpec vm = vm(tutorial(LoadOptions.NONE), 0);
        assertEquals(folder.resolve("bzimage"), value(vm, "kernel_image"));
        assertEquals(folder.resolve("rootfs.cpio"), value(vm, "initrd_image"));
        assertEquals("debug", value(vm, "kernel_cmdline"));
    }

    @Test
    void aFolderOfTheVmsOrOneCalledLinuxIsWhatItsImageIsBuiltFrom() throws Exception {
        write("linux/pkg/hello/Makefile", "");
        assertEquals(
                "FOLDER linux",
                sources(value(vm(tutorial(LoadOptions.NONE), 0), "initrd_image"))
                        .get(0));
        write("vm0/init_template", "insmod dataport.ko");
        CamkesProject again = CamkesProject.read(folder.resolve("vm.camkes"), LoadOptions.NONE);
        // Which modules are loaded, its init_template says.
        assertEquals(List.of("FOLDER vm0"), sources(value(vm(again, 0), "initrd_image")));
    }

    @Test
    void whatIsGivenGoesBeforeWhatIsFound() throws Exception {
        write("mine/camkes_init", "");
        write("kernel", "");
        LoadOptions options = new LoadOptions(
                CamkesReader.Options.NONE,
                List.of(
                        new LoadOptions.Override(Optional.empty(), "kernel_image", folder.resolve("kernel")),
                        new LoadOptions.Override(Optional.of("vm0"), "initrd_image", folder.resolve("mine")),
                        new LoadOptions.Override(Optional.of("vm1"), "guest_ram_mb", 64)),
                Map.of("PrintServer", ports -> ports.print("given")),
                Map.of(),
                new SourceLocation("here", 1, 1));
        CamkesProject project = tutorial(options);
        VmSpec vm = vm(project, 0);
        assertEquals(folder.resolve("kernel"), value(vm, "kernel_image"));
        assertEquals("FOLDER mine", sources(value(vm, "initrd_image")).get(0));
        assertEquals(128, value(vm, "guest_ram_mb"));
        assertTrue(project.assembly().components().get(0).behaviour().isPresent());
        assertEquals(Map.of(), project.sources());
    }

    @Test
    void aKernelThatIsGivenAndNotThereIsNotReplaced() throws Exception {
        LoadOptions options = new LoadOptions(
                CamkesReader.Options.NONE,
                List.of(new LoadOptions.Override(Optional.empty(), "kernel_image", "bzimag")),
                Map.of(),
                Map.of(),
                new SourceLocation("here", 1, 1));
        assertEquals(
                "here:1:1: kernel_image: there is no file bzimag",
                told(tutorial(options)).lines().findFirst().orElse(""));
    }

    @Test
    void pciFunctionsAreTheRowsOfTheTable() throws Exception {
        CamkesProject project = CamkesProject.read(Samples.copy(folder, "optiplex/optiplex"), LoadOptions.NONE);
        VmSpec vm = vm(project, 0);
        assertEquals(List.of(List.of("dp1", "ready"), List.of("dp2", "done")), value(vm, "crossvm_connections"));
        assertEquals(List.of("MODULE connection"), sources(value(vm, "initrd_image")));
        assertEquals(null, value(vm(project, 1), "crossvm_connections"));
        assertEquals(
                Optional.of(LibraryBehaviour.STRING_REVERSE),
                project.assembly().component("StringReverse").orElseThrow().behaviour());
    }

    @Test
    void theTablesGiveEventsTheirIds() throws Exception {
        Path file = Samples.copy(folder, Samples.TUTORIAL);
        change(
                "vm.camkes",
                "emits DoPrint do_print;\n    consumes",
                "emits DoPrint do_print;\n    emits DoPrint more;\n    consumes");
        change("src/cross_vm.c", "    do_print_emit,", "    more_emit,\n    do_print_emit,");
        VmSpec vm = vm(CamkesProject.read(file, LoadOptions.NONE), 0);
        assertEquals(
                List.of("more", "do_print"),
                vm.interfaces().stream()
                        .filter(face -> face.kind() == Interface.Kind.EMITS)
                        .map(Interface::name)
                        .toList());
    }

    @Test
    void anIdThatIsAnotherInTheTableIsToldAtBothPlaces() throws Exception {
        Path file = Samples.copy(folder, Samples.TUTORIAL);
        change(
                "vm.camkes",
                "    dataport Buf(4096) data;\n    emits",
                "    dataport Buf(4096) data;\n    maybe dataport Buf(4096) more;\n    emits");
        change("vm.camkes", "vm0.data_id = 1;", "vm0.data_id = 2;\n        vm0.more_id = 1;");
        change("src/cross_vm.c", "    &data_handle,", "    &data_handle,\n    &more_handle,");
        assertEquals("""
                vm.camkes:42:9: vm0.data_id is 2, but dataports at src/cross_vm.c:12:6 has data at 1
                  make them one: the guest counts the table's entries, NULL being 0
                vm.camkes:43:9: vm0.more_id is 1, but dataports at src/cross_vm.c:13:6 has more at 2
                  make them one: the guest counts the table's entries, NULL being 0""", told(CamkesProject.read(file, LoadOptions.NONE)));
    }

    /** The build files of 2016. */
    @Test
    void aMakefileTellsTheSources() throws Exception {
        Path file = Samples.copy(folder, Samples.TUTORIAL);
        Files.delete(folder.resolve("CMakeLists.txt"));
        write("Makefile", """
                Init0_CFILES += $(wildcard $(SOURCE_DIR)/src/cross_vm.c) \\
                                $(wildcard $(SOURCE_DIR)/common/src/*.c)
                PrintServer_CFILES := $(patsubst $(SOURCE_DIR)/%,%,$(wildcard $(SOURCE_DIR)/server/*.c))
                PrintServer_HFILES := $(wildcard $(SOURCE_DIR)/server/include/*.h)
                # PrintServer_CFILES += components/print_server.c
                """);
        write("server/one.c", "");
        write("server/two.c", "");
        write("server/include/server.h", "");
        change("src/cross_vm.c", "do_print_emit", "do_prin_emit");
        CamkesProject project = CamkesProject.read(file, LoadOptions.NONE);
        CSource source = project.sources().get("PrintServer");
        assertEquals(List.of(folder.resolve("server/one.c"), folder.resolve("server/two.c")), source.sources());
        assertTrue(source.includeFolders().contains(folder.resolve("server/include")), source.toString());
        assertTrue(told(project).contains("did you mean do_print?"), told(project));
    }

    private static List<String> namesOfSources() {
        return List.of(
                "print_server.c",
                "PrintServer.c",
                "components/PrintServer/src/main.c",
                "PrintServer/main.c",
                "components/print_server/main.c");
    }

    @ParameterizedTest
    @MethodSource("namesOfSources")
    void withoutABuildFileASourceIsFoundByItsName(String name) throws Exception {
        Path file = Samples.copy(folder, Samples.TUTORIAL);
        Files.delete(folder.resolve("CMakeLists.txt"));
        Files.delete(folder.resolve("components/print_server.c"));
        write(name, "");
        assertEquals(
                List.of(folder.resolve(name)),
                CamkesProject.read(file, LoadOptions.NONE)
                        .sources()
                        .get("PrintServer")
                        .sources());
    }

    // ---- mistakes

    /** A change to a file of the tutorial, and all that is told of it. */
    private record Mistake(String file, String right, String wrong, String told) {}

    /** mistakes.txt has a block for each: the file, the lines with - and + that change, and what is told. */
    private static List<Mistake> mistakes() throws IOException {
        String all = new String(
                CamkesProjectTest.class.getResourceAsStream("mistakes.txt").readAllBytes(), StandardCharsets.UTF_8);
        Pattern block = Pattern.compile("(?ms)^== (\\S+)\\n((?:^- .*?\\n)+)((?:^\\+ .*?\\n)*)(.*?)(?=^== |\\z)");
        List<Mistake> mistakes = new ArrayList<>();
        for (MatchResult found : block.matcher(all).results().toList()) {
            mistakes.add(new Mistake(
                    found.group(1),
                    plain(found.group(2)),
                    plain(found.group(3)),
                    found.group(4).strip()));
        }
        assertTrue(mistakes.size() > 20, "blocks were found: " + mistakes.size());
        return mistakes;
    }

    private static String plain(String lines) {
        return lines.lines().map(line -> line.substring(2)).collect(Collectors.joining("\n"));
    }

    private void change(String file, String right, String wrong) throws IOException {
        Path path = folder.resolve(file);
        String text = Files.readString(path);
        int at = text.indexOf(right);
        assertTrue(at >= 0, right);
        Files.writeString(path, text.substring(0, at) + wrong + text.substring(at + right.length()));
    }

    private String told(CamkesProject project) {
        return project.problems().stream()
                .map(problem -> problem.location() + ": " + problem.found() + "\n  " + problem.remedy())
                .collect(Collectors.joining("\n"))
                .replace(folder + "/", "");
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsToldAtItsPlacesWithWhatWouldDo(Mistake mistake) throws Exception {
        Path file = Samples.copy(folder, Samples.TUTORIAL);
        change(mistake.file, mistake.right, mistake.wrong);
        assertEquals(mistake.told, told(CamkesProject.read(file, LoadOptions.NONE)));
    }
}
