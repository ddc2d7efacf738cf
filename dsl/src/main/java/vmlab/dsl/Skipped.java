// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

/** A scenario has said that it can't run here, and why. */
public final class Skipped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Skipped(String reason) {
        super(reason);
    }
}
