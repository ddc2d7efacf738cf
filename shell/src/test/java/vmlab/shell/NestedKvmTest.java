// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/nested-kvm}: a command's way into the emulated host and its results' way out. */
@Tag("built")
@Tag("guest")
final class NestedKvmTest {
    private static final String SCRIPT =
            Checkout.root().resolve("scripts/nested-kvm").toString();

    @TempDir
    private Path folder;

    @BeforeAll
    static void packagesAreThere() throws IOException, InterruptedException {
        boolean installed = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "qemu-system-x86_64")));
        Launched.Result result = installed
                ? Launched.with("guest", "nested-kvm").run()
                : Launched.with("guest", "nested-kvm", "--emulator").run();
        if (result.status() != 0) {
            Guest.missing("rig", "the emulated host's packages can't be had here: " + result.err());
        }
    }

    private Launched script(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(SCRIPT));
        command.addAll(List.of(words));
        return Launched.command(command.toArray(String[]::new))
                .set("TMPDIR", Files.createDirectories(folder.resolve("tmp")).toString());
    }

    private void nothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void wordsVariablesStreamsAndStatusPassAsTheyAre() throws IOException, InterruptedException {
        String showAll = "printf '[%s]' \"$PWD\" \"$@\"; printf '%s' \"$ODD\" >/dev/stderr; exit 201";
        Path odd = Files.createDirectory(folder.resolve("a b,c=d"));
        Launched.Result result = script(
                        "bash", "-c", showAll, "bash", "a b", "'\"", "one\ntwo\n", "", "$HOME", "*", "\\")
                .set("ODD", "x\ny='\"$(")
                .in(odd)
                .run();

        assertEquals(201, result.status(), result.err());
        assertEquals("[" + odd + "][a b]['\"][one\ntwo\n][][$HOME][*][\\]", result.out());
        assertTrue(result.err().endsWith("x\ny='\"$("), result.err());
        assertTrue(result.err().startsWith("nested-kvm: running bash in "), result.err());
        assertEquals(3, result.err().lines().count(), "one line of its own: " + result.err());
        nothingIsLeft();
    }

    @Test
    void kvmAndJavaWorkInsideAndOnlyASharedFolderIsWrittenTo() throws IOException, InterruptedException {
        Path shared = Files.createDirectory(folder.resolve("shared, too"));
        // KVM_GET_API_VERSION; the kernel's Documentation/virt/kvm/api.rst, 4.1: 12
        String inside = """
                perl -e 'open K, "+<", "/dev/kvm" or die; print ioctl(K, 0xAE00, 0), "\\n"'
                "$1/bin/java" -version 2>&1 && echo kept >"$2/shared, too/file" && echo lost >"$2/file"
                cat "$2/file"
                kill -KILL $$
                """;
        Launched.Result result = script(
                        "--share",
                        shared.toString(),
                        "sh",
                        "-c",
                        inside,
                        "sh",
                        System.getProperty("java.home"),
                        folder.toString())
                .run();

        assertEquals(128 + 9, result.status(), result.toString());
        assertTrue(result.out().startsWith("12\n"), result.toString());
        assertTrue(result.out().contains(System.getProperty("java.version")), result.toString());
        assertTrue(result.out().endsWith("lost\n"), result.toString());
        assertEquals("kept\n", Files.readString(shared.resolve("file")));
        assertFalse(Files.exists(folder.resolve("file")));
    }

    @Test
    void theLimitOfTimeEndsIt() throws IOException, InterruptedException {
        Launched.Result result = script("--timeout", "2", "sleep", "1000").run();

        assertEquals(124, result.status(), result.err());
        assertTrue(result.err().endsWith("sleep didn't end in 2 s\n"), result.err());
        nothingIsLeft();
    }

    @Test
    void anInterruptLeavesNothingRunning() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(SCRIPT, "sh", "-c", "echo started; exec sleep 1000")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("VMLAB_NO_BUILD", "1");
        builder.environment()
                .put("TMPDIR", Files.createDirectory(folder.resolve("tmp")).toString());
        Process process = builder.start();
        try (BufferedReader out = process.inputReader()) {
            assertEquals("started", out.readLine(), "shown while it runs");
            List<ProcessHandle> started = process.descendants().toList();
            assertTrue(started.size() >= 2, started.toString());
            assertEquals(
                    0,
                    Launched.command("kill", "-INT", "" + process.pid()).run().status());

            assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it goes on");
            assertEquals(128 + 2, process.exitValue());
            for (ProcessHandle each : started) {
                each.onExit().orTimeout(10, TimeUnit.SECONDS).join();
            }
            nothingIsLeft();
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    @Test
    void ownFailuresEndWith125AndSayWhatToDo() throws IOException, InterruptedException {
        Launched.Result nothing = script().run();
        Launched.Result badLimit = script("--timeout", "1m", "true").run();
        Launched.Result badFolder = script("--share", "/nonexistent", "true").run();

        assertEquals(List.of(125, 125, 125), List.of(nothing.status(), badLimit.status(), badFolder.status()));
        assertTrue(nothing.err().startsWith("nested-kvm: no command is given"), nothing.err());
        assertTrue(badLimit.err().contains("--timeout takes a whole number above 0, not '1m'"), badLimit.err());
        assertTrue(badFolder.err().contains("there is no folder /nonexistent"), badFolder.err());
    }
}
