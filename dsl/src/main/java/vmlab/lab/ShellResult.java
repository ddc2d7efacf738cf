// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;

/**
 * What a command in a guest's shell gave.
 *
 * @param out what it printed, standard error included, with {@code \n} between lines, without white space around it; what
 *     the kernel printed meanwhile is only in {@link Console#text()}
 * @param status its exit status
 */
public record ShellResult(String out, int status) {
    public ShellResult {
        Objects.requireNonNull(out);
    }

    /** Whether the status is 0. */
    public boolean ok() {
        return status == 0;
    }

    /** The output, so that a result prints as what the command printed. */
    @Override
    public String toString() {
        return out;
    }
}
