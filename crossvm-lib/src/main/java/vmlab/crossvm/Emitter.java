// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

/** Where one side of a connection emits an event. Threads: any number may emit. */
public interface Emitter {
    /** Whose event it is, for people. */
    String name();

    /** Emits; never blocks. */
    void emit();

    /** How often it was emitted. */
    long emitted();
}
