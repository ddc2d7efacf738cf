// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Binding;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import vmlab.lab.Lab;

/**
 * Runs scripts and prompt lines in one lab, over one binding. The VMs of the lab are variables of it ({@code vm0}), as
 * are {@code lab}'s results; {@code _} is the last value of the prompt.
 *
 * <p>Errors: {@link UserMistake} for what the user, the guest or the host did; anything else that is thrown is a bug of
 * vmlab with its full trace. Threads: one at a time; interrupting it ends a wait.
 */
public final class ScriptRunner {
    /** Runs scripts that print to {@code out}. */
    public ScriptRunner(Lab lab, PrintWriter out) {}

    /** Runs a file. */
    public Object run(Path file, List<String> args) {
        throw new UnsupportedOperationException();
    }

    /**
     * Runs a script that isn't in a file.
     *
     * @param name how messages call it: {@code -e}, {@code standard input}
     */
    public Object run(String name, String text, List<String> args) {
        throw new UnsupportedOperationException();
    }

    /** Does one input of the prompt: several lines perhaps. Variables and imports stay for the next. */
    public Object evaluate(String input) {
        throw new UnsupportedOperationException();
    }

    /** Whether the input ends where more must come: an open brace, string or comment. */
    public boolean isIncomplete(String input) {
        throw new UnsupportedOperationException();
    }

    /** Variables of scripts and prompt, for completion. */
    public Binding binding() {
        throw new UnsupportedOperationException();
    }

    public Lab lab() {
        throw new UnsupportedOperationException();
    }
}
