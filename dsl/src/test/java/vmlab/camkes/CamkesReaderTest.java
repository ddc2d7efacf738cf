// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.dsl.model.Composition;
import vmlab.dsl.model.CompositionChecker;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Setting;

/** Systems as the tutorials write them, and what people get wrong in them. */
class CamkesReaderTest {
    private static final String COMPONENTS = """
            #include <autoconf.h>
            #include <configurations/vm.h>

            component Init0 {
                VM_INIT_DEF()
                dataport Buf(4096) data;
                emits DoPrint do_print;
                consumes DonePrinting done_printing;
                has mutex cross_vm_event_mutex;
            }
            component PrintServer {
                control;
                dataport Buf(4096) data;
                consumes DoPrint do_print;
                emits DonePrinting done_printing;
            }
            """;

    private static final String COMPOSITION = """
                composition {
                    VM_COMPOSITION_DEF()
                    VM_PER_VM_COMP_DEF(0)
                    component PrintServer print_server;
                    connection seL4Notification conn_do_print(from vm0.do_print,
                                                             to print_server.do_print);
                    connection seL4Notification conn_done(from print_server.done_printing, to vm0.done_printing);
                    connection seL4SharedDataWithCaps conn_data(from print_server.data, to vm0.data);
                }
                configuration {
                    VM_CONFIGURATION_DEF()
                    VM_PER_VM_CONFIG_DEF(0, 2)
                    vm0.guest_ram_mb = 128;
                    vm0.kernel_image = KERNEL_IMAGE;
                    vm0.iospace_domain = 0x0f;
                    vm0.data_id = 1; // ids must be contiguous, starting from 1
                    vm0.data_size = 4096;
                }
            """;

    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private CamkesSystem read(String text) throws IOException {
        return CamkesReader.read(file("vm.camkes", text), CamkesReader.Options.NONE);
    }

    private static List<Problem> problems(CamkesSystem system) {
        List<Problem> all = new ArrayList<>(system.problems());
        all.addAll(CompositionChecker.check(system.types(), system.composition()));
        return all;
    }

    private static String tutorial() {
        return "import <VM/vm.camkes>;\n" + COMPONENTS + "assembly {\n" + COMPOSITION + "}\n";
    }

    @Test
    void theTutorialsSystemHasNoProblems() throws IOException {
        CamkesSystem system = read(tutorial());
        assertEquals(List.of(), problems(system));
        Connection data = system.composition().connections().stream()
                .filter(c -> c.name().equals("conn_data"))
                .findFirst()
                .orElseThrow();
        assertEquals("print_server.data", data.from().get(0).path());
        assertEquals("vm0.data", data.to().get(0).path());
    }

    /** The older tutorials put everything into a compound component of another file. */
    @Test
    void aCompoundComponentOfAnImportedFileIsTakenApart() throws IOException {
        file("board.camkes", COMPONENTS + "component VM {\n" + COMPOSITION + "}\n");
        CamkesSystem old = read("""
                import <VM/vm.camkes>;
                import "board.camkes";
                assembly { composition { component VM vm; } }
                """);
        assertEquals(List.of(), problems(old));
        assertEquals(names(read(tutorial()).composition()), names(old.composition()));
    }

    private static List<String> names(Composition composition) {
        return composition.instances().stream().map(Composition.Instance::name).toList();
    }

    @Test
    void whatIsWrittenReadsAsTheSame() throws IOException {
        CamkesSystem system = read(tutorial().replace("vm0.guest_ram_mb = 128;", """
                vm0.guest_ram_mb = 128;
                vm0.vm_irqs = [{"name": "Ethernet5", "source": 0x11, "level_trig": 1, "dest": 10}];
                vm0.ethdriver_mac = [6, 0, 0, 11, 12, 13];
                vm0.kernel_cmdline = "console=ttyS0,115200 " "quiet";
                """));
        String written = CamkesWriter.write(system);
        CamkesSystem again = read(written);
        assertEquals(List.of(), problems(again));
        assertEquals(written, CamkesWriter.write(again));
        assertEquals(settings(system), settings(again));
        assertEquals(names(system.composition()), names(again.composition()));
    }

