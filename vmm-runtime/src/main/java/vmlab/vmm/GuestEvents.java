// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * Where the machine says what its guest did wrong or oddly. Such things are never Java exceptions: the guest goes on as
 * the hardware would.
 */
@FunctionalInterface
public interface GuestEvents {
    /**
     * Reports one event.
     *
     * @param source the part that noticed, such as {@code uart0}
     * @param message what happened, with the values
     */
    void report(String source, String message);
}
