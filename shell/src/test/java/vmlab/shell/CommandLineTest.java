// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class CommandLineTest {
    private TestSurroundings test;

    private int execute(String... args) {
        test = new TestSurroundings("", Map.of("HOME", "/nonexistent"));
        return VmlabCommand.execute(test.surroundings(), args);
    }

    @Test
    void helpShowsAllThatCanBeSaid() {
        int status = execute("--help");

        assertEquals(0, status);
        assertEquals("""
                Usage: vmlab [OPTIONS]                    a prompt
                       vmlab [OPTIONS] FILE [ARGS...]     run a script
                       vmlab [OPTIONS] -e CODE [ARGS...]  run a line of script
                       vmlab [OPTIONS] COMMAND
                A scriptable console for labs of virtual machines.

                Without FILE or -e it opens a prompt. FILE is a Groovy script, - is standard
                input; ARGS are its `args`.

                Options:
                      --backend=auto|kvm|soft
                                            The CPU that runs the guests: Linux KVM or the one
                                              in Java. auto says which it took.
                      --cold-boot           Have every guest boot, also one that is known as it
                                              is when it has booted.
                  -e=CODE                   Run CODE.
                  -h, --help                Show this help message and exit.
                  -i                        Open the prompt when the script is done, with its
                                              VMs and variables.
                      --soft-cpu=interpreter|compiler
                                            How the CPU in Java executes: it only interprets,
                                              or compiles what is executed often. The guest
                                              sees no difference.
                      --time=virtual|real   How guest time passes while a guest is idle:
                                              skipped, so that every run sees the same, or as
                                              the clock on the wall says.
                  -v                        Show on standard error what goes into the log; -vv
                                              shows debug messages, too.
                  -V, --version             Print version information and exit.

                Commands:
                  boot        Boot a kernel with its serial console on standard input and
                                output.
                  test        Run scripts as scenarios, each in a lab of its own, and say which
                                passed.
                  replay      Run a failed scenario again, and open the prompt where it fails.
                  tutorial    Learn by doing: lessons in steps, each checked by what the VMM
                                sees. Alone, it lists them.
                  guest       Fetch the default guest, Debian's kernel and a small user space,
                                and print where its files are.
                  import      Run what a .camkes file describes: start its VMs and components,
                                and open the prompt.
                  doctor      Check what this machine offers, and say what to do about what is
                                missing.
                  docs        Make a site of all documents, to be read without a network, and
                                print where it begins.
                  man         Print the manual page, in roff.
                  completion  Print a script that has a shell complete vmlab's commands and
                                options with Tab.

                Exit codes:
                   0     all went well
                   1     an assertion failed, or the guest ended before what was waited for
                   2     wrong usage, a mistake in a script, or something missing on this
                           machine
                   3     the back end that was asked for can't be used here
                   4     every scenario was skipped
                   70    a bug of vmlab
                   124   a wait took longer than its limit
                   130   Ctrl-C
                   255   the guest's kernel panicked, or the guest crashed with a triple fault

                Environment:
                  VMLAB_DEBIAN_MIRROR    take the guest's packages from this Debian mirror
                  VMLAB_DEBIAN_PACKAGES  take them from this folder; no network is used
                  VMLAB_CACHE            keep what was fetched here instead of ~/.cache/vmlab
                  VMLAB_JAVA_OPTS        more options for the JVM
                  JAVA_HOME              the JDK
                  NO_COLOR, CI           plain output, as with TERM=dumb
                """, test.out());
    }

    @Test
    void versionNamesTheJavaToo() {
        int status = execute("--version");

        assertEquals(0, status);
        assertTrue(test.out().matches("vmlab .*, Java \\d+.*\n"), test.out());
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("there is neither a file nor a command doctr; did you mean doctor or docs?", "doctr"),
                mistake("Unknown option: '--backnd=soft'\nPossible solutions: --backend", "--backnd=soft"),
                mistake("expected one of [AUTO, KVM, SOFT]", "--backend=fast"),
                mistake("there is no script nosuch.groovy", "nosuch.groovy"),
                mistake("Missing required option: '--kernel=FILE'", "boot"),
                mistake("there is no folder nosuch\n  give the folder", "guest", "build", "nosuch", "-o", "x"),
                mistake("'lots' is not an int", "boot", "--kernel=x", "--memory=lots"),
                mistake("there is no kernel nosuch\n  check the path given with --kernel", "boot", "--kernel=nosuch"));
    }

    private static Arguments mistake(String told, String... args) {
        return Arguments.of(args, told);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void wrongUsageIsToldShortlyAndEndsWith2(String[] args, String told) {
        int status = execute(args);

        assertEquals(2, status, Arrays.toString(args));
        assertTrue(test.err().contains(told), test.err());
        assertTrue(test.err().lines().count() <= 4, "no page of help: " + test.err());
        assertEquals("", test.out());
    }
}