    private static List<Object> settings(CamkesSystem system) {
        return system.composition().settings().stream()
                .<Object>map(s -> List.of(
                        s.instance(), s.setting().attribute(), s.setting().value()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            0x10 + 2 * 3 + 2 ** 3 ; 30
            (1 << 27) | (1 << 3) ; 134217736
            0x1fffffff & ~0x1fffe ; 536739841
            1 ? 2 : 3 ; 2
            3 > 2 && !(1 == 2) ; true
            -7 / 2 ; -3
            1.5 * 2 ; 3.0
            [1, [2, ], ] ; [1, [2]]
            {"a": 1, "b": [], } ; {a=1, b=[]}
            """)
    void expressionsComeToValues(String expression, String value) throws IOException {
        CamkesSystem system = read("component A { control; } assembly { composition { component A a; }"
                + " configuration { a.x = " + expression + "; } }");
        assertEquals(List.of(), system.problems());
        Setting setting = system.composition().settings().get(0).setting();
        assertEquals(value, setting.value().toString());
    }

    /** Made in the tutorial's system. */
    private record Mistake(String right, String wrong, String told) {}

    private static List<Mistake> mistakes() {
        return List.of(
                new Mistake("control;\n    dataport", "control\n    dataport", "there is no ; behind 'control'"),
                new Mistake(
                        "to print_server.do_print",
                        "to print_server.do_prin",
                        "component PrintServer has no interface do_prin, remedy=did you mean do_print?"),
                new Mistake(
                        "from vm0.do_print,",
                        "from print_server.do_print,",
                        "print_server.do_print consumes it, but stands on the from side"),
                new Mistake(
                        "consumes DoPrint do_print",
                        "consumes Doprint do_print",
                        "print_server.do_print is of type Doprint, but vm0.do_print of type DoPrint"),
                new Mistake(
                        "vm0.data_size = 4096",
                        "vm0.data_size = 8192",
                        "vm0.data_size is 8192, but Buf(4096) has 4096 bytes"),
                new Mistake("vm0.data_size = 4096", "vm0.data_size = 1000", "vm0.data_size is 1000"),
                new Mistake("vm0.data_id = 1", "vm0.data_id = 2", "the ids of vm0's dataports leave out 1"),
                new Mistake("vm0.data_id = 1", "vm0.data_id = 0", "vm0.data_id is 0"),
                new Mistake("vm0.data_id = 1", "vm0.dada_id = 1", "vm0 has no attribute dada_id"),
                new Mistake("vm0.guest_ram_mb", "vm0.guest_ram_mbs", "did you mean guest_ram_mb?"),
                new Mistake("vm0.guest_ram_mb", "vm1.guest_ram_mb", "there is no instance vm1"),
                new Mistake("seL4SharedDataWithCaps", "seL4SharedDataWithCap", "did you mean seL4SharedDataWithCaps"),
                new Mistake(
                        "component PrintServer print_server;",
                        "component PrintSever print_server;",
                        "there is no component PrintSever, remedy=did you mean PrintServer?"),
                new Mistake("import <VM/vm.camkes>", "import <VM/vn.camkes>", "import 'VM/vn.camkes' is not found"),
                new Mistake("<configurations/vm.h>", "<configurations/vn.h>", "there is no file configurations/vn.h"),
                new Mistake(
                        "connection seL4SharedDataWithCaps conn_data(from print_server.data, to vm0.data);",
                        "",
                        "vm0.data is not connected"),
                new Mistake("vm0.iospace_domain = 0x0f", "vm0.guest_ram_mb = 64", "vm0.guest_ram_mb is set twice"),
                new Mistake("vm0.data_id = 1", "data_id = 1", "'data_id' is no attribute of an instance"),
                new Mistake("vm0.guest_ram_mb = 128", "vm0.guest_ram_mb = \"a\" * 2", "'a' is not a whole number"),
                new Mistake("has mutex", "has mutec", "'mutec' can't stand here"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsToldAtItsPlace(Mistake mistake) throws IOException {
        String text = tutorial();
        int at = text.indexOf(mistake.right);
        assertTrue(at >= 0, mistake.right);
        String wrong = text.substring(0, at) + mistake.wrong + text.substring(at + mistake.right.length());
        List<Problem> problems = problems(read(wrong));
        assertTrue(problems.toString().contains(mistake.told), problems.toString());
        problems.forEach(p -> assertTrue(p.location().line() > 0, problems.toString()));
    }

    @Test
    void aMistakeInWhatAMacroSaysStandsAtTheMacrosName() throws IOException {
        CamkesSystem system = read("""
                #define TWICE(n) component A n; component B n;
                component A { control; }
                assembly { composition {
                    component A x;  TWICE(
                       y)
                } }
                """);
        List<Problem> problems = problems(system);
        assertEquals(1, problems.size(), problems.toString());
        assertEquals("4:21", at(problems.get(0)));
        assertTrue(problems.get(0).found().contains("y is there twice"), problems.toString());
    }

    private static String at(Problem problem) {
        return problem.location().line() + ":" + problem.location().column();
    }

    @Test
    void macrosCanBeGivenFromOutside() throws IOException {
        Path file = file(
                "vm.camkes",
                "component A { control; } assembly { composition { component A a; }"
                        + " configuration { a.image = KERNEL_IMAGE; a.other = ROOTFS; } }");
        CamkesSystem system =
                CamkesReader.read(file, new CamkesReader.Options(List.of(), Map.of("KERNEL_IMAGE", "\"bzimage\"")));
        assertEquals("bzimage", system.composition().settings().get(0).setting().value());
        assertEquals(
                new Expressions.Name("ROOTFS"),
                system.composition().settings().get(1).setting().value());
    }

    @Test
    void aComponentThatIsAPartOfItselfIsTold() throws IOException {
        CamkesSystem system =
                read("component A { composition { component A a; } } assembly { composition { component A a; } }");
        assertTrue(
                system.problems().toString().contains("A is a part of itself"),
                system.problems().toString());
    }

    @Test
    void rubbishIsTold() throws IOException {
        assertTrue(read("\u0000 \"{{[(").problems().size() > 0);
        assertTrue(CamkesReader.read(folder.resolve("none.camkes"), CamkesReader.Options.NONE)
                .problems()
                .toString()
                .contains("there is no such file"));
    }
}
