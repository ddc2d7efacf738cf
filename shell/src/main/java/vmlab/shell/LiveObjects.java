// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import groovy.lang.Binding;
import java.util.Objects;
import vmlab.lab.Lab;

/**
 * The prompt's variables as Java snippets reach them: code that JShell compiles has nothing of ours but what is public and
 * static. Public for that alone; one prompt a process has them.
 *
 * <p>Threads: those of snippets, one at a time.
 */
public final class LiveObjects {
    private static volatile Binding binding = new Binding();
    private static volatile Lab lab;

    private LiveObjects() {}

    static void are(Binding newBinding, Lab newLab) {
        binding = Objects.requireNonNull(newBinding);
        lab = Objects.requireNonNull(newLab);
    }

    /** The prompt's lab. */
    public static Lab lab() {
        return lab;
    }

    /** A variable's value; null if there is none. */
    public static Object of(String name) {
        return binding.hasVariable(name) ? binding.getVariable(name) : null;
    }

    /** Keeps a snippet's variable for Groovy. */
    public static void keep(String name, Object value) {
        binding.setVariable(name, value);
    }
}
