// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Backend;
import vmlab.lab.LabComponent;
import vmlab.lab.LabVm;
import vmlab.shell.Labs;
import vmlab.vmm.Machine.Pace;

/**
 * A lab in a test, at virtual pace: scripts in vmlab's words, and what they have made. Errors: what scripts throw, a {@link
 * vmlab.dsl.UserMistake} with its line. Threads: the test's.
 */
public final class TestLab implements AutoCloseable {
    private static final int SHOWN_LINES = 15;

    private final vmlab.lab.Lab lab;
    private final StringWriter printed = new StringWriter();
    private final ScriptRunner runner;

    private TestLab(vmlab.lab.Lab lab, long seed) {
        this.lab = lab;
        runner = new ScriptRunner(lab, new PrintWriter(printed, true));
        runner.seed(seed);
    }

    /** An empty lab. */
    static TestLab open(Lab wanted) {
        Backend backend = Backend.valueOf(wanted.backend().toUpperCase(Locale.ROOT));
        return new TestLab(Labs.open(backend, Pace.VIRTUAL), wanted.seed());
    }

    /** Runs a script; its VMs and variables stay for the next. */
    public Object run(String script) {
        return runner.run("test", script, List.of());
    }

    /** Runs a script's file. */
    public Object run(Path file) {
        return runner.run(file, List.of());
    }

    /** A VM by its name. */
    public LabVm vm(String name) {
        return lab.vm(name).orElseThrow(() -> new IllegalArgumentException("there is no VM " + name));
    }

    /** A component by its name. */
    public LabComponent component(String name) {
        return lab.component(name).orElseThrow(() -> new IllegalArgumentException("there is no component " + name));
    }

    /** All of it. */
    public vmlab.lab.Lab lab() {
        return lab;
    }

    /** What scripts, handlers and components have printed. */
    public String printed() {
        return printed.toString();
    }

    /** The end of each guest's console, for the report of a failure. */
    String consoles() {
        return lab.vms().stream()
                .map(vm -> "the last lines of " + vm.name() + "'s console:\n"
                        + vm.console().lastLines(SHOWN_LINES).stream()
                                .map(line -> "  | " + line + "\n")
                                .collect(Collectors.joining()))
                .collect(Collectors.joining());
    }

    /** Does what scripts have left to be cleaned up, and ends all VMs. */
    @Override
    public void close() {
        try {
            runner.cleanUp();
        } finally {
            lab.close();
        }
    }
}
