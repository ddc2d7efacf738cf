// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/** Answers the hypercalls of one token. */
@FunctionalInterface
public interface CallHandler {
    /**
     * Called on the VM's own thread; the guest stands still meanwhile, so nothing here may wait for it.
     *
     * @return of meaning only by the strict rule: there a number other than 0 refuses the call, which kills the VM
     * @throws Exception anything: the author is told once, the guest goes on
     */
    Object call(GuestCall call) throws Exception;
}
