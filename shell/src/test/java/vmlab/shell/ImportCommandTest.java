// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImportCommandTest {
    private static final String SYSTEM = """
            component A { control; emits Tick t; }
            component B { control; consumes Tick t; attribute int n; }
            assembly {
                composition {
                    component A a;
                    component B b;
                    connection seL4Notification c(from a.t, to b.t);
                }
                configuration { b.n = SIZE * 2; }
            }
            """;

    @TempDir
    private Path folder;

    private TestSurroundings test;

    private int run(String text, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("system.camkes"), text);
        test = new TestSurroundings("", Map.of("HOME", "/nonexistent"));
        String[] args = new String[options.length + 2];
        args[0] = "import";
        args[1] = file.toString();
        System.arraycopy(options, 0, args, 2, options.length);
        return VmlabCommand.execute(test.surroundings(), args);
    }

    @Test
    void aGoodSystemIsPrintedFlat() throws IOException {
        assertEquals(0, run(SYSTEM, "-D", "SIZE=21", "--print", "flat"), test.err());
        assertTrue(test.out().contains("b.n = 42;"), test.out());
        assertTrue(test.out().contains("connection seL4Notification c(from a.t, to b.t);"), test.out());
    }

    @Test
    void aGoodSystemIsPrintedAsAScript() throws IOException {
        assertEquals(0, run(SYSTEM, "-D", "SIZE=21", "--print", "dsl"), test.err());
        assertTrue(test.out().contains("connection seL4Notification, 'c', from: a.t, to: b.t"), test.out());
    }

    @Test
    void aCheckTellsWhatWasFoundAndWhatWasNot() throws IOException {
        Files.writeString(folder.resolve("b.c"), "int run(void) { return 0; }");
        assertEquals(0, run(SYSTEM, "-D", "SIZE=21", "--check"), test.err());
        assertEquals(
                "A has no code: no build file and no file's name tells of any; its instances do nothing\n" + "B is "
                        + folder.resolve("b.c") + "\n",
                test.out());
    }

    @Test
    void aSystemIsRunWithThePrompt() throws IOException {
        Path file = Files.writeString(folder.resolve("system.camkes"), SYSTEM.replace("SIZE", "1"));
        test = new TestSurroundings(
                "println b.type() + ' ' + lab.toDot().contains('a')\n", Map.of("HOME", "/nonexistent"));
        assertEquals(0, VmlabCommand.execute(test.surroundings(), "import", file.toString()), test.err());
        assertTrue(test.out().contains("B true"), test.out());
    }

    @Test
    void aMistakeIsToldWithItsLineBeforeAnythingRuns() throws IOException {
        assertEquals(2, run(SYSTEM.replace("from a.t", "from b.t").replace("SIZE", "1")));
        assertTrue(
                test.err()
                        .contains("        connection seL4Notification c(from b.t, to b.t);\n" + " ".repeat(43) + "^"),
                test.err());
    }

    @Test
    void anOptionForWhatIsNotThereIsTold() throws IOException {
        assertEquals(2, run(SYSTEM.replace("SIZE", "1"), "--check", "--source", "BB=x.c"));
        assertTrue(test.err().contains("command line: no instance is of a component BB"), test.err());
        assertTrue(test.err().contains("did you mean B?"), test.err());
    }

    @Test
    void mistakesAreToldAtTheirPlaces() throws IOException {
        assertEquals(2, run(SYSTEM.replace("from a.t", "from b.t").replace("SIZE * 2", "1"), "--check"));
        assertEquals("", test.out());
        assertTrue(test.err().contains("system.camkes:7:44: b.t consumes it, but stands on the from side"), test.err());
    }
}
