// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.serial;

/** Holds what waits to be received by a guest. Called on the machine's thread: it must neither wait nor throw. */
@FunctionalInterface
public interface CharSource {
    /** Gives away the next character, 0 to 255; -1 if there is none now. */
    int poll();
}
