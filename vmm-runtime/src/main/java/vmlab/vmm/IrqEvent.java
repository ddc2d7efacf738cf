// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/** An edge on an interrupt line that any thread can make without the machine's taking part. Threads: any. */
public interface IrqEvent extends AutoCloseable {
    /** Raises and lowers the line; edges that the guest hasn't seen yet count as one. */
    void signal();

    @Override
    void close();
}
