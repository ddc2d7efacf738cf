// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * Thrown before anything was changed by an access that must not happen inside a block: to a device (the time must be
 * exact) or onto decoded code (the next instruction may be the one written). The run loop executes the instruction again,
 * by itself.
 */
final class RestartPrecisely extends RuntimeException {
    static final RestartPrecisely INSTANCE = new RestartPrecisely();

    private RestartPrecisely() {
        super(null, null, false, false);
    }
}
