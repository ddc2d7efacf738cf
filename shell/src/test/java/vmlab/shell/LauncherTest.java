// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher itself: finding its folder and a Java, and saying what is missing. */
@Tag("built")
final class LauncherTest {
    @TempDir
    private Path folder;

    @Test
    void findsItselfThroughLinks() throws IOException, InterruptedException {
        Path target =
                Files.createSymbolicLink(folder.resolve("real"), Checkout.root().resolve("vmlab"));
        Path relative = Files.createSymbolicLink(folder.resolve("relative"), target.getFileName());

        Launched.Result result =
                Launched.command(relative.toString(), "--version").in(folder).run();

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("vmlab 0."), result.out());
    }

    @Test
    void printsNothingButTheAnswer() throws IOException, InterruptedException {
        Launched.Result first = Launched.with("--version").run();
        Launched.Result second = Launched.with("--version").run();

        assertEquals(first, second, "with and without the class-data archive");
        assertEquals("", first.err());
        assertEquals(1, first.out().lines().count());
    }

    @Test
    void aPipeGetsWordsOnly() throws IOException, InterruptedException {
        Launched.Result result = Launched.with()
                .set("TERM", "xterm-256color")
                .input("def twice(n) {\n  n * 2\n}\ntwice(21)\n/vms\n")
                .run();

        assertEquals("42\nno VMs yet; lab { vm(0) { … } } makes one\n", result.out());
        assertEquals("", result.err());
    }

    @Test
    void staysSilentWithAnArchiveThatDoesNotFit() throws IOException, InterruptedException {
        Path archive = Files.writeString(folder.resolve("wrong.jsa"), "no archive");

        Launched.Result result = Launched.with("--version")
                .set("VMLAB_JAVA_OPTS", "-XX:SharedArchiveFile=" + archive)
                .run();

        assertEquals(0, result.status(), result.err());
        assertEquals("", result.err());
        assertEquals(1, result.out().lines().count());
    }

    @Test
    void anOldJavaIsNamedWithWhatToInstall() throws IOException, InterruptedException {
        Path java = folder.resolve("bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "#!/bin/sh\n");
        assertTrue(java.toFile().setExecutable(true));
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"11.0.2\"\n");

        Launched.Result result =
                Launched.with("--version").set("JAVA_HOME", folder.toString()).run();

        assertEquals(2, result.status());
        assertTrue(result.err().contains("is Java 11.0.2; vmlab needs 17 or newer"), result.err());
        assertTrue(result.err().contains("apt-get install openjdk-17-jdk-headless"), result.err());
    }

    @Test
    void aJavaHomeWithoutJavaIsToldAtOnce() throws IOException, InterruptedException {
        Launched.Result result =
                Launched.with("--version").set("JAVA_HOME", folder.toString()).run();

        assertEquals(2, result.status());
        assertTrue(result.err().contains("JAVA_HOME is " + folder + ", which holds no bin/java"), result.err());
    }

    @Test
    void argumentsReachTheProgramAsTheyAre() throws IOException, InterruptedException {
        Launched.Result result =
                Launched.with("-e", "print args", "a b", "$x", "*", "", "ü").run();

        assertEquals(0, result.status(), result.err());
        assertEquals("[a b, $x, *, , ü]", result.out());
    }
}
