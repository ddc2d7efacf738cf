// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import java.util.concurrent.TimeUnit
import org.junit.jupiter.api.Assumptions

/** The distribution's gdb. */
final class RealGdb {
    /** What it printed, both streams. */
    private final StringBuilder printed = new StringBuilder()
    private final Process process
    private final Thread reader

    private RealGdb(Process process) {
        this.process = process
        reader = new Thread({
            process.inputReader().eachLine { line -> synchronized (printed) { printed << line << '\n' } }
        })
        reader.daemon = true
        reader.start()
    }

    /** Starts one on commands; the test is skipped, or fails if it must not be, where there is none. */
    static RealGdb start(List<String> arguments, List<String> commands) {
        def gdb = (System.getenv('PATH') ?: '').split(':').collect { new File(it, 'gdb') }.find { it.canExecute() }
        if (gdb == null) {
            def required = (System.getenv('VMLAB_REQUIRE') ?: '').split(/\W+/)
            assert !('gdb' in required || 'all' in required) : 'there is no gdb: scripts/install-tools gdb'
            Assumptions.abort('there is no gdb here: scripts/install-tools gdb')
        }
        def line = [gdb.path, '-nx', '-batch', '-ex', 'set confirm off', '-ex', 'set pagination off'] + arguments +
            commands.collectMany { ['-ex', it] }
        return new RealGdb(new ProcessBuilder(line).redirectErrorStream(true).start())
    }

    /** Waits for its end; all that it has printed. */
    String end() {
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly()
            throw new AssertionError("gdb doesn't end; so far:\n" + text())
        }
        reader.join()
        return text()
    }

    /** As from a person at its terminal. */
    void interrupt() {
        new ProcessBuilder('kill', '-INT', process.pid() as String).start().waitFor()
    }

    String text() {
        synchronized (printed) {
            return printed.toString()
        }
    }

    /** Waits until it has printed this. */
    void awaitText(String wanted) {
        awaitThat { text().contains(wanted) }
    }

    /** Waits for something to become true while it runs. */
    void awaitThat(Closure<Boolean> condition) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60)
        while (!condition()) {
            assert process.alive && System.nanoTime() < limit : "it doesn't come; gdb has said:\n" + text()
            process.waitFor(10, TimeUnit.MILLISECONDS)
        }
    }
}
