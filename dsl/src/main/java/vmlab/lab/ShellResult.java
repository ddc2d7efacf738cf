// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Objects;

/**
 * What a command in a guest's shell gave.
 *
 * @param out what it printed, standard error included, lines ended by {@code \n}, trimmed at the end
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
