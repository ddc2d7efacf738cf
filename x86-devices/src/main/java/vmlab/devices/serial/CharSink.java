// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.serial;

/** Takes what a guest transmits. Called on the machine's thread: it must neither wait nor throw. */
@FunctionalInterface
public interface CharSink {
    /** Takes one character, 0 to 255. */
    void write(int octet);
}
