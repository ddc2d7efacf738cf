// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * A register that guests only write to ring a bell: the writer goes on at once, and a thread of ours hears of it. For doorbells
 * between machines, where who rings needs no answer. Threads: any; one waits at a time.
 */
public interface IoEvent extends AutoCloseable {
    /**
     * Waits for writes.
     *
     * @return how many there were since the last wait; 0 when it was closed
     */
    long await();

    /** Gives the register up and ends a wait. */
    @Override
    void close();
}
