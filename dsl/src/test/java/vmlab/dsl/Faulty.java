// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

/** A part of vmlab with a bug. */
public final class Faulty {
    /** Fails. */
    public void work() {
        throw new IllegalStateException("a bug");
    }
}
